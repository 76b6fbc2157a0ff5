# SPDX-License-Identifier: GPL-2.0
"""Group replay: what shadows answered in the guest, replayed on this machine"""
import collections
import json
import os
import pathlib
import subprocess

from checks import exits
from checks.facts import Failure, Group, Skipped, equal

RULES = pathlib.Path(__file__).parent.parent / "policies" / "replayed.conf"

GROUP = Group("replay")


def recording(files):
    """What the guest's recorder exported"""
    return os.path.join(files.directory, "export.jsonl")


# What a recording adds to a recovery that a reader is shown
OF_A_RECORDING = ("host", "boot", "observation_ns", "position")


def as_shown(recovery):
    return {key: value for key, value in recovery.items() if key not in OF_A_RECORDING}


def zrec(*arguments):
    return subprocess.run([os.environ["ZREC"], *arguments], capture_output=True, text=True,
                          check=False)


def replay(path, policy, *options):
    """The exit code and what the document says of the policy"""
    run = zrec("replay", path, "--policy", str(policy), "--format", "json", *options)
    if run.returncode not in (exits.DONE, exits.CONDITION):
        raise Failure(f"zrec replay ends with {run.returncode}: {run.stderr}")
    return run.returncode, json.loads(run.stdout)["policies"][0]


def no_mismatch(result, at_least, answers_at_least):
    code, policy = result
    comparison = policy["comparison"]
    equal("differences", comparison["differences"], [])
    equal("compared with", comparison["with"], "recorded")
    equal("exit code", code, exits.DONE)
    if comparison["compared"] < at_least:
        raise Failure(f"compared {comparison['compared']}, want at least {at_least}")
    opinions = sum(count for member in policy["members"] for key, count in member.items()
                   if key in ("reset", "isolate", "deadline"))
    if opinions < answers_at_least:
        raise Failure(f"{opinions} answers that are not the default, want {answers_at_least}")
    return f"{comparison['compared']} decisions, {opinions} not the default"


@GROUP.test("campaign")
def three_hundred_mixed_recoveries(files):
    spans = files.spans("export.jsonl")
    kinds = collections.Counter((span["recoverer"], span["outcome"]) for span in spans)
    if len(spans) < 300:
        raise Failure(f"{len(spans)} recoveries: {kinds}")
    for kind in (("host", "recovered"), ("host", "failed"), ("user", "recovered"),
                 ("user", "abandoned"), ("nobody", "failed"), ("nobody", "ignored")):
        if not kinds[kind]:
            raise Failure(f"none is {kind}: {kinds}")
    if max(span["events"] for span in spans) < 10:
        raise Failure("no storm of ten")
    return ", ".join(f"{number} {' '.join(kind)}" for kind, number in sorted(kinds.items()))


@GROUP.test("campaign")
def nothing_is_missing(files):
    stats = files.document("latency.json")["stats"]
    equal("lost", sum(stats["lost"].values()), 0)
    equal("recoveries", len(files.spans("export.jsonl")), stats["delivered"])
    equal("exit code of zrec run", int(files.text("run.code")), exits.DONE)


@GROUP.test("campaign")
def who_looks_on_sees_what_is_recorded(files):
    shown = files.spans("recoveries.jsonl")
    kept = [as_shown(recovery) for recovery in files.spans("export.jsonl")]
    equal("recoveries", len(shown), len(kept))
    for one, other in zip(shown, kept):
        equal(f"recovery {one['id']}", one, other)


@GROUP.test("campaign")
def the_recorder_exports_what_its_file_has(files):
    # the first line says when
    equal("lines", files.lines("closed.jsonl")[1:], files.lines("export.jsonl")[1:])


@GROUP.test("campaign")
def the_file_itself_gives_the_same(files):
    path = os.path.join(files.directory, "history.db")
    equal("replay", replay(path, RULES), replay(recording(files), RULES))


@GROUP.test("campaign")
def rules_answer_as_they_did(files):
    return no_mismatch(replay(recording(files), RULES, "--against", "recorded"), 500, 100)


@GROUP.test("campaign")
def a_policy_in_c_answers_as_it_did(files):
    policy = pathlib.Path(os.environ["ZREC_POLICIES"]) / "testing" / "spare-the-patient.bpf.o"
    run = zrec("replay", recording(files), "--policy", str(policy))
    if run.returncode == exits.NO_PERMISSION:
        raise Skipped("no BPF on this machine")
    return no_mismatch(replay(recording(files), policy, "--against", "recorded"), 200, 5)


@GROUP.test("campaign")
def other_rules_do_not(files):
    path = os.path.join(files.directory, "other.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write(RULES.read_text(encoding="utf-8").replace("event = reset", "event = default"))
    code, policy = replay(recording(files), path, "--against", "recorded")
    equal("exit code", code, exits.CONDITION)
    if not policy["comparison"]["different"]:
        raise Failure("no differences")


@GROUP.test("campaign")
def an_export_gives_the_same(files):
    path = recording(files)
    copy = os.path.join(files.directory, "again.jsonl")
    equal("exit code of the export", zrec("history", "export", "--file", path, copy).returncode,
          exits.DONE)
    for options in ([], ["--against", "recorded"]):
        equal(f"replay {options}", replay(copy, RULES, *options), replay(path, RULES, *options))
