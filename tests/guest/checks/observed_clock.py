# SPDX-License-Identifier: GPL-2.0
"""Group clock: the wall clock of a moment is that of its moment, whatever was set later"""
from datetime import datetime, timezone

from checks.facts import Failure, Group, equal
from checks.observed_open import opened, status

GROUP = Group("clock")


def within(files, what, time):
    """Between the two looks at the clock before it was set"""
    begin, end = (datetime.fromtimestamp(int(files.text(name)), timezone.utc)
                  for name in ("begin", "end"))
    if not begin <= time.replace(microsecond=0) <= end:
        raise Failure(f"{what}: got {time}, want {begin} to {end}")


def of_json(text):
    return datetime.fromisoformat(text[:26] + "+00:00")


def of_text(files, line):
    """With the year where it is not that of the command, else that of the moment is meant"""
    if line[4] == "-":
        return datetime.strptime(f"{line[:19]} +0000", "%Y-%m-%d %H:%M:%S %z")
    year = datetime.fromtimestamp(int(files.text("begin")), timezone.utc).year
    return datetime.strptime(f"{year} {line[:19]} +0000", "%Y %b %d %H:%M:%S.%f %z")


@GROUP.test("set_clock")
def the_clock_was_set(files):
    year = files.document("status.out")["meta"]["time"][:4]
    equal("year of the command", year, "2030")


@GROUP.test("set_clock")
def recoveries_in_json(files):
    spans = files.spans("watch.out")
    equal("recoveries", len(spans), 1)
    within(files, "recovery", of_json(spans[0]["time"]))


@GROUP.test("set_clock")
def recoveries_in_text(files):
    line, = [line for line in files.lines("watch-text.out") if " recovered " in line]
    within(files, "recovery", of_text(files, line))


@GROUP.test("set_clock")
def ends_of_policies(files):
    line, = [line for line in files.lines("watch-text.out") if "passthrough-deadline" in line]
    within(files, "end", of_text(files, line))


@GROUP.test("set_clock")
def open_recoveries_in_json(files):
    recovery, = opened(files, "status", 1)
    within(files, "open recovery", of_json(recovery["time"]))
    if recovery["age_ns"] > 600 * 10**9:
        raise Failure(f"age: got {recovery['age_ns']}")


@GROUP.test("set_clock")
def open_recoveries_in_text(files):
    line, = [line for line in files.lines("status-text.out") if " open " in line]
    within(files, "open recovery", of_text(files, line))


@GROUP.test("set_clock")
def since_when_is_observed(files):
    within(files, "since in JSON", of_json(status(files, "status")["observation"]["since"]))
    line, = [line for line in files.lines("status-text.out") if line.startswith("observed")]
    within(files, "since in text", of_text(files, line.partition("since ")[2]))
