#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""zrec experiment report --prometheus against the report of the recordings of the same hosts: TAP.

usage: experiment_metrics_test.py PROGRAM MAKE_RECORDING [PROMETHEUS.SH [--unstable]]

The server is a fake one that misbehaves in all ways; with tests/lab/prometheus.sh, that of Debian, whose
storage is filled with the same series.
"""
import json
import os
import pathlib
import random
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(__file__))
import fake_prometheus as fake  # noqa: E402

END_S = 7200
WINDOW = ["--since", f"@{fake.START - 300}", "--until", f"@{fake.START + END_S}"]
tests = failed = 0


def check(name, good, what=""):
    global tests, failed
    tests += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {tests} - {name}")
    if not good:
        print("\n".join("# " + line for line in str(what).splitlines()))


def run(program, *words, env=None):
    done = subprocess.run([program, "experiment", "report", *words], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False, timeout=100,
                          env={**os.environ, "no_proxy": "*", **(env or {})})
    return done.returncode, done.stdout, done.stderr


def fleet():
    """(host, fid, pchid, arm, second, success), in the order of time for each host"""
    rng = random.Random(11)
    rows = []
    for host in range(6):
        at = 30
        for _ in range(80):
            at += rng.randrange(2, 150)
            fid = rng.randrange(16)
            arm = ["default", "retry"][(host + fid // 4) % 2]
            rows.append((host, fid, 0x100 + fid // 4, arm, at,
                         int(rng.random() >= (0.08 if arm == "retry" else 0.3))))
    return [r for r in rows if r[4] < END_S - 60]


def quiet(rows, host, after):
    """A second when nothing was under way for two scrapes: a restart then loses nothing"""
    busy = [r[4] for r in rows if r[0] == host]
    return next(s for s in range(after, END_S)
                if not any(s - 2 * fake.SCRAPE_S <= b <= s + fake.SCRAPE_S for b in busy))


def recordings(program, maker, directory, rows):
    files = []
    for host in range(6):
        files.append(os.path.join(directory, f"lpar{host}.db"))
        text = "".join(" ".join(map(str, r)) + "\n" for r in rows if r[0] == host)
        subprocess.run([maker, files[-1]], input=text, text=True, check=True)
    return json.loads(run(program, "-f", "json", *files)[1])


def relapses(rows):
    """Of all that recovered, as metrics count them"""
    sums = {"default": 0, "retry": 0}
    for i, row in enumerate(rows):
        until = row[4] + fake.total_ns(row[1], row[4]) / 1e9 + fake.WITHIN_S
        later = next((x for x in rows[i + 1:] if x[:2] == row[:2]), None)
        sums[row[3]] += bool(row[5] and later and later[4] <= until)
    return [sums["default"], sums["retry"]]


def near(a, b):
    return abs(a - b) < 1e-9


def compare(name, document, recorded, rows, restarted):
    x, r = document["experiment"], recorded["experiment"]
    check(f"{name}: hosts and clusters", (x["name"], x["hosts"], x["cluster"]) ==
          (r["name"], r["hosts"], r["cluster"]) and
          [a["clusters"] for a in document["arms"]] == [a["clusters"] for a in recorded["arms"]],
          f"{x}\n{document['arms']}\n{recorded['arms']}")
    check(f"{name}: success is the same, to the last digit of its interval",
          all(a["arm"] == b["arm"] and a["recoveries"] == b["recoveries"] and
              (a["success"]["n"], a["success"]["count"]) == (b["success"]["n"], b["success"]["count"]) and
              near(a["success"]["low"], b["success"]["low"]) and near(a["success"]["high"], b["success"]["high"])
              for a, b in zip(document["arms"], recorded["arms"])), f"{document['arms']}\n{recorded['arms']}")
    a, b = document["comparisons"][0]["success"], recorded["comparisons"][0]["success"]
    check(f"{name}: so are difference and p", all(near(a[k], b[k]) for k in a), f"{a}\n{b}")
    got = [a["relapse"]["count"] for a in document["arms"]]
    check(f"{name}: relapses", got == relapses(rows), f"{got} {relapses(rows)}")
    for arm, other in zip(document["arms"], recorded["arms"]):
        check(f"{name}: times of {arm['arm']} are in their buckets", len(arm["times"]) == 3 and all(
            t["above_ns"] < o["time_ns"] <= t["at_most_ns"] == 2 * t["above_ns"] + 1 and t["low_ns"] <= t["above_ns"] and
            t["high_ns"] >= t["at_most_ns"] and "time_ns" not in t
            for t, o in zip(arm["times"], other["times"])), f"{arm['times']}\n{other['times']}")
    time_of = document["comparisons"][0]["time"]
    check(f"{name}: a chance to be faster, and no difference of medians",
          0 < time_of["chance_faster"] < 1 and "median_ns" not in time_of, time_of)
    check(f"{name}: what it cannot say", x["metrics"]["restarted_hosts"] == restarted and
          "time_ns" in x["metrics"]["not_known"], x)


def good_answers(program, url, recorded, rows, restarted, name):
    code, out, err = run(program, "-f", "json", "--prometheus", url, *WINDOW)
    check(f"{name}: a report", code == 0 and not err, f"{code} {err}")
    if code:
        return
    compare(name, json.loads(out), recorded, rows, restarted)
    code, out, err = run(program, "--prometheus", url + "/", "--name", "nvme-retry", *WINDOW)
    check(f"{name}: as text", code == 0 and "in the bucket" in out and "From the metrics of" in out and
          "median" not in out.replace("difference of medians", "") and
          all(len(line) <= 100 for line in out.splitlines()), out + err)
    code, out, _ = run(program, "-f", "json", "--prometheus", url, *WINDOW, "--match", '{cluster="a"}')
    check(f"{name}: of one cluster", code == 0 and json.loads(out)["experiment"]["hosts"] == 3, out)
    code, out, _ = run(program, "-f", "json", "--prometheus", url, *WINDOW, "--ignore-label", "cluster")
    check(f"{name}: without the label that tells hosts apart",
          code == 0 and json.loads(out)["experiment"]["hosts"] == 3, out)
    half = fake.START + 3600
    one, two = (json.loads(run(program, "-f", "json", "--prometheus", url, "--since", f"@{a}",
                               "--until", f"@{b}")[1]) for a, b in
                ((fake.START - 300, half), (half, fake.START + END_S)))
    got = [a["recoveries"] + b["recoveries"] for a, b in zip(one["arms"], two["arms"])]
    check(f"{name}: two halves are the whole", got == [a["recoveries"] for a in recorded["arms"]],
          f"{one['arms']} {two['arms']}")


# mode of the server, words, exit code, what the message has
BAD = (
    ("redirect", [], 8, "redirects to http://elsewhere.example/"),
    ("bearer", [], 4, "--bearer-file"),
    ("login", [], 4, "who\\x1b[2J are you"),
    ("tenant", ["--tenant", "other"], 4, "--tenant"),
    ("gone", [], 8, "/prometheus"),
    ("broken", [], 7, "HTTP 500"),
    ("html", [], 7, "none of Prometheus"),
    ("cut", [], 7, "none of Prometheus"),
    ("hangup", [], 7, "no answer"),
    ("deep", [], 7, "none of Prometheus"),
    ("list", [], 7, "none of Prometheus"),
    ("huge", [], 7, "too long"),
    ("commas", [], 7, "too long"),
    ("slow", ["--timeout", "1s"], 7, "no answer in time"),
    ("drip", ["--timeout", "1s"], 7, "no answer in time"),
    ("always-limit", [], 7, "too many"),
    ("nan", [], 7, "no number"),
    ("half", [], 7, "no count"),
    ("negative", [], 7, "no count"),
    ("number", [], 7, "no number"),
    ("many", [], 7, "which cannot be"),
    ("no-labels", [], 7, "no labels"),
    ("label-number", [], 7, "no labels"),
    ("no-bound", [], 7, "no bound"),
    ("no-text", [], 7, "no text"),
    ("arms", [], 7, "more than 8 arms"),
    ("vector", [], 7, "none of Prometheus"),
    ("", ["--name", "other"], 8, "there are: nvme-retry"),
    ("", ["--control", "other"], 8, "no arm 'other'"),
    ("", ["--match", 'cluster="c"'], 8, "no metrics of an experiment"),
    ("", ["--match", 'cluster="a'], 8, "parse error"),
    ("", ["--until", f"@{fake.START - 200}"], 8, "no recovery of the experiment"),
)


def bad_answers(program, url):
    for mode, words, want, text in BAD:
        code, out, err = run(program, "--prometheus", f"{url}/{mode}" if mode else url, *WINDOW, *words)
        check(f"a server that is {mode or 'asked ' + ' '.join(words)}", code == want and not out and
              err.count("\n") == 1 and text in err and "\x1b" not in err, f"{code} {out} {err}")


def odd_answers(program, url, recorded):
    code, out, err = run(program, "-f", "json", "--prometheus", url + "/warns", *WINDOW)
    check("a warning is passed on, once", code == 0 and err.count("\n") == 1 and "\\x1b[31mb is away" in err, err)
    code, out, err = run(program, "-f", "json", "--prometheus", url + "/limit", *WINDOW)
    check("a server with a limit is asked for less at once", code == 0 and not err and
          [a["success"]["count"] for a in json.loads(out)["arms"]] ==
          [a["success"]["count"] for a in recorded["arms"]],
          f"{code} {err}")
    code, out, err = run(program, "--prometheus", url + "/hostile", *WINDOW)
    check("names drive no terminal", code == 0 and "\x1b" not in out and "\\x1b[2Jdefault" in out, out + err)


def credentials(program, server, directory):
    def secret(name, content):
        path = pathlib.Path(directory, name)
        path.write_bytes(content)
        return str(path)

    good = {"bearer": ["--bearer-file", secret("token", b"s3cret\n")],
            "login": ["--login-file", secret("login", b"zoe:p:w\n")],
            "tenant": ["--tenant", "team-z"]}
    for mode, words in good.items():
        code, _, err = run(program, "--prometheus", f"{server.url}/{mode}", *WINDOW, *words)
        check(f"with the right {mode}", code == 0, err)
    for what, words, text in (
            ("a token with a line's end in it", ["--bearer-file", secret("two", b"a\nX: b\n")], "one line"),
            ("an empty one", ["--bearer-file", secret("empty", b"\n")], "one line"),
            ("one with a NUL", ["--bearer-file", secret("nul", b"a\0b\n")], "one line"),
            ("one that is not there", ["--bearer-file", directory + "/none"], "No such file"),
            ("a login without a colon", ["--login-file", secret("zoe", b"zoe\n")], "USER:PASSWORD"),
            ("authorities that are not there", ["--ca-file", directory + "/none"], "")):
        code, out, err = run(program, "--prometheus", server.url, *WINDOW, *words)
        good = code == 8 or (not text and code == 0)
        check(what, good and text in err and err.count("\n") <= 1, f"{code} {out} {err}")


USAGE = (
    ([], "RECORDING"),
    (["--since", "-1h", "x.db"], "--prometheus"),
    (["--tenant", "x", "x.db"], "--prometheus"),
    (["--prometheus", "http://localhost:1", "x.db"], "not from both"),
    (["--prometheus", "http://localhost:1", "--relapse", "1m"], "--relapse"),
    (["--prometheus", "http://localhost:1", "--bearer-file", "a", "--login-file", "b"], "not both"),
    (["--prometheus", "localhost:9090"], "not the URL"),
    (["--prometheus", "file:///etc/passwd"], "not the URL"),
    (["--prometheus", "http://"], "not the URL"),
    (["--prometheus", "http://a b/"], "not the URL"),
    (["--prometheus", "http://a/?x=y"], "not the URL"),
    (["--prometheus", "http://zoe:pw@localhost:1"], "--login-file"),
    (["--prometheus", "http://localhost:1", "--tenant", "a\nb"], "tenant"),
    (["--prometheus", "http://localhost:1", "--since", "now"], "a minute"),
    (["--prometheus", "http://localhost:1", "--timeout", "0"], "--timeout"),
)


def usage(program):
    for words, text in USAGE:
        code, out, err = run(program, *words)
        check(f"usage: {' '.join(words)!r}", code == 1 and not out and text in err and
              err.count("\n") == 1, f"{code} {out} {err}")
    code, _, err = run(program, "--prometheus", f"http://127.0.0.1:{free_port()}")
    check("nobody listens", code == 8 and "127.0.0.1" in err and err.count("\n") == 1, f"{code} {err}")


def tls(program, series, directory):
    key, cert = os.path.join(directory, "key"), os.path.join(directory, "cert")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert,
                    "-days", "3650", "-subj", "/CN=x", "-addext", "subjectAltName=IP:127.0.0.1"],
                   check=True, stderr=subprocess.DEVNULL)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    server = fake.Server(series, context)
    code, _, err = run(program, "--prometheus", server.url, *WINDOW)
    check("a certificate of nobody we know", code == 8 and "--ca-file" in err, f"{code} {err}")
    code, _, err = run(program, "--prometheus", server.url, "--ca-file", cert, *WINDOW)
    check("that is trusted by --ca-file", code == 0, f"{code} {err}")
    code, _, err = run(program, "--prometheus", server.url.replace("https", "http"), *WINDOW)
    check("HTTP where HTTPS is spoken", code == 7 and err.count("\n") == 1, f"{code} {err}")
    server.end()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Prometheus:
    """A real one, whose storage has the series"""

    def __init__(self, program, promtool, series, directory):
        text = os.path.join(directory, "series")
        pathlib.Path(text).write_text(fake.openmetrics(series), encoding="utf-8")
        data = os.path.join(directory, "data")
        subprocess.run([promtool, "tsdb", "create-blocks-from", "openmetrics", text, data], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        config = os.path.join(directory, "prometheus.yml")
        pathlib.Path(config).write_text("scrape_configs: []\n", encoding="utf-8")
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [program, f"--config.file={config}", f"--storage.tsdb.path={data}",
             "--storage.tsdb.retention.time=100y", f"--web.listen-address=127.0.0.1:{port}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(600):
            try:
                urllib.request.urlopen(self.url + "/-/ready", timeout=5).close()
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("Prometheus is not ready within a minute")

    def end(self):
        self.process.terminate()
        self.process.wait()


def real_programs(script):
    """[]: none is asked for; None: they are not to be had"""
    found = []
    for name in ("prometheus", "promtool") if script else ():
        done = subprocess.run([*script, name], stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            return None
        found.append(done.stdout.splitlines()[-1])
    return found


def main():
    program, maker, *script = sys.argv[1:]
    real = real_programs(script)
    if real is None:
        print("1..0 # SKIP no Prometheus to be had")
        return 0
    rows = fleet()
    restarts = [(1, quiet(rows, 1, 2500)), (4, quiet(rows, 4, 1000)), (4, quiet(rows, 4, 4000))]
    # Host 4 begins anew, is seen once, and then not for a while
    gone = [(2, 3000, 4800), (4, restarts[2][1] + fake.SCRAPE_S, restarts[2][1] + 900)]
    series = fake.samples(rows, END_S, restarts, gone)
    with tempfile.TemporaryDirectory() as directory:
        recorded = recordings(program, maker, directory, rows)
        if real:
            server = Prometheus(*real, series, directory)
            good_answers(program, server.url, recorded, rows, 2, "Prometheus")
        else:
            server = fake.Server(series)
            good_answers(program, server.url, recorded, rows, 2, "metrics")
            bad_answers(program, server.url)
            odd_answers(program, server.url, recorded)
            credentials(program, server, directory)
            usage(program)
            tls(program, series, directory)
        server.end()
    print(f"1..{tests}")
    return failed != 0


sys.exit(main())
