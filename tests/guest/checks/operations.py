# SPDX-License-Identifier: GPL-2.0
"""What people do to functions while zrec observes and a policy is in force"""
import os
from collections import namedtuple

from checks import exits
from checks.facts import Failure, Files, Group, Skipped, equal, kernel_is_content

GROUP = Group("operations")
test = GROUP.test

# What the policy decides about each error of a function: member, verdict, outcome, PEC
Decision = namedtuple("Decision", "fid member verdict outcome pec")
FUNCTIONS = {
    "host": Decision("0x00000011", "event", "reset", "recovered", "0x04"),
    "user": Decision("0x00000012", "deadline", 600000, "recovered", "0x04"),
    "conventional": Decision("0x00000021", "event", "isolate", "isolated", "0x3a"),
}

# An operation on a function: whether it begins another life of that, and the PECs and
# outcomes of the recoveries that are part of it
Case = namedtuple("Case", "function operation scenario another_life within")


def case(function, operation, another_life=False, within=()):
    return Case(function, operation, f"{function}:{operation}", another_life, list(within))


CASES = [
    case("host", "flr"),
    case("host", "bus-reset"),
    case("host", "recover"),
    case("host", "rescan"),
    case("host", "rebind"),
    case("host", "power", another_life=True),
    case("host", "zpcictl-reset"),
    case("host", "zpcictl-reset-fw", within=[("0x3a", "recovered")]),
    case("host", "configure", another_life=True),
    case("user", "flr"),
    case("user", "bus-reset"),
    case("user", "vfio-reset"),
    case("user", "recover"),
    case("user", "rescan"),
    case("user", "rebind"),
    case("user", "power", another_life=True),
    case("user", "power-in-a-recovery", another_life=True, within=[("0x04", "abandoned")]),
    case("user", "zpcictl-reset"),
    case("user", "zpcictl-reset-fw", within=[("0x3a", "recovered")]),
    case("user", "configure", another_life=True),
    case("conventional", "recover"),
    case("conventional", "rescan"),
    case("conventional", "power", another_life=True),
    case("conventional", "configure", another_life=True),
]
each = GROUP.each


@each(CASES, "{function}-{operation}-works")
def works(facts, case):
    """That the errors and the operation were what they are meant to be"""
    for label in ("error-before", "operation", "error-after"):
        equal(f"exit code of the {label}, it says {facts.text(label + '.err').strip()!r}",
              facts.code(label), exits.DONE)
    if "report_error: 1" in facts.text("operation.out"):
        return "this machine has no SE to report to: EOPNOTSUPP"
    return None


def recoveries(facts):
    return facts.spans("recoveries.jsonl")


@each(CASES, "{function}-{operation}-between-two-errors")
def between_two_errors(facts, case):
    """Both errors are observed, and decided by the policy"""
    want = FUNCTIONS[case.function]
    error = (want.pec, want.outcome)
    equal("recoveries", [(span["pec"], span["outcome"]) for span in recoveries(facts)],
          [error, *case.within, error])
    equal("functions", {span["ids"]["fid"] for span in recoveries(facts)}, {want.fid})
    for span in (recoveries(facts)[0], recoveries(facts)[-1]):
        policy = span.get("policy", {})
        answers = [(answer["policy"], answer["member"], answer.get("verdict", answer.get("verdict_ms")),
                    answer["applied"]) for answer in policy.get("answers", [])]
        equal("answers", answers, [("operations", want.member, want.verdict, True)])


@each(CASES, "{function}-{operation}-loses-nothing")
def loses_nothing(facts, case):
    before, after = (account(facts, label) for label in ("before", "after"))
    equal("emitted", after["emitted"] - before["emitted"], 2 + len(case.within))
    equal("delivered", after["delivered"] - before["delivered"], 2 + len(case.within))
    equal("lost", after["lost"], 0)


def account(facts, label):
    """Numbers may be strings of digits"""
    stats = facts.document(label + ".json")["stats"]
    return {"emitted": int(stats["emitted"]), "delivered": int(stats["delivered"]),
            "lost": sum(int(number) for number in stats["lost"].values())}


@each(CASES, "{function}-{operation}-leaves-nothing-open")
def leaves_nothing_open(facts, case):
    equal("exit code", facts.code("status"), exits.DONE)
    equal("open recoveries", facts.document("status.out")["open_recoveries"], [])


@each(CASES, "{function}-{operation}-and-the-life")
def and_the_life(facts, case):
    """Another one if it was deconfigured meanwhile, else the same"""
    before, after = (int(facts.text(f"life-{when}")) for when in ("before", "after"))
    if case.another_life and not after > before:
        raise Failure(f"life: got {after} after {before}, want more")
    if not case.another_life:
        equal("life", after, before)
    lives = [span.get("life") for span in recoveries(facts)]
    equal("lives of the records", lives, [before] * (1 + len(case.within)) + [after])


@each([case for case in CASES if case.another_life], "{function}-{operation}-sums-are-apart")
def sums_are_apart(facts, case):
    """The new life has had one error; what was before is another one's"""
    after = int(facts.text("life-after"))
    counts = [row["count"] for row in facts.document("functions.json")["rows"]
              if row["ids"]["fid"] == FUNCTIONS[case.function].fid and row.get("life", after) == after]
    if 1 not in counts:
        raise Failure(f"recoveries in a life: got {counts}, want 1 in the last one")


@each(CASES, "{function}-{operation}-observed-as-before")
def observed_as_before(facts, case):
    """All that was attached still is, and the policy is the one in force"""
    begin = Files(os.path.dirname(facts.directory))
    equal("apply", begin.code("apply"), exits.DONE)
    if len(begin.lines("begin.links")) < 2:
        raise Failure(f"links at the beginning: got {begin.lines('begin.links')}, want more")
    equal("links", facts.lines("end.links"), begin.lines("begin.links"))
    enforced = dict(line.split(" ", 1) for line in facts.lines("end.enforced"))
    equal("policy", (enforced["name"], enforced["ejected"]), ("operations", "0"))


@each(CASES, "{function}-{operation}-kernel-is-content")
def kernel_has_nothing_to_say(facts, case):
    kernel_is_content(facts.text("kernel.log"))


@test()
def nothing_is_lost_in_all(facts):
    end = account(facts, "end")
    equal("lost", end["lost"], 0)
    equal("delivered", end["delivered"], end["emitted"])


@test()
def detach_leaves_the_kernel_content(facts):
    equal("exit code", facts.code("detach"), exits.DONE)
    kernel_is_content(facts.text("end.log"))


@test()
def sriov_on_and_off(_):
    raise Skipped("the emulated machine shows no extended config space, where SR-IOV would be")


@test()
def module_reload(_):
    raise Skipped("the lab's kernel has no modules: nvme and vfio-pci are built in")
