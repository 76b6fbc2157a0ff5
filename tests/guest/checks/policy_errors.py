# SPDX-License-Identifier: GPL-2.0
"""Policies while errors come: watched, in shadow, swapped, misbehaving"""
import re

from checks import exits
from checks.facts import Failure, Group, equal
from checks.policy_facts import Case, counted, expect

GROUP = Group("policy-errors")
test = GROUP.test
each = GROUP.each


def shows(lines, pattern):
    """One line has it"""
    found = [line for line in lines if re.search(pattern, line)]
    if len(found) != 1:
        raise Failure(f"lines with {pattern!r}: got {found} of {lines}, want one")


# --- zrec watch of verdicts and ends ------------------------------------------

@test("watched")
def watch_shows_an_applied_verdict(after):
    shows(after.lines("watch.out"),
          "isolated .* policy, policy event-isolate: event isolate [(]applied[)]")


@test("watched")
def watch_shows_a_clamped_verdict(after):
    shows(after.lines("watch.out"), "policy event-invalid: event 3 [(]clamped[)]")


@test("watched")
def watch_shows_a_shadow(after):
    shows(after.lines("watch.out"), "shadow vote-reset: vote reset [(]not applied[)]")


@test("isolated_at_once")
def isolated_at_once_from_whom(after):
    spans = after.spans("recoveries.jsonl")
    equal("recoveries", [(span["outcome"], span["driver"], span["recoverer"]) for span in spans],
          [("isolated", "nvme", "host"), ("isolated", "vfio-pci", "host"),
           ("isolated", "vfio-pci", "user")])


@test("ends_watched")
def watch_shows_an_ejection_live(after):
    shows(after.lines("budget.out"), "^[A-Z].*:.*  policy one-isolation ended: "
          "too many functions given up [(]budget, code 1[)]$")


@test("ends_watched")
def watch_shows_it_before_its_recovery(after):
    order = re.findall(r" (isolated|recovered) | (ended)", after.text("budget.out"))
    equal("order", [outcome or end for outcome, end in order], ["isolated", "ended", "recovered"])


@test("ends_watched")
def watch_shows_what_the_budget_refused(after):
    shows(after.lines("watch.out"),
          " recovered .* policy one-isolation: event isolate [(]over budget[)]")


@test("ends_watched")
def watch_ends_cleanly(after):
    equal("exit code", after.code("watch"), exits.DONE)


@test("ends_watched")
def watch_shows_all_ends(after):
    ends = re.findall(r"policy (\S+) ended: (.*)$", after.text("watch.out"), re.MULTILINE)
    equal("ends after the first", ends[1:], [("vote-isolate", "replaced"),
                                             ("event-isolate", "detached"),
                                             ("vote-reset", "switched off (killed)")])


def exits_lost(after):
    return int(after("latency").document["stats"]["policy_exits_lost"])


@test("ends_lost")
def ends_are_counted(after):
    equal("policy_exits", int(after("latency").document["stats"]["policy_exits"]), 101)


@test("ends_lost")
def ends_read_and_lost_are_all(after):
    ends = after("watch").document["policy_exits"]
    replaced = [end for end in ends if end["kind"] == "replaced"]
    if not exits_lost(after):
        raise Failure("policy_exits_lost: got 0, want more (was the ring too large?)")
    equal("read and lost", len(replaced) + exits_lost(after), 101)


@test("ends_lost")
def lost_ends_are_told(after):
    lost = exits_lost(after)
    shows(after("watch").err.splitlines(),
          f"ends of policies lost: {lost} [(]{lost} so far[)]: the ring buffer was full")


# --- in shadow ----------------------------------------------------------------

def left_by_an_error(after, label):
    """Uevents, and the kernel's log without the time"""
    uevents = re.findall(r"^ *uevent: *(.*)$", after(label).out, re.MULTILINE)
    return uevents, [re.sub(r"^\[[^]]*\] ", "", line) for line in after.lines(label + ".log")]


@test("shadow_leaves_no_trace")
def shadow_log_and_uevents_are_the_same(after):
    uevents, log = left_by_an_error(after, "with")
    uevents_without, log_without = left_by_an_error(after, "without")
    equal("uevents", uevents, uevents_without)
    equal("log", log, log_without)


@test("shadow_leaves_no_trace")
def shadow_log_has_uevents(after):
    uevents, log = left_by_an_error(after, "with")
    equal("uevents of the recovery", sum("RECOVERY" in line for line in uevents), 2)
    if not log:
        raise Failure("the kernel's log of a recovery is empty")


@test("shadow_leaves_no_trace")
def shadow_recorded_it(after):
    expect(after("with"), shadows=["event-isolate", "vote-isolate", "reset-isolate"])
    for slot in range(3):
        counted(after("with"), f"shadow{slot}", "disagreements", 1)


# --- programs that misbehave --------------------------------------------------

REFUSED = [Case("refused_programs", name) for name in
           ("writes-context", "endless-loop", "sleepable", "no-name")]
HUNGRY = [Case(f"hungry_program:{name}", name) for name in ("full-map", "long-loop", "tail-call")]


@each(REFUSED, "refuses-{name}-fail")
def refuses(after, case):
    expect(after(case.name), exits.REFUSED, enforced="")


@each(HUNGRY, "takes-{name}")
def takes(after, case):
    expect(after("apply"), exits.DONE)


@each(HUNGRY, "{name}-was-asked")
def was_asked(after, case):
    decisions = int(after("asked").kernel("enforced")["decisions"])
    if decisions < 12:
        raise Failure(f"decisions: got {decisions}, want one or more for each of 12 errors")


@each(HUNGRY, "{name}-hurts-nobody")
def hurts_nobody(after, case):
    equal("lines of reset_method", len(after.lines("reset_method")), 1)


@test("always_isolates")
def always_isolate_is_ejected(after):
    counted(after("ejected"), "enforced", "ejected", 1)
    counted(after("ejected"), "enforced", "isolations", 4)


@test("always_isolates")
def always_isolate_why(after):
    counted(after("ejected"), "exit", "policy", "event-isolate")
    counted(after("ejected"), "exit", "kind", "budget")
    counted(after("ejected"), "exit", "code", 1)


# --- swapped ------------------------------------------------------------------

@test("swaps")
def swaps_all_work(after):
    expect(after("swaps"), exits.DONE)


@test("swaps")
def swaps_met_errors(after):
    met = len(after.spans("watch.jsonl"))
    if met <= 20:
        raise Failure(f"recoveries: got {met}, want many")
    return f"{met} recoveries in {after.text('number').strip()} swaps"


@test("swaps")
def swaps_all_were_seen(after):
    lost = [line["stats"]["lost"] for line in after.documents("watch.jsonl") if "stats" in line]
    equal("accounts", len(lost), 1)
    equal("lost", {reason: count for reason, count in lost[0].items() if int(count)}, {})


@test("swaps")
def swaps_no_decision_without_a_policy(after):
    for span in after.spans("watch.jsonl"):
        equal(f"decisions in recovery {span['id']}", span["policy"]["decisions"], 3)


@test("swaps")
def swaps_both_were_asked(after):
    names = {span["policy"].get("name") for span in after.spans("watch.jsonl")}
    equal("asked", names - {None}, {"whole-a", "whole-b"})
