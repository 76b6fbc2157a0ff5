# SPDX-License-Identifier: GPL-2.0
"""Group counted: the same errors in two boots of a guest that counts instructions"""
import collections

from checks.facts import Failure, Group, equal

GROUP = Group("counted")


def first_difference(one, other, where=""):
    """Where two documents differ first, and both values; None if nowhere"""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = list(dict.fromkeys([*one, *other]))
        pairs = [(key, one.get(key), other.get(key)) for key in keys]
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = [(str(index), *both) for index, both in enumerate(zip(one, other))]
    else:
        return None if one == other else f"{where}: {one!r}, then {other!r}"
    found = (first_difference(a, b, f"{where}.{key}" if where else key) for key, a, b in pairs)
    return next((difference for difference in found if difference), None)


def same(one, other):
    equal("lines", len(other), len(one))
    for number, both in enumerate(zip(one, other), 1):
        difference = first_difference(*both)
        if difference:
            raise Failure(f"line {number}: {difference}")


def both(files, name):
    return [files.documents(f"{name}.{number}.jsonl") for number in (1, 2)]


def recoveries(lines):
    return [line["recovery"] for line in lines if "recovery" in line]


def untimed(fields):
    return {key: value for key, value in fields.items() if not key.endswith("_ns")}


def decided(recovery):
    """What happened and what was decided, without how long it took"""
    policy = recovery.get("policy", {})
    return {
        **{key: recovery.get(key) for key in ("life", "ids", "driver", "pec", "recoverer", "outcome",
                                              "reason", "events")},
        "steps": [{key: step.get(key) for key in ("step", "count", "result_name")}
                  for step in recovery["steps"] if step["step"] != "other"],
        "answers": [untimed(answer) for answer in policy.get("answers", [])],
        "points": [untimed(point) for point in policy.get("points", [])],
    }


def are_mixed(lines, kinds):
    spans = recoveries(lines)
    got = collections.Counter((span["recoverer"], span["outcome"]) for span in spans)
    if len(spans) < 300:
        raise Failure(f"{len(spans)} recoveries: {got}")
    for kind in kinds:
        if not got[kind]:
            raise Failure(f"none is {kind}: {got}")
    if max(span["events"] for span in spans) < 10:
        raise Failure("no storm of ten")
    return ", ".join(f"{number} {' '.join(kind)}" for kind, number in sorted(got.items()))


@GROUP.test()
def injected_recoveries_are_mixed(files):
    one, _ = both(files, "injected")
    return are_mixed(one, (("host", "recovered"), ("host", "failed"), ("user", "recovered"),
                           ("user", "abandoned"), ("nobody", "failed"), ("nobody", "ignored")))


@GROUP.test()
def injected_errors_give_the_same_export(files):
    """Nothing is left out: each time, and what is random, is the same in both boots"""
    one, other = both(files, "injected")
    same(one, other)
    equal("bytes", files.text("injected.2.jsonl") == files.text("injected.1.jsonl"), True)


@GROUP.test()
def real_recoveries_are_mixed(files):
    one, _ = both(files, "campaign")
    return are_mixed(one, (("host", "recovered"), ("host", "failed"), ("user", "recovered"),
                           ("user", "abandoned"), ("nobody", "failed"), ("nobody", "ignored")))


@GROUP.test()
def real_errors_get_the_same_decisions_and_outcomes(files):
    one, other = both(files, "campaign")
    same([decided(recovery) for recovery in recoveries(one)],
         [decided(recovery) for recovery in recoveries(other)])
