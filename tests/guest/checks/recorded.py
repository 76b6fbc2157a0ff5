# SPDX-License-Identifier: GPL-2.0
"""Group record: zrec run keeps each recovery exactly once, whatever happens to it"""
import collections
import glob
import os
import sqlite3

from checks import exits
from checks.facts import Failure, Files, Group, equal
from checks.pages import Page

GROUP = Group("record")
Case = collections.namedtuple("Case", "moment scenario")
KILLS = [Case(moment, f"killed-at-{moment}") for moment in ("record-filled", "record-committed")]


class Recorded(Files):
    """A scenario's directory, with the history as the guest left it"""

    def query(self, sql, name="history.db"):
        path = os.path.join(self.directory, name)
        if not os.path.exists(path):
            raise Failure(f"the guest left no {name}")
        database = sqlite3.connect(path)
        try:
            return database.execute(sql).fetchall()
        finally:
            database.close()

    def rows(self, name="history.db"):
        """The ids of all recoveries, in the order of recording"""
        return [row[0] for row in self.query("SELECT kernel_id FROM recovery ORDER BY id", name)]

    def gaps(self, name="history.db"):
        found = collections.Counter()
        for reason, recoveries in self.query("SELECT reason, recoveries FROM gap_view", name):
            found[reason] += recoveries
        return found

    def integrity(self, name="history.db"):
        equal("integrity", self.query("PRAGMA integrity_check", name), [("ok",)])
        equal("foreign keys", self.query("PRAGMA foreign_key_check", name), [])


def each_once(files, count, name="history.db"):
    ids = files.rows(name)
    equal("recoveries", len(ids), count)
    equal("different ones", len(set(ids)), count)
    files.integrity(name)


def ended_well(files, label="run"):
    code = label if label.endswith(".code") else label + ".code"
    equal(f"exit code of {label}", int(files.text(code)), exits.DONE)


@GROUP.test("looked-at")
def each_recovery_is_recorded_once(files):
    each_once(files, 20)
    equal("gaps", files.gaps(), {})
    ended_well(files)


@GROUP.test("looked-at")
def rows_are_what_a_watch_shows(files):
    shown = {span["id"]: span for span in files.spans("one.jsonl")}
    rows = files.query("SELECT kernel_id, fid, pci_address, driver, pec, recoverer, outcome, reason,"
                       " total_ns, time FROM recovery_view")
    for row in rows:
        span = shown[row[0]]
        equal(f"recovery {row[0]}", row[1:],
              (span["ids"]["fid"], span["ids"].get("pci_address"), span.get("driver"), span["pec"],
               span["recoverer"], span["outcome"], span["reason"], span["total_ns"], span["time"]))


@GROUP.test("looked-at")
def steps_are_what_a_watch_shows(files):
    for span in files.spans("one.jsonl"):
        rows = files.query("SELECT step, ns FROM step_view WHERE recovery ="
                           f" (SELECT id FROM recovery WHERE kernel_id = {span['id']})")
        equal(f"steps of {span['id']}", dict(rows),
              {step["step"]: step["duration_ns"] for step in span["steps"] if
               step["duration_ns"] or step["step"] != "other"})


@GROUP.test("looked-at")
def any_number_looks_on(files):
    equal("all", len(files.spans("one.jsonl")), 20)
    equal("its own filter", [span["pec"] for span in files.spans("two.jsonl")], ["0x2b"] * 10)


@GROUP.test("looked-at")
def status_shows_the_recorder(files):
    recorder = files.document("status.out")["recorder"]
    equal("recording", recorder["recording"], True)
    equal("clients", recorder["clients"], 2)
    equal("missing", recorder["missing"], 0)
    equal("text", "by zrec run" in files.text("status-text.out"), True)


@GROUP.test("looked-at")
def latency_reads_beside_it(files):
    counts = {row["pec"]: sum(row["count"].values())
              for row in files.document("latency.out")["outcomes"]}
    equal("counts", counts, {"0x3a": 10, "0x2b": 10})


@GROUP.test("looked-at")
def history_is_read_through_the_recorder(files):
    equal("exit code", files.code("history"), exits.DONE)
    ids = [recovery["id"] for recovery in files.document("history.out")["recoveries"]]
    equal("all, the newest first", ids, list(reversed([span["id"] for span in files.spans("one.jsonl")])))
    equal("text", files.code("history-text"), exits.DONE)
    equal("stats", files.code("history-stats"), exits.DONE)


