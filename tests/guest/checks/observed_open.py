# SPDX-License-Identifier: GPL-2.0
"""Group open: recoveries that are under way"""
from checks import exits
from checks.facts import Failure, Group, equal

FID = "0x00000011"
OPEN_AFTER_NS = 2 * 10**9
DEADLINE_NS = 60 * 10**9

GROUP = Group("open")


def status(files, label):
    """What zrec status said, if all was well"""
    equal(f"{label}: exit code", files.code(label), exits.DONE)
    return files.document(label + ".out")


def opened(files, label, number):
    recoveries = status(files, label)["open_recoveries"]
    equal(f"{label}: open recoveries", len(recoveries), number)
    return recoveries


def has(what, got, **want):
    equal(what, {key: got.get(key) for key in want}, want)


def grows(what, before, after, seconds):
    """By about what passed meanwhile, and what the commands took"""
    passed = (after - before) / 1e9
    if not seconds <= passed <= seconds + 20:
        raise Failure(f"{what}: grew by {passed:.3f} s, want {seconds} s and some more")


def shown(files, name, number):
    """What watch showed of recoveries that were open for long, and their ends, by id"""
    lines = files.documents(name)
    opens = [line["open_recovery"] for line in lines if "open_recovery" in line]
    equal("shown open", len(opens), number)
    equal("different ones", len({line["id"] for line in opens}), number)
    ends = files.spans(name)
    equal("shown again when it ended", {line["id"] for line in opens} - {end["id"] for end in ends},
          set())
    for line in opens:
        shown_first = next(i for i, entry in enumerate(lines)
                           if entry.get("open_recovery", {}).get("id") == line["id"])
        ended = next(i for i, entry in enumerate(lines)
                     if entry.get("recovery", {}).get("id") == line["id"])
        if shown_first > ended:
            raise Failure(f"recovery {line['id']} is shown open after its end")
    return opens, {end["id"]: end for end in ends}


# --- a driver that hangs --------------------------------------------------------


@GROUP.test("driver_hangs")
def a_driver_that_hangs_is_shown(files):
    first = opened(files, "early", 2)[0]
    has("recovery", first, driver="nvme", pec="0x3a", recoverer="host", step="error_detected",
        events=1, unread=0)
    equal("function", (first["ids"]["fid"], first["ids"]["pci_address"]), (FID, "0001:00:00.0"))
    equal("owner, policy and deadline", {"owner", "policy", "deadline_left_ns"} & set(first), set())


@GROUP.test("driver_hangs")
def its_times_grow(files):
    early, late = (opened(files, label, 2)[0] for label in ("early", "late"))
    equal("id", late["id"], early["id"])
    grows("age", early["age_ns"], late["age_ns"], 5)
    grows("time in the step", early["step_age_ns"], late["step_age_ns"], 5)
    for recovery in (early, late):
        if not 0 < recovery["step_age_ns"] <= recovery["age_ns"]:
            raise Failure(f"in the step for {recovery['step_age_ns']} ns, of {recovery['age_ns']}")


@GROUP.test("driver_hangs")
def what_waits_for_its_locks_is_shown(files):
    first, second = opened(files, "late", 2)
    has("the one that waits", second, pec="0x3a", recoverer="unknown", events=1)
    # Which of both depends on how the kernel has its locks
    if second["step"] not in ("refresh", "lock"):
        raise Failure(f"step: got {second['step']}, want refresh or lock")
    equal("function", second["ids"], first["ids"])
    if second["id"] <= first["id"]:
        raise Failure(f"ids: got {first['id']} and {second['id']}, want the oldest first")


@GROUP.test("driver_hangs")
def text_says_the_same(files):
    lines = [line for line in files.lines("late-text.out") if " open " in line]
    equal("lines", len(lines), 2)
    first, second = opened(files, "late", 2)
    for line, recovery, word in ((lines[0], first, "in error_detected for"),
                                 (lines[1], second, f"in {second['step']} for")):
        for part in ("0001:00:00.0", "0x11", "nvme", "0x3a", f"id {recovery['id']},", word):
            if part not in line:
                raise Failure(f"{part!r} is not in {line!r}")


@GROUP.test("driver_hangs")
def text_says_what_is_invisible(files):
    if "is not visible" not in files.text("late-text.out"):
        raise Failure("nothing about events that the kernel has not taken up")


@GROUP.test("driver_hangs")
def watch_shows_each_once_and_its_end(files):
    opens, ends = shown(files, "watch", 2)
    for line in opens:
        if line["age_ns"] < OPEN_AFTER_NS:
            raise Failure(f"shown after {line['age_ns']} ns, want {OPEN_AFTER_NS} or more")
        equal("outcome", ends[line["id"]]["outcome"], "recovered")
    slow = ends[opens[0]["id"]]
    held = next(step["duration_ns"] for step in slow["steps"] if step["step"] == "error_detected")
    if held < 8 * 10**9:
        raise Failure(f"error_detected: took {held} ns, so that nothing hung (hold-next says "
                      f"{files.text('hold.err')!r})")


