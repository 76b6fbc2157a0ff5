# SPDX-License-Identifier: GPL-2.0
"""Strict reader of metrics pages: Prometheus text 0.0.4, OpenMetrics 1.0. Shares no code with zrec."""
import re

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
VALUE = re.compile(r"(?:\d+(?:\.\d+)?(?:e[+-]\d+)?|\+Inf)\Z")
ESCAPED = re.compile(r'\\(["\\n])')
# What the samples of a family may be called beyond its name
SUFFIXES = {
    "openmetrics": {"counter": ["_total", "_created"], "gauge": [""], "info": ["_info"],
                    "histogram": ["_bucket", "_sum", "_count"], "summary": ["_sum", "_count", ""]},
    "prometheus": {"counter": [""], "gauge": [""],
                   "histogram": ["_bucket", "_sum", "_count"], "summary": ["_sum", "_count", ""]},
}


class Malformed(Exception):
    pass


def need(condition, what):
    if not condition:
        raise Malformed(what)


class Family:
    def __init__(self, name):
        self.name = name
        self.type = self.help = self.unit = None
        self.samples = {}       # (name, labels as sorted pairs): value as text


def labels_of(text):
    """The labels between the braces: all of the text, each once"""
    found, at = {}, 0
    while at < len(text):
        match = LABEL.match(text, at)
        need(match, f"labels {text!r}")
        need(match[1] not in found, f"label {match[1]} twice")
        found[match[1]] = ESCAPED.sub(lambda m: "\n" if m[1] == "n" else m[1], match[2])
        at = match.end()
        if at < len(text):
            need(text[at] == "," and at + 1 < len(text), f"labels {text!r}")
            at += 1
    return found


def sample_of(line):
    match = NAME.match(line)
    need(match, f"sample {line!r}")
    rest, labels = line[match.end():], {}
    if rest.startswith("{"):
        # a brace may be in a label's value
        end = rest.rindex("} ")
        labels = labels_of(rest[1:end])
        rest = rest[end + 1:]
    need(rest.startswith(" ") and VALUE.match(rest[1:]), f"value of {line!r}")
    return match[0], labels, rest[1:]


def metadata(family, line):
    _, kind, _, text = (line.split(" ", 3) + [""])[:4]
    need(not family.samples, f"{kind} of {family.name} after its samples")
    need(kind in ("HELP", "TYPE", "UNIT"), f"comment {line!r}")
    need(getattr(family, kind.lower()) is None, f"second {kind} of {family.name}")
    need(text, f"empty {kind} of {family.name}")
    setattr(family, kind.lower(), text)


def histogram(family):
    groups = {}
    for (name, labels), value in family.samples.items():
        key = tuple(pair for pair in labels if pair[0] != "le")
        groups.setdefault(key, {}).setdefault(name[len(family.name):], []).append(
            (dict(labels).get("le"), value))
    for key, parts in groups.items():
        need(set(parts) == {"_bucket", "_sum", "_count"}, f"{family.name}{key} lacks a part")
        bounds = [float(le) for le, _ in parts["_bucket"]]
        counts = [int(value) for _, value in parts["_bucket"]]
        need(bounds == sorted(set(bounds)), f"{family.name}{key}: bounds out of order")
        need(parts["_bucket"][-1][0] == "+Inf", f"{family.name}{key} lacks +Inf")
        need(counts == sorted(counts), f"{family.name}{key}: a bucket has less than the one before")
        need(counts[-1] == int(parts["_count"][0][1]), f"{family.name}{key}: count is not +Inf's")


def check_family(family, form):
    need(family.type in SUFFIXES[form], f"type of {family.name}: {family.type}")
    need(family.help, f"{family.name} has no help")
    for suffix in ("_total", "_info"):
        if form == "openmetrics":
            need(not family.name.endswith(suffix), f"family {family.name}")
    if form == "prometheus" and family.type == "counter":
        need(family.name.endswith("_total"), f"counter {family.name}")
    if family.unit:
        need(form == "openmetrics" and family.name.endswith("_" + family.unit),
             f"unit of {family.name}")
    for name, _ in family.samples:
        need(name[len(family.name):] in SUFFIXES[form][family.type], f"sample {name}")
    if family.type == "histogram":
        histogram(family)


def parse(data, form):
    """The families by name; Malformed if a server could refuse, or misread, the page"""
    text = data.decode("utf-8")
    need(text.endswith("\n"), "no end of the last line")
    lines = text[:-1].split("\n")
    if form == "openmetrics":
        need(lines.pop() == "# EOF", "no EOF")
    families, family = {}, None
    for line in lines:
        if line.startswith("# "):
            need(line.count(" ") >= 2, f"comment {line!r}")
            name = line.split(" ")[2]
            if not family or family.name != name:
                need(name not in families, f"family {name} in two places")
                family = families[name] = Family(name)
            metadata(family, line)
            continue
        name, labels, value = sample_of(line)
        need(family and name.startswith(family.name), f"sample {name} without a family")
        key = (name, tuple(labels.items()))
        need(key not in family.samples, f"{line!r} twice")
        family.samples[key] = value
    for family in families.values():
        check_family(family, form)
    return families


def samples(families):
    """All of them by name and labels; an le is a text"""
    found = {}
    for family in families.values():
        for (name, labels), value in family.samples.items():
            key = (name, tuple(sorted(labels)))
            need(key not in found, f"{key} twice")
            found[key] = value
    return found


def value(found, name, **labels):
    return float(found[(name, tuple(sorted(labels.items())))])