@GROUP.test("looked-at")
def what_is_not_there_is_said_through_the_recorder(files):
    equal("exit code", files.code("history-bad"), exits.FIXABLE)
    equal("message", "no recovery 4711" in files.text("history-bad.err"), True)


@GROUP.test("looked-at")
def a_pipe_that_ends_early_ends_the_export(files):
    equal("first line", "meta" in files.text("history-export.out"), True)


@GROUP.test("looked-at")
def an_export_is_the_same_history(files):
    equal("recoveries", files.document("exported.out")["recoveries"],
          files.document("history.out")["recoveries"])
    equal("of one host", len(files.document("exported-stats.out")["rows"]), 1)


@GROUP.test("looked-at")
def there_is_one_recorder(files):
    equal("ends well", files.code("second") != 0, True)
    equal("says why", "another zrec run records already" in files.text("second.err"), True)
    equal("the first one shares", "recorder" in files.document("after-second.out"), True)


def shown(files, name):
    return [span["id"] for span in files.spans(name)]


@GROUP.test("handed-over")
def a_watch_hands_over_and_misses_nothing(files):
    first = shown(files, "watch.jsonl")
    equal("before and with the recorder", len(set(first[:10])), 10)
    equal("with the second recorder", len(set(first[-20:])), 20)
    equal("never twice", len(set(first)), len(first))


@GROUP.test("handed-over")
def when_the_recorder_ends_one_watch_reads(files):
    between = [len(shown(files, "watch.jsonl")) - 30, len(shown(files, "other.jsonl")) - 20]
    equal("recoveries of each between the recorders", sorted(between), [0, 3])


@GROUP.test("handed-over")
def what_only_a_watch_read_is_a_gap(files):
    first = shown(files, "watch.jsonl")
    rows = files.rows()
    equal("with gaps", len(rows) + files.gaps()["other_reader"], 33)
    equal("other gaps", set(files.gaps()) <= {"other_reader"}, True)
    equal("before the recorder", set(first[:5]) & set(rows), set())
    equal("with the recorder", set(first[5:10]) - set(rows), set())
    ended_well(files, "run-1")
    ended_well(files, "run-2")


@GROUP.each(KILLS, "killed-at-{moment}-loses-and-doubles-nothing")
def killed_at(files, case):
    del case
    equal("killed", int(files.text("run-2.code")), 137)
    each_once(files, 12)
    equal("gaps", files.gaps(), {})
    ended_well(files, "run-4")


@GROUP.test("killed")
def killed_at_any_time_loses_and_doubles_nothing(files):
    status = files.document("status.out")["stats"]
    ids = files.rows()
    equal("different ones", len(set(ids)), len(ids))
    gaps = files.gaps()
    equal("with gaps", len(ids) + sum(gaps.values()), status["emitted"])
    equal("gaps", dict(gaps), {reason: count for reason, count in status["lost"].items() if count})
    files.integrity()
    return f"{files.text('rounds').strip()} times, {len(ids)} recoveries, gaps {dict(gaps)}"


def steps_of_the_clock(files):
    """The beginning and the end by the clock, in nanoseconds, of each time that errors happened"""
    return [tuple(int(word) * 10**9 for word in line.split()) for line in files.lines("steps")]


@GROUP.test("clock-is-set")
def a_clock_that_is_set_loses_and_doubles_nothing(files):
    """Also of what is kept for a day, though the clock went back and forth by more"""
    each_once(files, 18)
    equal("gaps", files.gaps(), {"other_reader": 2})
    for run in ("run-1", "run-2", "run-3"):
        ended_well(files, run)


