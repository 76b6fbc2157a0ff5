#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The man pages describe the options that zrec has, no more and no fewer.

usage: options_test.py PROGRAM PAGE.8.SCD...
"""
import re
import subprocess
import sys

OPTION = re.compile(r"^  (?:-(\w),|   ) --([\w-]+)(?:=(\w+))?", re.M)
DESCRIBED = re.compile(r"(?:\*-(\w)\*, )?\*--([\w-]+)\*(?:=_(\w+)_)?")
COMMAND = re.compile(r"^  ([a-z]+) ", re.M)


def run(program, *words):
    return subprocess.run([program, *words], env={"COLUMNS": "80"}, check=True,
                          stdout=subprocess.PIPE, text=True).stdout


class Command:
    def __init__(self, program, *words):
        text = run(program, *words, "--help")
        self.name = " ".join(("zrec",) + words)
        self.options = set(OPTION.findall(text))
        listed = text.partition("\nCommands")[2].partition("\n\n")[0]
        self.commands = COMMAND.findall(listed)
        self.usage = text.partition("\n")[0].partition("...]")[2]
        offered = run(program, "--complete", *words, "--")
        self.offered = {line.split("\t")[0][2:] for line in offered.splitlines()}

    def synopsis(self, common):
        """As the man page should have it, without the names of arguments"""
        own = sorted(self.options - common, key=lambda o: o[1])
        return {f"-{o[0]}" if o[0] else f"--{o[1]}" for o in own}


def all_commands(program, *words):
    command = Command(program, *words)
    yield command
    for name in command.commands:
        if name != "help":
            yield from all_commands(program, *words, name)


def synopses(page):
    """{"zrec watch": {"-v", ...}, ...}: one line may be for several commands"""
    found = {}
    for line in page.partition("# SYNOPSIS")[2].partition("\n# ")[0].splitlines():
        names = re.match(r"\*zrec\*((?: \*[a-z][a-z*|]*\*)+)", line)
        if not names:
            continue
        words = [n.strip("* ").split("*|*") for n in names.group(1).split("* *")]
        options = set(re.findall(r"[\[| ]\*(--?[\w-]+)\*", line))
        for last in words[-1]:
            found[" ".join(["zrec"] + [w[0] for w in words[:-1]] + [last])] = options
    return found


def described(page):
    options = set()
    for line in page.splitlines():
        if re.match(r"\*-", line):
            options |= set(DESCRIBED.findall(line))
    return options


def page_of(command):
    word = command.split()[1:2]
    own = ["experiment"], ["history"], ["policy"], ["replay"], ["report"]
    return f"zrec-{word[0]}.8.scd" if word in own else "zrec.8.scd"


def main():
    program, *pages = sys.argv[1:]
    texts = [open(page, encoding="utf-8").read() for page in pages]
    commands = list(all_commands(program))
    common = set.intersection(*(c.options for c in commands))
    checks = []

    for command in commands:
        checks.append((f"completion of {command.name}", command.offered,
                       {o[1] for o in command.options}))
    for page, text in zip(pages, texts):
        ours = [c for c in commands if page_of(c.name) == page.rsplit("/")[-1]]
        lines = synopses(text)
        for command in ours:
            if command.name not in ("zrec", "zrec policy", "zrec experiment"):
                checks.append((f"synopsis of {command.name}", lines.get(command.name),
                               command.synopsis(common)))
        wanted = set.union(*(c.options for c in ours))
        checks.append((f"options in {page.rsplit('/')[-1]}", described(text), wanted))
    letters = {}
    for option in set.union(*(c.options for c in commands)):
        letters.setdefault(option[0], set()).add(option[1])
    checks.append(("a letter means one thing", {n: l for n, l in letters.items() if n and len(l) > 1},
                   {}))
    failed = False
    print(f"1..{len(checks)}")
    for n, (what, is_there, wanted) in enumerate(checks, 1):
        good = is_there == wanted
        failed |= not good
        print(f"{'ok' if good else 'not ok'} {n} - {what}")
        if not good:
            print(f"# is:     {sorted(is_there or [])}\n# wanted: {sorted(wanted)}")
    return failed


sys.exit(main())
