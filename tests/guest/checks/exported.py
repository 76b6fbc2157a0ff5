# SPDX-License-Identifier: GPL-2.0
"""Group exporter: zrec-exporter says what happened, without rights, and from one observation to the next"""
import glob
import os
import subprocess

from checks import exits, exposition
from checks.facts import Group, Skipped, equal

GROUP = Group("exporter")


def scraped(files, page):
    """Its samples by name and labels, after a strict reader took it"""
    with open(os.path.join(files.directory, page), "rb") as file:
        return exposition.samples(exposition.parse(file.read(), page.rpartition(".")[2]))


def observation(files, page):
    """Up or not, and in which state"""
    found = scraped(files, page)
    states = [dict(labels)["state"] for (name, labels), value in found.items()
              if name == "zrec_observer_state" and value == "1"]
    return exposition.value(found, "zrec_observer_up"), states


@GROUP.test("scraped")
def a_member_exports_without_rights(files):
    status = dict(line.split(":\t", 1) for line in files.lines("exporter.status") if ":\t" in line)
    equal("user", status["Uid"].split(), ["65534"] * 4)
    equal("capabilities", int(status["CapEff"], 16) | int(status["CapPrm"], 16), 0)
    equal("exit code", int(files.text("exporter.code")), exits.DONE)
    return f"resident {status['VmRSS'].strip()}, anonymous {status['RssAnon'].strip()}"


@GROUP.test("scraped")
def the_exporter_follows_observations(files):
    for page, want in (("none", (0, ["none"])), ("idle", (1, ["observing"])),
                       ("detached", (0, ["none"])), ("again", (1, ["observing"])),
                       ("closed", (0, ["no_permission"]))):
        equal(page, observation(files, f"{page}.prometheus"), want)


@GROUP.test("scraped")
def what_is_exported_is_what_happened(files):
    idle, after, again = (scraped(files, f"{page}.prometheus") for page in ("idle", "after", "again"))
    spans = files.spans("watch.jsonl")
    equal("recoveries", len(spans), 3)
    fid = hex(int(spans[0]["ids"]["fid"], 16))    # as people write it
    for outcome in {span["outcome"] for span in spans}:
        labels = {"fid": fid, "outcome": outcome}
        equal("before", exposition.value(idle, "zrec_recoveries_total", **labels), 0)
        equal(outcome, exposition.value(after, "zrec_recoveries_total", **labels),
              sum(span["outcome"] == outcome for span in spans))
        equal("anew", exposition.value(again, "zrec_recoveries_total", **labels), 0)
    for row in files.document("latency.json")["rows"]:
        name = "zrec_recovery_duration_seconds"
        equal("count", exposition.value(after, name + "_count", driver=row["driver"]), row["count"])
        total = after[(name + "_sum", (("driver", row["driver"]),))]
        equal("sum", int(total.replace(".", "")), int(row["sum_ns"]))
    hooks = [value for (name, _), value in after.items() if name == "zrec_observer_hook"]
    equal("hooks", set(hooks), {"1"})
    equal("before zrec observes", [key for key in scraped(files, "none.prometheus")
                                   if key[0] == "zrec_recoveries_total"], [])


@GROUP.test("scraped")
def both_formats_are_the_same(files):
    changing = ("zrec_exporter_collected_timestamp_seconds", "zrec_exporter_requests",
                "zrec_open_recovery")
    pages = [{key: value for key, value in scraped(files, f"after.{form}").items()
              if not key[0].startswith(changing)} for form in ("prometheus", "openmetrics")]
    equal("series", pages[0], pages[1])
    scraped(files, "textfile.prometheus")


@GROUP.test("scraped")
def a_policy_in_shadow_is_exported(files):
    found = scraped(files, "policy.prometheus")
    labels = {"policy": "passthrough-deadline", "mode": "shadow"}
    equal("info", exposition.value(found, "zrec_policy_info", **labels), 1)
    equal("ejected", exposition.value(found, "zrec_policy_ejected", **labels), 0)
    equal("shadows", exposition.value(found, "zrec_policies", mode="shadow"), 1)
    equal("enforced", exposition.value(found, "zrec_policies", mode="enforced"), 0)


@GROUP.test("scraped")
def promtool_has_nothing_to_say(files):
    script = os.path.join(os.path.dirname(__file__), "../../lab/prometheus.sh")
    found = subprocess.run([script], capture_output=True, text=True, check=False)
    if found.returncode:
        raise Skipped(found.stderr.splitlines()[-1])
    for page in sorted(glob.glob(os.path.join(files.directory, "*.prometheus"))):
        with open(page, "rb") as file:
            said = subprocess.run([found.stdout.strip(), "check", "metrics"], stdin=file, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        equal(os.path.basename(page), (said.returncode, said.stdout), (0, ""))
