# SPDX-License-Identifier: GPL-2.0
"""Group idea: a document's commands print what it says that they print"""
import functools
import os
import pathlib
import re
import subprocess
import sys

from checks.facts import Failure, Files, Skipped, Test, judge, kernel_is_content

DOCUMENT = pathlib.Path(__file__).parents[3] / "docs" / "from-idea-to-policy.md"
INDENT = "    "
COMMAND = re.compile(INDENT + r"([#$]) (.*)")

# What differs from run to run: the boot, which disk was found first, when, how long, and with
# the latter the columns
MASKS = (
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "UUID"),
    (re.compile(r"\bnvme\d"), "nvmeN"),
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?Z?"), "DATE"),
    (re.compile(r"[A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d(\.\d+)?"), "DATE"),
    (re.compile(r"\b\d+(\.\d+)? (ns|us|ms|s|min|h)\b"), "TIME"),
    (re.compile(r" +"), " "),
)


class Command:
    """One line that somebody types, and what the document has below it"""

    def __init__(self, where, typed, number):
        self.where = where      # "#" for the host, "$" for the laptop
        self.typed = typed
        self.number = number    # among those of the same machine, from 1 on
        self.first = 0          # lines of the document: first of the output, first after it
        self.last = 0

    @property
    def name(self):
        words = re.findall(r"[a-z0-9]+", self.typed)
        return f"idea/{'host' if self.where == '#' else 'laptop'}-{self.number}-{'-'.join(words[:4])}"

    def printed(self, directory):
        if self.where == "#":
            return Files(directory).lines(f"{self.number}.out")
        program = pathlib.Path(os.environ["ZREC"]).resolve()
        environment = dict(os.environ, PATH=f"{program.parent}:{os.environ['PATH']}",
                           ZREC_POLICY_DIR=str(pathlib.Path(os.environ["ZREC_POLICIES"]).resolve()))
        run = subprocess.run(["bash", "-c", self.typed], cwd=directory, env=environment, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return run.stdout.splitlines()


def commands_of(lines):
    """Output goes on to the next command, or to the end of the indented block"""
    commands, numbers, current = [], {"#": 0, "$": 0}, None
    for at, line in enumerate(lines):
        match = COMMAND.fullmatch(line)
        if match:
            numbers[match[1]] += 1
            current = Command(match[1], match[2], numbers[match[1]])
            current.first = current.last = at + 1
            commands.append(current)
        elif line and not line.startswith(INDENT):
            current = None
        elif line and current:
            current.last = at + 1
    return commands


def masked(lines):
    text = "\n".join(line.rstrip() for line in lines)
    for pattern, word in MASKS:
        text = pattern.sub(word, text)
    return text.split("\n")


def compare(command, lines, directory):
    printed = command.printed(directory)
    shown = [line[len(INDENT):] for line in lines[command.first:command.last]]
    got, want = masked(printed), masked(shown)
    for mine, theirs in zip(got + ["(end)"], want + ["(end)"]):
        if mine != theirs:
            raise Failure(f"{command.typed!r} printed {mine!r}, {DOCUMENT.name} has {theirs!r}")


def kernel_log(directory):
    kernel_is_content(Files(directory).text("kernel.log"))


def update(directory, lines):
    for command in reversed(commands_of(lines)):
        lines[command.first:command.last] = [
            (INDENT + line).rstrip() for line in command.printed(directory)]
    DOCUMENT.write_text("\n".join(lines) + "\n", encoding="utf-8")


def no_policies(_):
    raise Skipped("this kernel has no policies")


def main():
    if len(sys.argv) < 3:
        print("Usage: check-idea DIR TEST... | --update DIR", file=sys.stderr)
        sys.exit(1)
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    if sys.argv[1] == "--update":
        update(sys.argv[2], lines)
        return
    directory = sys.argv[1]
    tests = [Test(command.name, functools.partial(compare, command, lines), None)
             for command in commands_of(lines)]
    tests.append(Test("idea/kernel-log-clean", kernel_log, None))
    tests = [test for test in tests if test.matches(sys.argv[2:])]
    if os.path.exists(os.path.join(directory, "no-policies")):
        tests = [Test("idea/all", no_policies, None)]
    judge(tests, lambda test: [directory])