@GROUP.test("clock-is-set")
def each_recovery_has_the_clock_of_its_moment(files):
    rows = files.query("SELECT wall_ns FROM recovery ORDER BY id")
    steps = steps_of_the_clock(files)
    equal("recoveries", len(rows), 3 * len(steps))
    for number, (wall,) in enumerate(rows):
        begin, end = steps[number // 3]
        if not begin <= wall <= end:
            raise Failure(f"recovery {number}: got {wall}, want {begin} to {end}")


@GROUP.test("clock-is-set")
def a_gap_ends_after_its_beginning(files):
    for begin, end in files.query("SELECT from_ns, to_ns FROM gap"):
        if begin > end:
            raise Failure(f"from {begin} to {end}")


@GROUP.test("clock-is-set")
def the_history_is_in_the_order_of_the_clock(files):
    recoveries = files.document("history.out")["recoveries"]
    times = [recovery["time"] for recovery in recoveries]
    equal("the newest first", times, sorted(times, reverse=True))
    equal("recoveries", len(times), 18)
    # Three were four hours ago
    equal("of the last hour and later", files.document("since.out")["recoveries"], recoveries[:15])


@GROUP.test("newer-schema")
def a_newer_history_is_refused_and_stays(files):
    with open(os.path.join(files.directory, "before.db"), "rb") as before, \
            open(os.path.join(files.directory, "after.db"), "rb") as after:
        equal("it is as it was", after.read() == before.read(), True)
    equal("said once", files.text("run-2.log").count("a newer zrec made it"), 1)
    equal("nothing is beside it", files.text("names").split(), ["history.db"])
    for command in ("history", "record"):
        equal(f"zrec {command} takes it", files.code(command) == exits.DONE, False)
    equal("zrec history says why", "another version of zrec made it" in files.text("history.err"), True)


@GROUP.test("newer-schema")
def a_newer_history_is_seen_in_the_status(files):
    recorder = files.document("status.out")["recorder"]
    equal("recording", recorder["recording"], False)
    equal("text", "a newer zrec made it" in files.text("status-text.out"), True)


@GROUP.test("newer-schema")
def observing_goes_on_beside_a_newer_history(files):
    equal("shown", len(files.spans("one.jsonl")), 4)


@GROUP.test("newer-schema")
def recording_goes_on_by_itself_in_one_that_it_knows(files):
    each_once(files, 9)
    equal("gaps", files.gaps(), {})
    equal("recoveries", len(files.document("history-after.out")["recoveries"]), 9)
    ended_well(files, "run-2")


@GROUP.test("full-disk")
def a_full_disk_is_shown(files):
    recorder = files.document("full.out")["recorder"]
    equal("recording", recorder["recording"], False)
    equal("why", recorder["error"], "No space left on device")
    equal("once", files.text("run.log").count("cannot record"), 1)
    equal("text", "stopped" in files.text("full-text.out"), True)


@GROUP.test("full-disk")
def a_full_disk_loses_nothing(files):
    each_once(files, 315)
    equal("gaps", files.gaps(), {})
    equal("recording", files.document("free.out")["recorder"]["recording"], True)
    ended_well(files)


@GROUP.test("stopped")
def a_stopped_watch_holds_up_nobody(files):
    # A burst may be too much for the ring, but then it is counted
    each_once(files, 2001 - files.gaps()["ring_full"])
    equal("recorded most", files.gaps()["ring_full"] < 200, True)
    ended_well(files)


@GROUP.test("stopped")
def a_stopped_watch_hears_what_it_missed(files):
    missed = files.document("status.out")["recorder"]["clients_missed"]
    equal("missed some", missed > 0, True)
    equal("told", any("records came faster" in line for line in files.lines("stopped.jsonl.err")), True)


@GROUP.test("overflow")
def what_found_no_room_is_a_gap(files):
    lost = files.document("status.out")["stats"]["lost"]["ring_full"]
    equal("lost some", lost > 0, True)
    equal("gaps", files.gaps(), {"ring_full": lost})
    each_once(files, 1501 - lost)
    ended_well(files)


@GROUP.test("damaged")
def what_is_no_history_is_set_aside(files):
    with open(os.path.join(files.directory, "before"), "rb") as before, \
            open(os.path.join(files.directory, "after"), "rb") as after:
        equal("it is kept", after.read() == before.read(), True)
    equal("says so", "is damaged, or no history" in files.text("run.log"), True)
    each_once(files, 2)
    ended_well(files)


@GROUP.test("damaged")
def what_is_elsewhere_stays(files):
    with open(os.path.join(files.directory, "before"), "rb") as before, \
            open(os.path.join(files.directory, "letter.after"), "rb") as after:
        equal("it is as it was", after.read() == before.read(), True)
    equal("nothing is beside it", files.text("letter.names").split(), ["letter"])
    equal("exit code, since it never recorded", int(files.text("letter.code")), exits.FIXABLE)


@GROUP.test("among-others")
def what_others_could_change_is_refused(files):
    for name in ("record", "record-beside", "record-sticky"):
        equal(f"{name}: exit code", files.code(name), exits.FIXABLE)
    equal("run says so", "others could put files beside it" in files.text("run.log"), True)
    equal("the target of the links", files.text("secret"), "secret\n")
    equal("nothing was made", "case.db" in files.text("names"), False)
    equal("exit code, since it never recorded", int(files.text("run.code")), exits.FIXABLE)


@GROUP.test("member")
def the_group_reads_the_history_and_nothing_else(files):
    for name in ("history", "stats", "show", "export", "status"):
        equal(f"{name}: exit code", files.code(name), exits.DONE)
    equal("recoveries", len(files.document("history.out")["recoveries"]), 2)
    equal("exported", files.text("export.out").count("{\"recovery\""), 2)
    equal("recording", files.document("status.out")["recorder"]["recording"], True)
    equal("the file: exit code", files.code("file"), exits.NO_PERMISSION)
    equal("another file: exit code", files.code("node"), exits.FIXABLE)
    equal("one who is not of the group: exit code", files.code("stranger"), exits.NO_PERMISSION)
    each_once(files, 2)
    ended_well(files)


def has(page, *words):
    for text in words:
        if text not in page.text:
            raise Failure(f"the page does not say {text!r}: {page.text[:500]}")


@GROUP.test("reported")
def a_page_is_made_through_the_recorder(files):
    equal("exit code", files.code("report"), exits.DONE)
    page = Page(files.text("report.html"))
    has(page, "6 PCI error recoveries", "recovered 4 66.7 %", "ignored 2 33.3 %", "the history of this host",
        "No recovery is known to be missing", "Observed by tracepoint")
    equal("timelines of those that took time", page.count("table", "timeline"), 4)
    each_once(files, 6)
    ended_well(files)


@GROUP.test("reported")
def a_page_of_some_of_it_is_too(files):
    equal("exit code", files.code("filtered"), exits.DONE)
    has(Page(files.text("filtered.html")), "2 PCI error recoveries", "only some of what was recorded")


@GROUP.test("reported")
def a_page_on_standard_output_is_the_same(files):
    equal("exit code", files.code("output"), exits.DONE)
    equal("tables", Page(files.text("output.out")).count("div", "wide"),
          Page(files.text("report.html")).count("div", "wide"))


@GROUP.test("reported")
def a_member_of_the_group_gets_a_page_of_their_own(files):
    equal("exit code", files.code("member"), exits.DONE)
    equal("owner", files.text("owner"), "65534\n")
    has(Page(files.text("member.html")), "6 PCI error recoveries")
    equal("where they may not write: exit code", files.code("beyond"), exits.NO_PERMISSION)
    equal("message", "cannot write /tmp/history/beyond.html: Permission denied" in files.text("beyond.err"), True)


@GROUP.test("reported")
def a_page_that_has_no_room_is_said_to(files):
    equal("exit code", files.code("full"), exits.FAILED)
    equal("message", "No space left on device" in files.text("full.err"), True)


@GROUP.test("reported")
def nobody_else_gets_a_page(files):
    equal("exit code", files.code("stranger"), exits.NO_PERMISSION)
    equal("the one before stays", files.text("before.html"), files.text("report.html"))
    equal("nothing is beside it", files.text("names").split(), ["before.html", "member.html"])


@GROUP.test("reported")
def policies_are_compared_in_a_page(files):
    equal("exit code", files.code("what-if"), exits.DONE)
    has(Page(files.text("what-if.html")), "Policies compared: isolate-flapping and passthrough-deadline",
        "6 recoveries of 1 host in 1 boot", "What cannot be known")


@GROUP.test("detached")
def the_end_of_the_observation_ends_it(files):
    equal("detach", files.code("detach"), exits.DONE)
    equal("says so", "observation was ended" in files.text("run.log"), True)
    each_once(files, 3)
    ended_well(files)


@GROUP.test("recording")
def a_recording_is_for_others(files):
    equal("exit code", files.code("record"), exits.DONE)
    each_once(files, 2, "case.db")
    equal("journal", files.query("PRAGMA journal_mode", "case.db"), [("delete",)])
    left = [os.path.basename(name) for name in glob.glob(os.path.join(files.directory, "case.db-*"))]
    equal("beside it", left, [])


@GROUP.test("recording")
def a_recording_beside_a_recorder(files):
    equal("exit code", files.code("beside"), exits.DONE)
    keys = "SELECT position, kernel_id, wall_ns, total_ns FROM recovery"
    equal("the same rows", files.query(keys, "beside.db"), files.query(keys))
    each_once(files, 3, "beside.db")


@GROUP.test("policies")
def policies_are_in_the_history(files):
    rows = files.query("SELECT policy, what, wall_ns FROM policy_view ORDER BY wall_ns")
    equal("policies", {row[0] for row in rows}, {"passthrough-deadline"})
    events = [row[1] for row in rows]
    equal("the first", events[0], "shadow")
    equal("in force", events.count("enforced"), 1)
    equal("the last", events[-1], "detached")
    equal("once each", len(set(rows)), len(rows))


@GROUP.test("unwritten")
def what_a_watch_could_not_write_stays(files):
    equal("it failed", files.code("full"), exits.FAILED)
    equal("the next one has it", len(files.spans("next.jsonl")), 1)


# --- the journal ----------------------------------------------------------------

def entries(files, name, **fields):
    """Those of all entries that have these fields, ZPCI_ before their names"""
    wanted = {f"ZPCI_{key.upper()}": value for key, value in fields.items()}
    return [entry for entry in files.documents(name) if wanted.items() <= entry.items()]


def journal_of(files, label):
    return files.document(label + ".out")["recorder"]["journal"]


@GROUP.test("journal")
def a_real_error_has_one_entry(files):
    first = files.documents("calm.jsonl")[0]
    rows = files.query("SELECT kernel_id, fid, pci_address, driver, pec, outcome, reason, time,"
                       " total_ns FROM recovery_view ORDER BY id LIMIT 1")
    equal("fields", tuple(first["ZPCI_" + key] for key in (
        "ID", "FID", "ADDRESS", "DRIVER", "PEC", "OUTCOME", "REASON", "TIME", "TOTAL_NS")),
        tuple(str(value) for value in rows[0]))
    equal("driver", first["ZPCI_DRIVER"], "nvme")
    equal("priority", (first["PRIORITY"], first["ZPCI_SEVERITY"]), ("4", "warning"))
    equal("who", first["SYSLOG_IDENTIFIER"], "zrec")
    equal("entries", len(entries(files, "calm.jsonl", id=first["ZPCI_ID"])), 1)


@GROUP.test("journal")
def each_row_has_one_entry(files):
    """Until the storm, over a restart by kill -9"""
    told = [entry["ZPCI_ID"] for entry in files.documents("calm.jsonl")
            if entry.get("ZPCI_OUTCOME", "open") != "open"]
    equal("entries", told, [str(row) for row in files.rows()[:5]])


@GROUP.test("journal")
def an_open_recovery_has_an_entry_before_its_end(files):
    opens = entries(files, "calm.jsonl", outcome="open")
    equal("open", len(opens), 1)
    equal("step", opens[0]["ZPCI_STEP"], "error_detected")
    age = int(opens[0]["ZPCI_AGE_NS"])
    if age < 2e9:
        raise Failure(f"it was open for {age} ns only")
    ends = entries(files, "calm.jsonl", id=opens[0]["ZPCI_ID"])
    equal("then", [entry["ZPCI_OUTCOME"] for entry in ends][0], "open")
    equal("both", len(ends), 2)


@GROUP.test("journal")
def a_policy_that_is_ejected_has_entries(files):
    events = [entry for entry in files.documents("calm.jsonl") if "ZPCI_POLICY_EVENT" in entry]
    equal("events", [entry["ZPCI_POLICY_EVENT"] for entry in events], ["enforced", "budget"])
    equal("priorities", [entry["PRIORITY"] for entry in events], ["5", "3"])
    equal("policy", {entry["ZPCI_POLICY"] for entry in events}, {"one-isolation"})
    isolated = entries(files, "calm.jsonl", outcome="isolated")
    equal("isolated", [entry.get("ZPCI_POLICY") for entry in isolated], ["one-isolation"])


@GROUP.test("journal")
def a_storm_is_held_back_and_counted(files):
    written = files.documents("storm.jsonl")[len(files.documents("calm.jsonl")):]
    said = [entry for entry in written if "ZPCI_HELD_BACK" in entry]
    equal("said", len(said), 1)
    missing = int(said[0]["ZPCI_HELD_BACK"]) + int(said[0]["ZPCI_LOST"])
    equal("all", missing + len(written) - 1, 1000)
    if not 100 <= len(written) <= 400:
        raise Failure(f"{len(written)} entries of a thousand")
    equal("status", journal_of(files, "storm")["held_back"], int(said[0]["ZPCI_HELD_BACK"]))
    equal("before", journal_of(files, "calm"), {"written": 1, "held_back": 0, "lost": 0})


@GROUP.test("journal")
def a_journald_that_hangs_or_is_gone_holds_up_nobody(files):
    equal("recovered", len(files.rows()), 5 + 1000 + 41)
    stuck, gone = journal_of(files, "stuck"), journal_of(files, "gone")
    equal("stuck", sum(stuck[key] for key in ("written", "held_back", "lost")), 40)
    equal("gone", gone.get("error"), "no systemd-journald runs here")
    equal("lost", gone["lost"], stuck["lost"] + 1)
    if "no systemd-journald runs here" not in files.text("gone-text.out"):
        raise Failure("zrec status does not say so")
    files.integrity()
    ended_well(files)


@GROUP.test("journal")
def every_entry_is_of_the_protocol(files):
    equal("bad", [e for e in files.documents("journal.jsonl") if "BAD" in e], [])
    equal("without a kind", [e for e in files.documents("journal.jsonl")
                             if len(e.get("MESSAGE_ID", "")) != 32], [])


@GROUP.test("journal")
def the_recorder_stays_small(files):
    kib = int(files.text("memory.out").split()[1])
    if kib > 6 * 1024:
        raise Failure(f"{kib} KiB")
    return f"{kib} KiB"


@GROUP.test("looked-at")
def without_a_journald_nothing_breaks(files):
    equal("journal", journal_of(files, "status").get("error"), "no systemd-journald runs here")


@GROUP.test("managed")
def a_service_manager_hears_how_it_is(files):
    said = [line for line in files.lines("manager.log") if line != "WATCHDOG=1"]
    equal("ready", said[0], "READY=1,STATUS=Recording in /tmp/history/history.db")
    equal("reloads", [line.split(",")[0] for line in said[1:5]],
          ["RELOADING=1", "READY=1", "RELOADING=1", "READY=1"])
    equal("the last", said[5:], ["STOPPING=1,STATUS=Recording what is left"])
    ended_well(files)


@GROUP.test("managed")
def heartbeats_come_through_and_count_nowhere(files):
    equal("signs of life", files.lines("before.log").count("WATCHDOG=1") >= 3, True)
    status = files.document("status.out")
    equal("emitted", status["stats"]["emitted"], 3)
    equal("delivered", status["stats"]["delivered"], 3)
    equal("recorded", status["recorder"]["recorded"], 3)
    equal("missing", status["recorder"]["missing"], 0)
    equal("left in the ring", files.lines("left"), [])
    each_once(files, 3)
    equal("gaps", files.gaps(), {})


@GROUP.test("managed")
def a_removed_link_ends_the_signs_of_life(files):
    equal("later", files.text("signs-later"), files.text("signs-then"))


@GROUP.test("managed")
def a_bad_configuration_is_not_taken(files):
    log = files.text("run.log")
    equal("says where", "/tmp/history/zrec.conf:2: unknown key 'keep-day' in [history]" in log, True)


@GROUP.test("managed")
def what_a_reload_cannot_change_is_said(files):
    equal("says so", "what [observe] says now needs another observation" in files.text("run.log"), True)


@GROUP.test("managed")
def a_recorder_is_small(files):
    """With what the sign of life needs; KiB"""
    rss = int(files.text("rss"))
    if rss > 6 * 1024:
        raise Failure(f"{rss} KiB are resident, more than 6 MiB")


@GROUP.test("ejected")
def an_ejected_policy_is_not_put_back(files):
    equal("exit code", files.code("restore"), exits.REFUSED)
    why = files.text("why").strip()
    equal("says why", why, "too many illegal verdicts")
    equal("message", f"one-clamp: the kernel ejected it: {why}, so it is not put back" in
          files.text("restore.err"), True)


@GROUP.test("ejected")
def an_ejected_policy_comes_back_when_it_is_asked_for(files):
    equal("exit code", files.code("retry"), exits.DONE)
    equal("output", files.text("retry.out"), "one-clamp is enforced\n")
    equal("noted", files.lines("left"), [])
