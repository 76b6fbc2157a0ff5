# SPDX-License-Identifier: GPL-2.0
"""docs/fleet/dashboard.json: by its schema, by its source, and each of its queries before Prometheus"""
import json
import math
import re
import subprocess
import sys
import time

from world import HERE, ROOT, SCALE, scaled, until

FILE = ROOT / "docs/fleet/dashboard.json"
# What each query gives on hosts where nothing has happened, where one recovery has, and where there is
# trouble: "+" something above 0, "0" nothing but 0 (or no number), "-" no series, "?" any of these
EXPECTED = {
    "Hosts": ["+++"],
    "Hosts that do not answer": ["00+"],
    "Blind hosts": ["00+"],
    "Functions": ["+++"],
    "Open recoveries": ["00+"],
    "Lost functions: failed, isolated": ["00+"],
    "Recoveries by outcome": ["0++"],
    "Recoveries by PEC": ["-++"],
    "Alerts that fire": ["--+"],
    "Hosts with the most recoveries": ["-++"],
    "Duration of recoveries by driver": ["0++", "0++"],
    "Duration of recoveries by PEC, p99": ["-++"],
    "Where the time goes: each step over time": ["-++"],
    "How long step $step takes": ["-++"],
    "Functions with recoveries": ["-++"],
    "By PEC and outcome, since the observation began": ["-++"],
    "Recoveries of functions": ["-++"],
    "Mean duration of a function's recoveries": ["-++"],
    # The one may be seen while it is open, or not
    "Open recoveries: age and step": ["-?+", "-?+"],
    "Errors that user space has not read": ["-?+", "--?"],
    "Policies": ["+++", "00+", "000", "+++", "+++"],
    "Where policies differ from the kernel": ["0++"],
    "Recovered, by the policy that a host enforces": ["-++"],
    "Experiments": ["+++", "0++", "-++", "-++"],
    "Recoveries that zrec lost": ["00+", "00+"],
    "State of the observations": ["+++"],
    "Recorders": ["+++", "000", "000"],
    "Versions": ["+++"],
}
# As Grafana fills them in, when two hours are looked at in bars of 5 minutes
VALUES = {"host": ".*", "fid": ".*", "driver": ".*", "pec": ".*", "step": ".*", "__interval": "5m",
          "__rate_interval": "6m", "__range": "2h"}


def load():
    return json.loads(FILE.read_text(encoding="utf-8"))


def panels():
    """Those that ask something: (title, panel)"""
    return [(panel["title"], panel) for panel in load()["panels"] if panel["type"] != "row"]


def targets():
    return [(f"{title}, {target['refId']}", EXPECTED.get(title, [])[i:i + 1], panel, target)
            for title, panel in panels() for i, target in enumerate(panel["targets"])]


def ask(world, panel, target, cluster, at):
    """What the panel gets; from a range, if it is shown over time"""
    expr = target["expr"]
    for name, value in {**VALUES, "cluster": cluster}.items():
        expr = re.sub(rf"\$({name}\b|{{{name}}})", value, expr)
    if "$" in expr:
        raise RuntimeError(f"a variable that is not known: {expr}")
    expr = scaled(expr)
    if target["instant"]:
        return world.query(expr, time=at)
    step = 300 // SCALE
    end = at // step * step
    return world.query(expr, start=end - 24 * step, end=end, step=step)


def kind(samples):
    numbers = [value for _, value in samples if not math.isnan(value)]
    return "-" if not samples else "+" if any(value > 0 for value in numbers) else "0"


def wrong(world, cluster, column, before):
    problems = []
    for name, expected, panel, target in targets():
        got = kind(ask(world, panel, target, cluster, time.time() - before))
        wanted = expected[0][column] if expected and column is not None else "-"
        if wanted not in ("?", got):
            problems.append(f"{name}: {got} instead of {wanted}: {target['expr']}")
    return problems


def check_queries(tap, world, what, cluster, column, before=0, patience=90):
    """What has happened shows when it was scraped and the rules have seen it"""
    until(lambda: not wrong(world, cluster, column, before), patience)
    tap.check(f"the dashboard's queries {what}", wrong(world, cluster, column, before))


def check_idle(tap, world):
    check_queries(tap, world, "find nothing where there is nothing", ".*", None, before=7200, patience=0)
    check_queries(tap, world, "show idle hosts as idle", "idle", 0)


def check_one(tap, world):
    check_queries(tap, world, "show one recovery", "one", 1)


def check_trouble(tap, world):
    check_queries(tap, world, "show what is wrong", "trouble|gone", 2)
    # Several clusters, policies, and all there is: no query may fail of it
    problems = []
    for name, _, panel, target in targets():
        try:
            ask(world, panel, target, ".*", time.time())
        except RuntimeError as error:
            problems.append(f"{name}: {error}")
    tap.check("the dashboard's queries take all clusters at once", problems)


def overlaps(dashboard):
    """Two panels in one place"""
    places = {}
    for panel in dashboard["panels"]:
        grid = panel["gridPos"]
        for x in range(grid["x"], grid["x"] + grid["w"]):
            for y in range(grid["y"], grid["y"] + grid["h"]):
                if (x, y) in places:
                    yield f"{panel['title']} is over {places[x, y]}"
                places[x, y] = panel["title"]


def runbooks(dashboard):
    """Links to sections that README.md does not have"""
    text = (ROOT / "docs/fleet/README.md").read_text(encoding="utf-8")
    sections = {"#" + line.lstrip("#").strip().lower() for line in text.splitlines() if line.startswith("#")}
    for panel in dashboard["panels"]:
        for link in panel.get("links", []):
            anchor = link["url"].removeprefix("${runbook}")
            if anchor not in sections:
                yield f"{panel['title']}: {link['url']}"


def check_file(tap):
    dashboard = load()
    written = subprocess.run([sys.executable, ROOT / "docs/fleet/dashboard.py"], capture_output=True, check=True)
    tap.check("dashboard.json is what dashboard.py writes", [] if written.stdout == FILE.read_bytes() else
              ["docs/fleet/dashboard.py >docs/fleet/dashboard.json"])
    try:
        import jsonschema
    except ImportError:
        tap.skip("dashboard.json follows its schema", "no python3-jsonschema: tests/lab/packages.sh fleet")
    else:
        schema = json.loads((HERE / "dashboard.schema.json").read_text(encoding="utf-8"))
        validator = jsonschema.Draft7Validator(schema)
        tap.check("dashboard.json follows its schema",
                  [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
                   for error in validator.iter_errors(dashboard)])
    ids = [panel["id"] for panel in dashboard["panels"]]
    tap.check("panels have IDs and places of their own",
              [*overlaps(dashboard), *([] if len(set(ids)) == len(ids) else [f"IDs {ids}"])])
    tap.check("links lead to sections of the runbook", list(runbooks(dashboard)))
    known = [f"{title}: {len(panel['targets'])} queries, {len(EXPECTED.get(title, []))} expectations"
             for title, panel in panels() if len(panel["targets"]) != len(EXPECTED.get(title, []))]
    tap.check("each query has an expectation", known)
