#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The source of dashboard.json: dashboard.py >dashboard.json

A panel is a call: what it asks, then how it is shown. Rows place their panels from left to right.
What is asked of many hosts is asked of recorded series (rules.yml).
"""
import json

# Colours of the severities of docs/recoveries.md, and of outcomes by what theirs mostly is: two
# are err, and recovered is a notice or a warning, as is dropped
ERR, WARNING, NOTICE, INFO = "red", "orange", "blue", "green"
OUTCOMES = {"recovered": NOTICE, "failed": ERR, "isolated": "dark-red", "abandoned": WARNING,
            "ignored": INFO, "dropped": "yellow"}
SEVERITIES = {"critical": ERR, "warning": WARNING, "info": INFO}

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
CLUSTER = 'cluster=~"$cluster"'
HOST = CLUSTER + ',instance=~"$host"'
FUNCTION = HOST + ',fid=~"$fid"'
DRIVER = CLUSTER + ',driver=~"$driver"'
# How many there were, of a series that has how many there were in five minutes
BAR = "[$__interval:5m] offset 1s"
RANGE = "[$__range:5m] offset 1s"


def target(expr, legend="", instant=False, kind="time_series", ref="A"):
    return {"refId": ref, "datasource": DATASOURCE, "editorMode": "code", "expr": expr,
            "legendFormat": legend, "instant": instant, "range": not instant, "format": kind}


def steps(*pairs):
    """Thresholds: steps(GREEN, (1, RED))"""
    first, *rest = pairs
    return {"mode": "absolute", "steps": [{"color": first, "value": None}] +
            [{"color": color, "value": value} for value, color in rest]}


def fixed(names):
    """Names that have their colours"""
    return [{"matcher": {"id": "byName", "options": name},
             "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": color}}]}
            for name, color in names.items()]


def panel(kind, title, targets, width, height, description, unit="short", runbook=None, thresholds=None,
          overrides=(), custom=None, options=None, interval=None, color=None, mappings=(), minimum=0):
    defaults = {"unit": unit, "min": minimum, "mappings": list(mappings), "custom": custom or {},
                "color": color or {"mode": "palette-classic"},
                "thresholds": thresholds or steps(INFO)}
    if unit == "short":
        defaults["decimals"] = 0
    p = {"type": kind, "title": title, "description": description, "datasource": DATASOURCE,
         "targets": targets, "fieldConfig": {"defaults": defaults, "overrides": list(overrides)},
         "options": options or {}, "gridPos": {"w": width, "h": height}, "links": []}
    if interval:
        p["interval"] = interval
    if runbook:
        p["links"] = [{"title": f"What to do: {runbook}", "url": "${runbook}#" + runbook.lower(),
                       "targetBlank": True}]
    return p


def stat(title, expr, description, **how):
    return panel("stat", title, [target(expr, instant=True)], 4, 4, description,
                 color={"mode": "thresholds"},
                 options={"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
                          "colorMode": "value", "graphMode": "none", "textMode": "auto",
                          "justifyMode": "auto", "orientation": "auto"}, **how)


def graph(title, targets, description, width=12, height=8, bars=False, **how):
    custom = {"drawStyle": "bars" if bars else "line", "fillOpacity": 70 if bars else 0,
              "lineWidth": 1, "spanNulls": False, "showPoints": "never" if bars else "auto",
              "stacking": {"mode": "normal" if bars else "none", "group": "A"},
              "scaleDistribution": how.pop("scale", {"type": "linear"})}
    return panel("timeseries", title, targets, width, height, description, custom=custom,
                 options={"legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
                          "tooltip": {"mode": "multi", "sort": "desc"}},
                 interval="5m" if bars else None, **how)


def table(title, targets, description, names, hidden=("Time",), width=12, height=8, sort=None, **how):
    merge = [{"id": "merge", "options": {}}] if len(targets) > 1 else []
    organize = {"id": "organize", "options": {"excludeByName": {name: True for name in hidden},
                                              "indexByName": {}, "renameByName": names}}
    options = {"showHeader": True, "cellHeight": "sm"}
    if sort:
        options["sortBy"] = [{"displayName": sort, "desc": True}]
    p = panel("table", title, targets, width, height, description, options=options,
              custom={"align": "auto", "cellOptions": {"type": "auto"}, "inspect": False}, **how)
    p["transformations"] = merge + [organize]
    return p


def heatmap(title, targets, description, scheme, layout, unit="s", width=12):
    p = panel("heatmap", title, targets, width, 9, description, unit=unit, interval="5m",
              custom={"hideFrom": {"legend": False, "tooltip": False, "viz": False},
                      "scaleDistribution": {"type": "linear"}},
              options={"calculate": False, "cellGap": 1, "color": {
                           "mode": "scheme", "scheme": scheme, "scale": "exponential", "exponent": 0.5,
                           "steps": 64, "reverse": False, "fill": "dark-orange"},
                       "yAxis": {"axisPlacement": "left", "unit": layout[0], "reverse": False},
                       "rowsFrame": {"layout": layout[1]}, "filterValues": {"le": 1e-9},
                       "cellValues": {"unit": layout[2]},
                       "legend": {"show": True}, "showValue": "never",
                       "tooltip": {"mode": "single", "showColorScale": True, "yHistogram": False},
                       "exemplars": {"color": "rgba(255,0,255,0.7)"}})
    return p


def in_seconds(name):
    return {"matcher": {"id": "byName", "options": name}, "properties": [{"id": "unit", "value": "s"}]}


def in_percent(name):
    return {"matcher": {"id": "byName", "options": name},
            "properties": [{"id": "unit", "value": "percentunit"}, {"id": "decimals", "value": 1}]}


def share(series, by):
    """Recovered, of all that a recovery was tried of"""
    tried = f'sum by ({by}) (sum_over_time({series}{{{CLUSTER},outcome!~"ignored|dropped"}}{RANGE}))'
    good = f'sum by ({by}) (sum_over_time({series}{{{CLUSTER},outcome="recovered"}}{RANGE}))'
    return tried, f"{good} / ({tried} > 0)"


def quantile(q, by, series, selector):
    return f"histogram_quantile({q}, sum by ({by}, le) (sum_over_time({series}{{{selector}}}[1h:5m])))"


def fleet():
    alerts = table(
        "Alerts that fire", [target(f'ALERTS{{alertname=~"Zrec.*",alertstate="firing",{CLUSTER}}}',
                                    instant=True, kind="table")],
        "Critical: a function is lost, or many are about to be. Warning: within days. README.md has a "
        "section for each.",
        {"alertname": "alert", "instance": "host"},
        hidden=("Time", "Value", "__name__", "alertstate", "job", "outcome"), height=8, sort="severity",
        runbook="Alerts",
        overrides=[{"matcher": {"id": "byName", "options": "severity"}, "properties": [
            {"id": "custom.cellOptions", "value": {"type": "color-background", "mode": "basic"}},
            {"id": "mappings", "value": [{"type": "value", "options": {
                name: {"color": color, "index": i} for i, (name, color) in enumerate(SEVERITIES.items())}}]}]}])
    return [
        stat("Hosts", f"count(zrec_build_info{{{CLUSTER}}})", "Hosts whose exporter answers."),
        stat("Hosts that do not answer", f'sum(up{{job="zrec",{CLUSTER}}} == bool 0)',
             "Warning. Their recoveries are observed and recorded all the same.",
             runbook="ZrecExporterDown", thresholds=steps(INFO, (1, WARNING))),
        stat("Blind hosts", f"sum(zrec_observer_up{{{CLUSTER}}} == bool 0)",
             "Warning. The exporter answers, and nothing is observed, or it may not see it.",
             runbook="ZrecBlind", thresholds=steps(INFO, (1, WARNING))),
        stat("Functions", f"sum(zrec_functions{{{CLUSTER}}})", "PCI functions of all hosts."),
        stat("Open recoveries", f"sum(zrec_open_recoveries{{{CLUSTER}}})",
             "Without an outcome yet. One that is open for more than five minutes is a warning: see the "
             "alerts, and the row on functions.", runbook="ZrecRecoveryOpenTooLong"),
        stat("Lost functions: failed, isolated",
             f'sum(sum_over_time(cluster_outcome:zrec_recoveries:increase5m{{{CLUSTER},outcome=~"failed|isolated"}}{RANGE}))',
             "Err or crit, each of them: recoveries in the time shown that left a function out of use.",
             runbook="ZrecRecoveryFailed", thresholds=steps(INFO, (0.5, ERR))),
        graph("Recoveries by outcome",
              [target(f"sum by (outcome) (sum_over_time(cluster_outcome:zrec_recoveries:increase5m{{{CLUSTER}}}{BAR}))",
                      "{{outcome}}")],
              "How many ended how, for each bar. Failed and isolated are err or crit, abandoned is a warning, "
              "recovered a warning or a notice, by PEC.", bars=True, overrides=fixed(OUTCOMES)),
        graph("Recoveries by PEC",
              [target(f'sum by (pec) (sum_over_time(cluster_pec_outcome:zrec_pec_recoveries:increase5m{{{CLUSTER},pec=~"$pec"}}{BAR})) > 0',
                      "{{pec}}")],
              "What firmware reported, for each bar. recoveries.md says what a PEC means.", bars=True),
        alerts,
        table("Hosts with the most recoveries",
              [target(f"topk(15, sum by (cluster, instance) (sum_over_time(cluster_instance_outcome:zrec_recoveries:increase5m{{{CLUSTER}}}{RANGE}))) > 0",
                      instant=True, kind="table")],
              "In the time shown. More than a hundred within five minutes are a storm.",
              {"instance": "host", "Value": "recoveries"}, runbook="ZrecStorm", sort="recoveries"),
    ]


def durations():
    driver = "cluster_driver_le:zrec_recovery_duration_seconds_bucket:increase5m"
    pec = "cluster_pec_le:zrec_pec_recovery_duration_seconds_bucket:increase5m"
    logarithmic = {"type": "log", "log": 10}
    return [
        graph("Duration of recoveries by driver",
              [target(quantile(0.99, "driver", driver, DRIVER), "{{driver}} p99"),
               target(quantile(0.5, "driver", driver, DRIVER), "{{driver}} p50", ref="B")],
              "Of the hour before. A driver that is twice as slow as a week ago is an info.",
              unit="s", scale=logarithmic, runbook="ZrecSlowerThanLastWeek", minimum=None),
        graph("Duration of recoveries by PEC, p99",
              [target(quantile(0.99, "pec", pec, CLUSTER + ',pec=~"$pec"'), "{{pec}}")],
              "Of the hour before.", unit="s", scale=logarithmic, minimum=None),
        heatmap("Where the time goes: each step over time",
                [target(f"sum by (step) (sum_over_time(cluster_driver_step:zrec_step_duration_seconds_sum:increase5m{{{DRIVER}}}{BAR})) > 0",
                        "{{step}}")],
                "Seconds that all recoveries spent in a step. The operator guide says whose step it is: the "
                "platform's, the driver's or user space's.", "YlOrRd", ("short", "auto", "s")),
        heatmap("How long step $step takes",
                [target(f'sum by (le) (sum_over_time(cluster_driver_step_le:zrec_step_duration_seconds_bucket:increase5m{{{DRIVER},step=~"$step"}}{BAR}))',
                        "{{le}}", kind="heatmap")],
                "How often it took how long, for each column; choose the step above.",
                "Blues", ("s", "le", "short")),
    ]


def functions():
    info = f'on (cluster, instance, fid) group_left (driver, pci_address, pchid) zrec_function_info{{{FUNCTION},driver=~"$driver"}}'
    return [
        table("Functions with recoveries",
              [target(f"topk(50, (sum by (cluster, instance, fid) (increase(zrec_recoveries_total{{{FUNCTION}}}[$__range])) > 0) * {info})",
                      instant=True, kind="table")],
              "In the time shown, of the hosts chosen above: choose some before you look at a large fleet. More "
              "than ten a day are a warning, though all succeed. Functions of one PCHID share an adapter.",
              {"instance": "host", "Value": "recoveries", "pci_address": "address"}, runbook="ZrecManyRecoveries",
              sort="recoveries"),
        table("By PEC and outcome, since the observation began",
              [target(f'zrec_function_pec_recoveries_total{{{FUNCTION},pec=~"$pec"}}', instant=True, kind="table")],
              "recoveries.md says how bad each is, and what to do.",
              {"instance": "host", "Value": "recoveries"}, hidden=("Time", "__name__", "job"), sort="recoveries",
              overrides=[{"matcher": {"id": "byName", "options": "outcome"}, "properties": [
                  {"id": "custom.cellOptions", "value": {"type": "color-text"}},
                  {"id": "mappings", "value": [{"type": "value", "options": {
                      name: {"color": color, "index": i} for i, (name, color) in enumerate(OUTCOMES.items())}}]}]}]),
        graph("Recoveries of functions",
              [target(f"sum by (instance, fid, outcome) (increase(zrec_recoveries_total{{{FUNCTION}}}[$__rate_interval])) > 0",
                      "{{instance}} {{fid}} {{outcome}}")],
              "How many ended how, for each bar.", bars=True, runbook="ZrecRecoveryFailed"),
        graph("Mean duration of a function's recoveries",
              [target(f"sum by (instance, fid) (increase(zrec_function_recovery_duration_seconds_sum{{{FUNCTION}}}[$__rate_interval])) / "
                      f"(sum by (instance, fid) (increase(zrec_function_recovery_duration_seconds_count{{{FUNCTION}}}[$__rate_interval])) > 0)",
                      "{{instance}} {{fid}}")],
              "A function has count and sum; quantiles are by driver and PEC.", unit="s"),
        graph("Open recoveries: age and step",
              [target(f"zrec_open_recovery_step_age_seconds{{{FUNCTION}}}", "{{instance}} {{fid}}: in {{step}}"),
               target(f"zrec_open_recovery_age_seconds{{{FUNCTION}}}", "{{instance}} {{fid}}: in all", ref="B")],
              "Above 300 s it is a warning.", unit="s", runbook="ZrecRecoveryOpenTooLong",
              thresholds=steps("transparent", (300, WARNING))),
        graph("Errors that user space has not read",
              [target(f"zrec_function_pending_errors{{{FUNCTION}}} > 0", "{{instance}} {{fid}}"),
               target(f"increase(zrec_function_pending_overflow_total{{{FUNCTION}}}[$__rate_interval]) > 0",
                      "{{instance}} {{fid}}: found no room", ref="B")],
              "Of functions that are passed through. Those that find no room are a warning.",
              runbook="ZrecQueueOverflow"),
    ]


def policies():
    _, recovered = share("cluster_policy_outcome:zrec_recoveries:increase5m", "policy")
    tried, good = share("cluster_experiment_arm_outcome:zrec_recoveries:increase5m", "experiment, arm")
    arm = "cluster_experiment_arm:zrec_recovery_duration_seconds"
    return [
        table("Policies",
              [target(f"count by (policy, mode) (zrec_policy_info{{{CLUSTER}}})", instant=True, kind="table"),
               target(f"sum by (policy, mode) (zrec_policy_ejected{{{CLUSTER}}})", instant=True, kind="table", ref="B"),
               target(f"sum by (policy, mode) (sum_over_time(cluster_policy_mode:zrec_policy_clamps:increase5m{{{CLUSTER}}}{RANGE}))",
                      instant=True, kind="table", ref="C"),
               target(f'min by (policy, mode) (zrec_policy_budget_left{{{CLUSTER},budget="isolations"}})', instant=True,
                      kind="table", ref="D"),
               target(f"count by (policy, mode) (zrec_policy_wanted_info{{{CLUSTER}}})", instant=True, kind="table", ref="E")],
              "On how many hosts the kernel has it, on how many it has ejected it (a warning), and how many policy.conf "
              "want it; illegal answers that the kernel replaced; isolations that the host with the fewest has left.",
              {"Value #A": "hosts", "Value #B": "ejected", "Value #C": "clamps", "Value #D": "isolations left",
               "Value #E": "wanted on"},
              runbook="ZrecPolicyEjected", sort="hosts",
              overrides=[{"matcher": {"id": "byName", "options": "ejected"}, "properties": [
                  {"id": "custom.cellOptions", "value": {"type": "color-text"}},
                  {"id": "thresholds", "value": steps(INFO, (1, WARNING))}]}],
              color={"mode": "thresholds"}),
        graph("Where policies differ from the kernel",
              [target(f"sum by (policy, mode) (sum_over_time(cluster_policy_mode:zrec_policy_disagreements:increase5m{{{CLUSTER}}}{BAR}))",
                      "{{policy}} ({{mode}})")],
              "Decisions, for each bar: what an enforced policy changed, and one in shadow would have.", bars=True),
        panel("bargauge", "Recovered, by the policy that a host enforces", [target(recovered, "{{policy}}", instant=True)], 12, 7,
              "Of all recoveries that were tried in the time shown; with none the kernel decides by itself. These hosts "
              "were not chosen by chance, so a difference proves nothing: an experiment does.",
              unit="percentunit", thresholds=steps(ERR, (0.8, WARNING), (0.95, INFO)), color={"mode": "thresholds"},
              options={"displayMode": "basic", "orientation": "horizontal", "showUnfilled": True,
                       "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}),
        table("Experiments",
              [target(f"count by (experiment, arm) (zrec_experiment_arm_info{{{CLUSTER}}})", instant=True, kind="table"),
               target(tried, instant=True, kind="table", ref="B"),
               target(good, instant=True, kind="table", ref="C"),
               target(f"sum by (experiment, arm) (sum_over_time({arm}_sum:increase5m{{{CLUSTER}}}{RANGE})) / "
                      f"(sum by (experiment, arm) (sum_over_time({arm}_count:increase5m{{{CLUSTER}}}{RANGE})) > 0)",
                      instant=True, kind="table", ref="D")],
              "By arm, in the time shown. What of a difference may be chance: zrec experiment report.",
              {"Value #A": "functions", "Value #B": "recoveries", "Value #C": "recovered", "Value #D": "mean duration"},
              height=7, overrides=[in_percent("recovered"), in_seconds("mean duration")]),
    ]


def itself():
    return [
        graph("Recoveries that zrec lost",
              [target(f"sum by (reason) (increase(zrec_observer_recoveries_lost_total{{{HOST}}}[$__rate_interval]))", "{{reason}}"),
               target(f"sum(increase(zrec_recorder_recoveries_missing_total{{{HOST}}}[$__rate_interval]))",
                      "missing in histories", ref="B")],
              "A warning, unless it is 0.", width=8, height=7, runbook="ZrecLosses"),
        table("State of the observations", [target(f"count by (state) (zrec_observer_state{{{CLUSTER}}} == 1)", instant=True, kind="table")],
              "On how many hosts. README.md says what to do about each.", {"Value": "hosts"}, width=5, height=7,
              runbook="ZrecBlind", sort="hosts"),
        table("Recorders", [
            target(f"sum(zrec_recorder_up{{{CLUSTER}}})", instant=True, kind="table"),
            target(f"sum(zrec_recorder_up{{{CLUSTER}}} == bool 1) - sum(zrec_recorder_recording{{{CLUSTER}}})", instant=True, kind="table", ref="B"),
            target(f"max(zrec_recorder_lag_records{{{CLUSTER}}})", instant=True, kind="table", ref="C")],
              "How many run, how many of them cannot write their history (a warning), and the most records that wait "
              "in a ring buffer.", {"Value #A": "run", "Value #B": "cannot write", "Value #C": "most waiting"},
              width=6, height=7, runbook="ZrecHistoryDegraded"),
        table("Versions", [target(f"count by (version) (zrec_build_info{{{CLUSTER}}})", instant=True, kind="table")],
              "Of the exporter, on how many hosts.", {"Value": "hosts"}, width=5, height=7, sort="hosts"),
    ]


def place(rows):
    """The panels in the order of reading, with IDs and places"""
    out, y, number = [], 0, 0
    for title, panels in rows:
        number += 1
        out.append({"type": "row", "id": number, "title": title, "collapsed": False, "panels": [],
                    "gridPos": {"x": 0, "y": y, "w": 24, "h": 1}})
        x, y, high = 0, y + 1, 0
        for p in panels:
            number += 1
            if x + p["gridPos"]["w"] > 24:
                x, y, high = 0, y + high, 0
            p["gridPos"] = {"x": x, "y": y, **p["gridPos"]}
            x, high = x + p["gridPos"]["w"], max(high, p["gridPos"]["h"])
            out.append({"id": number, **p})
        y += high
    return out


def variable(name, label, query, description, multi=True):
    chosen = {"selected": True, "text": ["All"] if multi else "All", "value": ["$__all"] if multi else "$__all"}
    return {"type": "query", "name": name, "label": label, "description": description,
            "datasource": DATASOURCE, "definition": query, "query": {"query": query, "refId": "Variables", "qryType": 1},
            "refresh": 2, "sort": 1, "multi": multi, "includeAll": True, "allValue": ".*", "current": chosen,
            "hide": 0, "regex": "", "options": [], "skipUrlSync": False}


def dashboard():
    return {
        "title": "zrec: PCI error recovery", "uid": "zrec-fleet", "id": None, "version": 1,
        "description": "Recoveries from PCI errors on IBM Z hosts. Needs the recording rules of zrec (rules.yml).",
        "tags": ["zrec", "pci", "s390x"], "schemaVersion": 39, "editable": True, "graphTooltip": 1,
        "timezone": "browser", "refresh": "1m", "time": {"from": "now-24h", "to": "now"}, "timepicker": {},
        "fiscalYearStartMonth": 0, "weekStart": "", "liveNow": False, "annotations": {"list": []},
        "links": [{"type": "link", "title": "Runbook", "url": "${runbook}", "icon": "doc", "targetBlank": True,
                   "asDropdown": False, "includeVars": False, "keepTime": False, "tags": [],
                   "tooltip": "What each alert means, and what to do"}],
        "templating": {"list": [
            {"type": "datasource", "name": "datasource", "label": "Data source", "query": "prometheus",
             "description": "A Prometheus, Thanos or Mimir that has zrec's rules", "regex": "", "refresh": 1,
             "multi": False, "includeAll": False, "current": {}, "hide": 0, "options": [], "skipUrlSync": False},
            variable("cluster", "Cluster", "label_values(zrec_build_info, cluster)",
                     "A label of the targets; without one, all is one fleet"),
            variable("host", "Host", f"label_values(zrec_build_info{{{CLUSTER}}}, instance)",
                     "For the rows on functions and on zrec itself"),
            variable("driver", "Driver", f"label_values(zrec_recovery_duration_seconds_count{{{CLUSTER}}}, driver)",
                     "For durations and functions"),
            variable("pec", "PEC", f"label_values(zrec_pec_recoveries_total{{{CLUSTER}}}, pec)", "PCI event code"),
            variable("fid", "Function", f'label_values(zrec_function_info{{{HOST},driver=~"$driver"}}, fid)',
                     "For the row on functions"),
            variable("step", "Step", "label_values(cluster_driver_step_le:zrec_step_duration_seconds_bucket:increase5m, step)",
                     "For the distribution of a step", multi=False),
            {"type": "textbox", "name": "runbook", "label": "Runbook", "query": "https://example.com/zrec/fleet/README.md",
             "description": "Where you serve README.md, for the links", "hide": 0, "skipUrlSync": False,
             "current": {"text": "https://example.com/zrec/fleet/README.md", "value": "https://example.com/zrec/fleet/README.md"},
             "options": []},
        ]},
        "panels": place([("The fleet", fleet()), ("How long it takes", durations()),
                         ("Functions", functions()), ("Policies and experiments", policies()),
                         ("zrec itself", itself())]),
    }


if __name__ == "__main__":
    print(json.dumps(dashboard(), indent=1))
