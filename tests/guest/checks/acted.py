# SPDX-License-Identifier: GPL-2.0
"""Group actions: zrec actions runs a command once for each event, without rights of its own"""
import collections

from checks import exits
from checks.facts import Failure, Group, equal

GROUP = Group("actions")
COMMANDS = 13


def environment(files, name):
    return dict(line.partition("=")[::2] for line in files.lines(name) if "=" in line)


def said(files, text):
    return [line for line in files.lines("actions.log") if text in line]


@GROUP.test("acting")
def each_recovery_runs_its_command_once(files):
    """Also those that one recorder shared, and the next one recorded and shared again"""
    ran = collections.Counter(int(line) for line in files.lines("ran"))
    equal("more than once", {id: n for id, n in ran.items() if n > 1}, {})
    rows = files.query("SELECT kernel_id FROM recovery_view WHERE pec = '0x3a'")
    equal("ids", sorted(ran), sorted(row[0] for row in rows))
    equal("commands", len(ran), COMMANDS)
    equal("missed", said(files, "missed"), [])


@GROUP.test("acting")
def its_variables_are_those_of_the_recovery(files):
    spans = files.spans("shown.jsonl")
    for span in spans:
        if span["pec"] != "0x3a":
            continue
        env = environment(files, f"env.{span['id']}")
        equal(f"variables of {span['id']}",
              [env.get("ZPCI_" + key) for key in ("FID", "ADDRESS", "DRIVER", "OUTCOME", "TOTAL_NS", "TIME")],
              [span["ids"]["fid"], span["ids"]["pci_address"], span.get("driver"), span["outcome"],
               str(span["total_ns"]), span["time"]])
        equal("event", (env["ZREC_EVENT"], env["ZREC_ACTION"]), ("recovery", "env"))
        equal("of the service", [key for key in env if key.startswith(("NOTIFY", "WATCHDOG"))], [])
        if span["ids"]["pci_address"] not in env["ZREC_MESSAGE"]:
            raise Failure(f"no function in {env['ZREC_MESSAGE']}")
    if not spans:
        raise Failure("the watch showed nothing")


@GROUP.test("acting")
def what_hangs_is_ended(files):
    lines = said(files, "action hang:")
    equal("lines", len(lines), 1)
    equal("what it says", lines[0].partition(" (")[0],
          "zrec: action hang: /bin/sh did not end within 1 s, and was ended")
    pids = {line.strip() for line in files.lines("hung")}
    left = [line for line in files.lines("processes")
            if "sleep 1000" in line or line.split()[:1] in [[pid] for pid in pids]]
    equal("left", left, [])


@GROUP.test("acting")
def what_is_missing_is_one_line(files):
    lines = [line for line in said(files, "action missing:") if "warning" not in line]
    equal("lines", len(lines), 1)
    equal("what it says", lines[0].partition(" (")[0],
          "zrec: action missing: cannot run /usr/bin/none: No such file or directory")
    # and who looks at the log when it begins knows before
    equal("before", said(files, "warning: action missing:"),
          ["zrec: warning: action missing: /usr/bin/none cannot be run: No such file or directory"])


@GROUP.test("acting")
def an_open_recovery_runs_one_before_its_end(files):
    lines = files.lines("open")
    equal("commands", len(lines), 1)
    equal("step", lines[0].split()[1], "error_detected")
    if lines[0].split()[0] not in files.lines("ran"):
        raise Failure(f"recovery {lines[0].split()[0]} did not end")


@GROUP.test("acting")
def an_ejected_policy_runs_one(files):
    env = environment(files, "ejected")
    equal("variables", (env["ZREC_EVENT"], env["ZPCI_POLICY"], env["ZPCI_POLICY_EVENT"]),
          ("policy-ejected", "one-clamp", "budget"))


@GROUP.test("acting")
def counts_are_visible(files):
    status = files.document("status.out")["actions"]
    counts = {action["action"]: action for action in status["actions"]}
    equal("connected", status["connected"], True)
    equal("env", counts["env"]["ended"]["succeeded"], 7)
    equal("hang", counts["hang"]["ended"]["timed_out"], 1)
    equal("missing", counts["missing"]["ended"]["not_started"], 1)
    for name, action in counts.items():
        total = sum(action["ended"].values()) + sum(action["dropped"].values())
        equal(f"events of {name}", action["events"], total + action["running"] + action["queued"])
    if "  hang      1 run, 1 failed" not in files.lines("status-text.out"):
        raise Failure(f"no count in {files.text('status-text.out')!r}")


@GROUP.test("acting")
def a_service_manager_hears_how_it_is(files):
    equal("check", (files.code("check"), files.text("check.out")), (0, "/tmp/history/zrec.conf: ok\n"))
    equal("said", files.lines("manager.log"),
          ["READY=1,STATUS=5 actions", "STOPPING=1,STATUS=Waiting for commands that run"])
    equal("exit code", files.code("actions"), exits.DONE)


@GROUP.test("acting")
def it_has_no_rights_and_is_small(files):
    status = dict(line.split(":", 1) for line in files.lines("actions.status"))
    equal("user", status["Uid"].split(), ["65534"] * 4)
    equal("capabilities", [int(status[key], 16) for key in ("CapPrm", "CapEff", "CapAmb")], [0, 0, 0])
    rss = int(files.text("rss"))
    if rss > 4 * 1024:
        raise Failure(f"{rss} KiB are resident, more than 4 MiB")
