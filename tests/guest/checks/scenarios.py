# SPDX-License-Identifier: GPL-2.0
"""A checker whose tests need scenarios, each with a directory of its own"""
import os
import sys

from checks.facts import Files, Skipped, Test, judge, kernel_is_content


class Plan:
    """The tests of a group that were asked for, and the scenarios that they need.

    The kernel's log is judged with whatever else is; alone, it is that of all scenarios.
    """

    def __init__(self, group, all_tests, patterns):
        self.group = group
        log = Test(f"{group}/kernel-log-clean", self.kernel_log_clean, None)
        self.tests = [test for test in all_tests if test.matches(patterns)]
        needed = self.tests or (all_tests if log.matches(patterns) else [])
        self.scenarios = list(dict.fromkeys(test.scenario for test in needed))
        if needed:
            self.tests.append(log)

    def kernel_log_clean(self, directory):
        for scenario in self.scenarios:
            log = Files(os.path.join(directory, scenario)).text("kernel.log")
            kernel_is_content(log)


def no_policies(_):
    raise Skipped("this kernel has no policies")


def judge_directory(directory, plans, scenario):
    def argument(test):
        return [scenario(os.path.join(directory, test.scenario)) if test.scenario else directory]

    tests = [test for plan in plans for test in plan.tests]
    if os.path.exists(os.path.join(directory, "no-policies")):
        tests = [Test(f"{plan.group}/all", no_policies, None) for plan in plans]
    judge(tests, argument)


def main(groups, scenario=Files):
    """With the groups' tests by name, and the class of what a scenario left"""
    if len(sys.argv) < 3:
        name = os.path.basename(sys.argv[0])
        print(f"Usage: {name} --scenarios TEST... | DIR TEST...", file=sys.stderr)
        sys.exit(1)
    plans = [Plan(group, tests, sys.argv[2:]) for group, tests in groups.items()]
    plans = [plan for plan in plans if plan.tests]
    if sys.argv[1] == "--scenarios":
        for name in (name for plan in plans for name in plan.scenarios):
            print(name)
    else:
        judge_directory(sys.argv[1], plans, scenario)
