# SPDX-License-Identifier: GPL-2.0
"""What the checkers share: files that a guest wrote, tests that judge them, TAP.

Shares no code with zrec.
"""
import fnmatch
import functools
import json
import os
import re

KERNEL_COMPLAINS = re.compile(
    r"BUG:|WARNING:|Oops|INFO: task|circular locking|detected stall|UBSAN:|memory leaks")


class Failure(Exception):
    pass


class Skipped(Exception):
    pass


def equal(what, got, want):
    if got != want:
        raise Failure(f"{what}: got {got!r}, want {want!r}")


class Files:
    """A directory that the guest wrote into"""

    def __init__(self, directory):
        self.directory = directory

    def text(self, name):
        path = os.path.join(self.directory, name)
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def lines(self, name):
        return self.text(name).splitlines()

    def code(self, label):
        return int(self.text(label + ".code"))

    def document(self, name):
        return json.loads(self.text(name))

    def documents(self, name):
        """Whole JSON lines; a reader that was killed may leave the last one torn."""
        return [json.loads(line) for line in self.text(name).split("\n")[:-1]]

    def spans(self, name):
        return [line["recovery"] for line in self.documents(name) if "recovery" in line]


def kernel_is_content(log):
    complaints = [line for line in log.splitlines() if KERNEL_COMPLAINS.search(line)]
    equal("complaints", complaints, [])


class Test:
    def __init__(self, name, function, scenario):
        self.name = name
        self.function = function
        self.scenario = scenario

    def matches(self, patterns):
        """A pattern is a group, or a group and a test"""
        group = self.name.partition("/")[0]
        return any(fnmatch.fnmatchcase(self.name if "/" in pattern else group, pattern)
                   for pattern in patterns)

    def verdict(self, *arguments):
        """What TAP calls it, and a remark of the test's own or none"""
        try:
            return "ok", self.name, self.function(*arguments)
        except Failure as why:
            failed = str(why)
        except Skipped as why:
            return "ok", f"{self.name} # SKIP {why}", None
        except FileNotFoundError as why:
            failed = f"the guest did not write {os.path.basename(why.filename)}"
        except (OSError, ValueError, LookupError, TypeError) as why:
            failed = f"{type(why).__name__}: {why}"
        return "not ok", f"{self.name} # {' '.join(failed.split())}", None


class Group:
    """The tests of a group, in the order in which they are written down"""

    def __init__(self, name):
        self.name = name
        self.tests = []

    def test(self, scenario=None, name=None):
        """A test that is called like its function"""
        def register(function):
            self._add(name or function.__name__.replace("_", "-"), function, scenario)
            return function
        return register

    def each(self, cases, name):
        """A test for each case: the fields of the case are in its name; it has the scenario"""
        def register(function):
            for case in cases:
                self._add(name.format(**case._asdict()), functools.partial(function, case=case),
                          case.scenario)
            return function
        return register

    def _add(self, name, function, scenario):
        self.tests.append(Test(f"{self.name}/{name}", function, scenario))


def judge(tests, arguments):
    """Prints TAP; arguments(test) are what its function is called with"""
    for number, test in enumerate(tests, 1):
        result, text, remark = test.verdict(*arguments(test))
        if remark:
            print(f"# {remark}")
        print(f"{result} {number} - {text}")
    print(f"1..{len(tests)}")