@GROUP.test("driver_hangs")
def nothing_is_open_afterwards(files):
    opened(files, "over", 0)
    if "No recovery is under way." not in files.text("over-text.out"):
        raise Failure(f"status: got {files.text('over-text.out')!r}")


# --- a user who does nothing ----------------------------------------------------


@GROUP.test("user_sleeps")
def a_user_that_sleeps_is_shown(files):
    recovery, = opened(files, "unread", 1)
    has("recovery", recovery, driver="vfio-pci", pec="0x04", recoverer="user", step="user", events=1,
        unread=1)
    equal("function", recovery["ids"]["fid"], FID)


@GROUP.test("user_sleeps")
def it_is_named(files):
    recovery, = opened(files, "unread", 1)
    equal("owner", recovery.get("owner"), {"pid": int(files.text("user.pid")), "comm": "vfio-nvme"})
    equal("owner in the end", files.spans("watch")[0]["mediation"]["owner"], recovery["owner"])


@GROUP.test("user_sleeps")
def an_error_that_joins_is_counted(files):
    recovery, = opened(files, "joined", 1)
    has("recovery", recovery, id=opened(files, "unread", 1)[0]["id"], events=2, unread=2)
    has("after one was read", opened(files, "read", 1)[0], events=2, unread=1)


@GROUP.test("user_sleeps")
def policy_and_deadline_are_shown(files):
    unread, joined = (opened(files, label, 1)[0] for label in ("unread", "joined"))
    equal("policy", unread.get("policy"), "passthrough-deadline")
    left = unread["deadline_left_ns"] + unread["age_ns"]
    if not DEADLINE_NS <= left <= DEADLINE_NS + 2 * 10**9:
        raise Failure(f"deadline: {left} ns after the error, want {DEADLINE_NS}")
    grows("time that is gone", -unread["deadline_left_ns"], -joined["deadline_left_ns"], 4)
    equal("policies", [(policy["name"], policy["mode"]) for policy in status(files, "joined")["policies"]],
          [("passthrough-deadline", "enforced")])


@GROUP.test("user_sleeps")
def text_of_the_user_says_all(files):
    line, = [line for line in files.lines("joined-text.out") if " open " in line]
    pid = int(files.text("user.pid"))
    for part in (f"held by vfio-nvme[{pid}]", "2 errors", "2 unread", "policy passthrough-deadline",
                 "deadline in 5"):
        if part not in line:
            raise Failure(f"{part!r} is not in {line!r}")


@GROUP.test("user_sleeps")
def watch_shows_the_user_once_and_its_end(files):
    opens, ends = shown(files, "watch", 1)
    end = ends[opens[0]["id"]]
    equal("end", (end["outcome"], end["events"]), ("recovered", 2))
    opened(files, "over", 0)


# --- whoever comes late ---------------------------------------------------------


@GROUP.test("user_was_there")
def a_user_from_before_is_unknown(files):
    recovery, = opened(files, "before", 1)
    has("recovery", recovery, recoverer="user", unread=1)
    equal("owner", recovery.get("owner"), None)
    if "held by" in files.text("before-text.out"):
        raise Failure("text: names somebody")


@GROUP.test("user_was_there")
def until_it_acts(files):
    owner = {"pid": int(files.text("user.pid")), "comm": "vfio-nvme"}
    recovery, = opened(files, "after", 1)
    equal("owner", recovery.get("owner"), owner)
    equal("owner in the end", files.spans("ended.out")[0]["mediation"]["owner"], owner)


@GROUP.test("reader_comes_late")
def a_reader_that_comes_late_shows_what_is_open(files):
    first = [line["open_recovery"]["id"] for line in files.documents("first") if "open_recovery" in line]
    equal("shown to the first reader", len(first), 1)
    equal("ended before the second", files.spans("first"), [])
    opens, _ = shown(files, "second", 1)
    equal("id", opens[0]["id"], first[0])


# --- nothing polls --------------------------------------------------------------


@GROUP.test("nothing_happens")
def an_idle_reader_sleeps(files):
    before, after = (int(files.text(name)) for name in ("before", "after"))
    if after - before > 1:
        raise Failure(f"wake-ups in 10 s: got {after - before}, want none")


@GROUP.test("nothing_happens")
def and_hears_of_the_end(files):
    equal("exit code", files.code("watch"), exits.DONE)
    if "ended by 'zrec detach'" not in files.text("watch.err"):
        raise Failure(f"stderr: got {files.text('watch.err')!r}")
