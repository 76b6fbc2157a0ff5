#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Each test that meson ran, one by one: meson itself counts programs only.

usage: meson-tap.py LABEL TESTLOG.JSON
"""
import json
import re
import sys

LINE = re.compile(r"(ok|not ok)\b\s*\d*\s*-?\s*(.*)")
SKIPPED = re.compile(r"^1\.\.0\s*(#.*)", re.MULTILINE)


def tests_of(run):
    """(verdict, name) of each test of one program"""
    found = [m.groups() for m in map(LINE.match, run.get("stdout", "").splitlines()) if m]
    if run["result"] == "SKIP":
        why = SKIPPED.search(run.get("stdout", ""))
        found = [("ok", why.group(1) if why else "# SKIP")]
    elif run["result"] not in ("OK", "EXPECTEDFAIL") and all(v == "ok" for v, _ in found):
        found.append(("not ok", f"ended as {run['result']}"))
    return found or [("ok", "")]


def main():
    label, path = sys.argv[1:]
    count = 0
    with open(path, encoding="utf-8") as log:
        for line in log:
            run = json.loads(line)
            for verdict, name in tests_of(run):
                count += 1
                print(f"{verdict} {count} - {label} {run['name']}: {name}".rstrip(": "))
            if run["result"] not in ("OK", "EXPECTEDFAIL", "SKIP"):
                for text in (run.get("stdout", "") + run.get("stderr", "")).splitlines()[-60:]:
                    print("# " + text)


main()
