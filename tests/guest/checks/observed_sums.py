# SPDX-License-Identifier: GPL-2.0
"""Groups lives, overload and size: what sums and sequence numbers say is missing, is missing"""
import math
import re

from checks.facts import Failure, Group, equal
from checks.observed_open import status

FUNCTION_ERROR = 0.032
FUNCTIONS = 256
RECOVERIES = FUNCTIONS + 40     # one each, and four more of ten
LIVES = Group("lives")
OVERLOAD = Group("overload")
SIZE = Group("size")


# --- lives ----------------------------------------------------------------------


def lives(files):
    """Of the two recoveries that came to an outcome, in their order"""
    spans = [span for span in files.spans("ended.out") if span["outcome"] != "dropped"]
    equal("outcomes", [span["outcome"] for span in spans], 2 * ["recovered"])
    return [span["life"] for span in spans]


@LIVES.test("two_lives")
def each_recovery_is_of_its_life(files):
    first, second = lives(files)
    if not 0 < first < second:
        raise Failure(f"lives: got {first} and {second}, want two, in order")


@LIVES.test("two_lives")
def each_life_has_a_row(files):
    rows = files.document("latency.out")["rows"]
    equal("rows", [(row["ids"]["fid"], row["life"], row["count"]) for row in rows],
          [("0x00000012", life, 1) for life in lives(files)])
    for row, span in zip(rows, (span for span in files.spans("ended.out") if "life" in span)):
        equal("longest of the life", row["max_ns"], span["total_ns"])


@LIVES.test("two_lives")
def what_was_dropped_is_of_the_newest_life(files):
    got = [(row.get("life"), row["count"]["recovered"], row["count"]["dropped"])
           for row in files.document("latency.out")["outcomes"]]
    first, second = lives(files)
    # Before the first recovery no life is known
    equal("life, recovered, dropped", got, [(None, 0, 1), (first, 1, 1), (second, 1, 2)])


@LIVES.test("two_lives")
def text_names_the_lives(files):
    lines = files.lines("latency-text.out")
    for life in lives(files):
        found = [line for line in lines if re.search(rf"fid:0x12 .*life {life}\b", line)]
        equal(f"lines of life {life}", len(found), 2)


# --- overload -------------------------------------------------------------------


def records(files):
    return [(int(seq), kind) for seq, kind in (line.split() for line in files.lines("records.out"))]


@OVERLOAD.test("overload")
def no_sequence_number_comes_twice(files):
    seqs = [seq for seq, _ in records(files)]
    equal("different ones", len(set(seqs)), len(seqs))


@OVERLOAD.test("overload")
def missing_sequence_numbers_are_the_counted_losses(files):
    stats = files.document("latency.out")["stats"]
    sent = files.document("stats.out")[0]["formatted"]["value"][".bss.stats"][0]["stats"]["records"]
    lost = (stats["lost"]["ring_full"], stats["policy_exits_lost"], stats["event_records_lost"])
    if 0 in lost:
        raise Failure(f"lost recoveries, exits and events: got {lost}, want some of each")
    got = {seq for seq, _ in records(files)}
    equal("beyond the last", [seq for seq in got if seq >= sent], [])
    equal("missing", sent - len(got), sum(lost))


@OVERLOAD.test("overload")
def each_kind_is_accounted_for(files):
    stats = files.document("latency.out")["stats"]
    kinds = [kind for _, kind in records(files)]
    equal("recoveries", kinds.count("recovery"), stats["delivered"])
    equal("ends of policies", kinds.count("policy_exit"),
          stats["policy_exits"] - stats["policy_exits_lost"])
    equal("events", kinds.count("event"), 300 - stats["event_records_lost"])


@OVERLOAD.test("overload")
def watch_reads_the_same_numbers(files):
    want = [seq for seq, kind in records(files) if kind == "recovery"]
    equal("seq", [int(span["seq"]) for span in files.spans("watch.out")], want)


# --- size -----------------------------------------------------------------------


def summed(document):
    return sum(sum(row["count"].values()) for row in document["outcomes"])


def sums(files):
    """Of all rows and outcomes by function"""
    document = files.document("latency.out")
    stats = document["stats"]
    equal("lost", sum(stats["lost"].values()), 0)
    return document, stats


@SIZE.test("many_functions")
def there_are_many(files):
    equal("functions", len(files.lines("functions")), FUNCTIONS)


@SIZE.test("many_functions")
def nothing_is_lost_or_unsummed(files):
    document, stats = sums(files)
    equal("unsummed", sum(stats["unsummed"].values()), 0)
    equal("delivered", stats["delivered"], RECOVERIES)
    equal("emitted", stats["emitted"], RECOVERIES)
    equal("outcomes", summed(document), RECOVERIES)


@SIZE.test("many_functions")
def each_function_has_a_row(files):
    document, _ = sums(files)
    fids = sorted(int(fid, 16) for fid in files.lines("functions"))
    equal("functions", sorted(int(row["ids"]["fid"], 16) for row in document["rows"]), fids)
    counts = [row["count"] for row in document["rows"]]
    equal("recoveries of each", (counts.count(1), counts.count(5)), (FUNCTIONS - 10, 10))


@SIZE.test("many_functions")
def quantiles_of_each_function_are_right(files):
    samples = {}
    for span in files.spans("watch"):
        samples.setdefault(span["ids"]["fid"], []).append(span["total_ns"])
    for row in files.document("latency.out")["rows"]:
        ordered = sorted(samples[row["ids"]["fid"]])
        equal("max", row["max_ns"], ordered[-1])
        for key, quantile in (("p50_ns", 0.5), ("p99_ns", 0.99)):
            want = ordered[max(math.ceil(quantile * len(ordered)) - 1, 0)]
            if abs(row[key] - want) > FUNCTION_ERROR * want:
                raise Failure(f"{row['ids']['fid']}: {key}: got {row[key]}, want {want}")


@SIZE.test("many_functions")
def status_says_how_much_room_there_is(files):
    observation = status(files, "after")["observation"]
    equal("functions", observation["functions"], FUNCTIONS)
    equal("room", observation["function_room"], FUNCTIONS)
    if "room        for 256 functions, 256 when observing began" not in files.text("after-text.out"):
        raise Failure(f"text: got {files.text('after-text.out')!r}")
    # The histograms of drivers and codes, the ring buffer, and 12 KiB a function
    if observation["memory_bytes"] > 8 * 2**20 + 2 * 256 * 12 * 1024:
        raise Failure(f"memory: got {observation['memory_bytes']} bytes")


@SIZE.test("too_little_room")
def what_does_not_fit_is_counted(files):
    document, stats = sums(files)
    equal("delivered", stats["delivered"], FUNCTIONS)
    equal("rows", len(document["outcomes"]), 64)
    equal("unsummed", stats["unsummed"]["function"], stats["delivered"] - summed(document))


@SIZE.test("too_little_room")
def status_says_how_to_begin_larger(files):
    text = files.text("after-text.out")
    for part in ("256 when observing began", "'zrec detach' and 'zrec watch --room 256'"):
        if part not in text:
            raise Failure(f"{part!r} is not in {text!r}")


@SIZE.test("stuck_users")
def recoveries_that_stay_open_are_in_nobodys_way(files):
    equal("open", len(status(files, "stuck")["open_recoveries"]), 12)
    _, stats = sums(files)
    equal("delivered", stats["delivered"], 300)
