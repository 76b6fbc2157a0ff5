#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""zrec experiment report on recordings in files, against sums made here in another way.

usage: experiment_recordings_test.py PROGRAM MAKE_RECORDING
"""
import json
import os
import random
import subprocess
import sys
import tempfile

WITHIN_S = 300
tests = failed = 0


def check(name, good, what=""):
    global tests, failed
    tests += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {tests} - {name}")
    if not good:
        print(f"# {what}")


def report(program, *words):
    done = subprocess.run([program, "experiment", "report", *words], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def fleet(hosts, count):
    """(host, fid, pchid, arm, second, success), a host after the other, in the order of time"""
    rng = random.Random(5)
    for host in range(hosts):
        at = 0
        for _ in range(count):
            at += rng.randrange(1, 120)
            fid = rng.randrange(12)
            arm = ["default", "retry"][(host + fid // 3) % 2]
            yield (host, fid, 0x100 + fid // 3, arm, at,
                   int(rng.random() >= (0.1 if arm == "retry" else 0.25)))


def total(row):
    """How long it took, in seconds; as make_recording has it"""
    return 0.04 + (row[1] * 7 + row[4] * 13) % 50 / 1000


def make(maker, path, rows):
    text = "".join(" ".join(map(str, row)) + "\n" for row in rows)
    subprocess.run([maker, path], input=text, text=True, check=True)


def expected(rows):
    """Per arm: recoveries, successes, those with a known relapse or none, relapses"""
    sums = {"default": [0, 0, 0, 0], "retry": [0, 0, 0, 0]}
    end = max(row[4] + total(row) for row in rows)
    for i, row in enumerate(rows):
        host, fid, _, arm, at, success = row
        until = at + total(row) + WITHIN_S
        later = [x for x in rows[i + 1:] if x[:2] == (host, fid) and x[4] <= until]
        sums[arm][0] += 1
        if success:
            sums[arm][1] += 1
            sums[arm][2] += bool(later) or end >= until
            sums[arm][3] += bool(later)
    return [sums["default"], sums["retry"]]


def good_recordings(program, maker, directory, rows):
    files = []
    for host in range(5):
        files.append(os.path.join(directory, f"lpar{host}.db"))
        make(maker, files[-1], [r for r in rows if r[0] == host])
    code, out, err = report(program, "-f", "json", *files)
    check("recordings of all hosts", code == 0 and not err, err)
    document = json.loads(out)
    got = [[a["recoveries"], a["success"]["count"], a["relapse"]["n"], a["relapse"]["count"]]
           for a in document["arms"]]
    check("sums made in another way", got == expected(rows), f"{got} {expected(rows)}")
    check("arms and hosts", [a["arm"] for a in document["arms"]] == ["default", "retry"] and
          document["experiment"]["hosts"] == 5 and document["arms"][0]["clusters"] == 10,
          document["experiment"])
    again = json.loads(report(program, "-f", "json", *reversed(files), files[2])[1])
    check("in another order, and one twice",
          [again[k] for k in ("arms", "comparisons")] ==
          [document[k] for k in ("arms", "comparisons")] and
          again["experiment"]["in_two_recordings"] == 60, again["experiment"])
    other_forms(program, directory, files, document)
    return files[0]


def other_forms(program, directory, files, document):
    """As JSON lines, and all in one file"""
    lines = []
    for path in files:
        lines.append(path + ".jsonl")
        with open(lines[-1], "w", encoding="utf-8") as f:
            subprocess.run([program, "history", "export", "--file", path], stdout=f, check=True)
    merged = os.path.join(directory, "merged.db")
    subprocess.run([program, "history", "import", "--output", merged, *lines],
                   stdout=subprocess.DEVNULL, check=True)
    for name, words in (("as JSON lines", lines), ("of all hosts in one file", [merged])):
        code, out, err = report(program, "-f", "json", *words)
        other = json.loads(out) if code == 0 else {}
        check(f"the same {name}", code == 0 and all(
            other[k] == document[k] for k in ("experiment", "arms", "comparisons")),
              err or f"{other} {document}")


def bad_recordings(program, maker, directory, good):
    with open(good, "rb") as f:
        content = f.read()
    broken = os.path.join(directory, "broken.db")
    for name, what in (("cut", content[:len(content) // 2]), ("empty", b""), ("no database", b"\0\xff\n"),
                       ("overwritten", content[:8192] + bytes(8192) + content[16384:])):
        with open(broken, "wb") as f:
            f.write(what)
        code, out, err = report(program, broken)
        check(f"a recording that is {name}", code in (7, 8) and not out and err.count("\n") == 1 and
              (name == "empty" or "broken.db" in err), f"{code} {out} {err}")
    code, out, err = report(program, good, os.path.join(directory, "none"))
    check("a file that is not there", code == 8 and "none: No such file" in err, err)
    none = os.path.join(directory, "none.db")
    make(maker, none, [(0, 1, 0x100, "-", 5, 1)])
    code, out, err = report(program, none)
    check("a recording without an experiment", code == 8 and "experiment" in err, err)


def main():
    program, maker = sys.argv[1:]
    rows = list(fleet(5, 60))
    with tempfile.TemporaryDirectory() as directory:
        bad_recordings(program, maker, directory, good_recordings(program, maker, directory, rows))
    print(f"1..{tests}")
    return failed != 0


sys.exit(main())
