# SPDX-License-Identifier: GPL-2.0
"""Series of a fleet in an experiment, and a server that answers zrec's questions about them.

The server understands the queries of zrec experiment report and no others; the path before /api
says how it misbehaves.
"""
import bisect
import http.server
import json
import re
import threading
import time
import urllib.parse

START = 1795269600  # 2026-11-21 14:00:00 UTC, as make_recording.c has it
SCRAPE_S = 15
WITHIN_S = 300
BOUNDS = [2 ** n - 1 for n in range(20, 31)]  # in ns


def total_ns(fid, second):
    return 40000000 + (fid * 7 + second * 13) % 50 * 1000000


def labels_of(host):
    """Two clusters have hosts of the same names"""
    return {"job": "zrec", "cluster": "ab"[host % 2], "instance": f"lpar{host // 2}:19714"}


class Counters:
    """What a recorder would have counted, of its rows up to some second"""

    def __init__(self, host, rows):
        self.host, self.values = host, {}
        for row in rows:
            _, _, pchid, arm, _, _ = row
            if arm == "-":
                continue
            for outcome in ("recovered", "failed", "isolated", "abandoned"):
                self.add("zrec_experiment_recoveries_total", 0, arm, pchid=f"{pchid:#x}", outcome=outcome)
            self.add("zrec_experiment_relapses_total", 0, arm, pchid=f"{pchid:#x}")
            for le in BOUNDS + [None]:
                self.bucket(0, arm, le)

    def add(self, name, n, arm, **more):
        key = (name, tuple(sorted({**labels_of(self.host), "experiment": "nvme-retry", "arm": arm,
                                   **more}.items())))
        self.values[key] = self.values.get(key, 0) + n

    def bucket(self, n, arm, le):
        self.add("zrec_experiment_recovery_duration_seconds_bucket", n, arm,
                 le="+Inf" if le is None else repr(le / 1e9))

    def count(self, row, relapsed):
        _, fid, pchid, arm, second, success = row
        if arm == "-":
            return
        self.add("zrec_experiment_recoveries_total", 1, arm, pchid=f"{pchid:#x}",
                 outcome="recovered" if success else "failed")
        for le in BOUNDS + [None]:
            if success and (le is None or total_ns(fid, second) <= le):
                self.bucket(1, arm, le)
        if relapsed:
            self.add("zrec_experiment_relapses_total", 1, relapsed[3], pchid=f"{relapsed[2]:#x}")

    def reset(self):
        self.values = dict.fromkeys(self.values, 0)


def samples(rows, end_s, restarts=(), gone=()):
    """{(name, labels): [(time, value)]}; @restarts: (host, second), @gone: (host, from, to)"""
    series = {}
    for host in sorted({r[0] for r in rows}):
        own = [r for r in rows if r[0] == host]
        counters, at, last = Counters(host, own), 0, {}
        pending = sorted(s for h, s in restarts if h == host)
        for second in range(-60 + host % SCRAPE_S, end_s, SCRAPE_S):
            while pending and pending[0] <= second:
                counters.reset()
                pending.pop(0)
            while at < len(own) and own[at][4] < second:
                row = own[at]
                before = last.get(row[1])
                soon = before and row[4] <= before[4] + total_ns(before[1], before[4]) / 1e9 + WITHIN_S
                counters.count(row, before if soon else None)
                last[row[1]] = row if row[5] else None
                at += 1
            if any(h == host and a <= second < b for h, a, b in gone):
                continue
            for key, value in counters.values.items():
                series.setdefault(key, []).append((START + second, value))
    return series


def openmetrics(series):
    """For promtool tsdb create-blocks-from openmetrics"""
    lines, name = [], None
    for (metric, labels), points in sorted(series.items()):
        if metric != name:
            name = metric
            lines.append(f"# TYPE {name} unknown")
        text = ",".join(f'{k}="{v}"' for k, v in labels)
        lines += [f"{metric}{{{text}}} {value} {at}" for at, value in points]
    return "\n".join(lines + ["# EOF", ""])


SELECTOR = r'(\w+)\{((?:[^"{}]|"(?:[^"\\]|\\.)*")*)\}'
WINDOW = SELECTOR + r"\[(\d+)ms\]"
MATCHER = re.compile(r'(\w+)(=~|!~|!=|=)"((?:[^"\\]|\\.)*)"')


class Refusal(Exception):
    pass


def select(series, name, matchers):
    found = [(dict(labels), points) for (metric, labels), points in series.items() if metric == name]
    for label, operator, value in MATCHER.findall(matchers):
        value = re.sub(r"\\(.)", r"\1", value)
        found = [f for f in found if {
            "=": f[0].get(label, "") == value, "!=": f[0].get(label, "") != value,
            "=~": bool(re.fullmatch(value, f[0].get(label, ""))),
            "!~": not re.fullmatch(value, f[0].get(label, ""))}[operator]]
    return found


def evaluate(series, query, times):
    """[(labels, [(time, value)])]"""
    pieces = re.search(r"max_over_time\(" + WINDOW + r"\)>0", query)
    base = re.fullmatch(r"last_over_time\(" + WINDOW + r"\)>0", query)
    plain = re.fullmatch(SELECTOR, query)
    if not pieces and not base and not plain:
        raise Refusal(f"parse error: {query}")
    name, matchers, *window = (pieces or base or plain).groups()
    window = int(window[0]) / 1000 if window else 300
    result = []
    for labels, points in select(series, name, matchers):
        if not plain and not points[-1][1] and not any(v for _, v in points):
            continue
        moments = [at for at, _ in points]
        values = {"highest": [], "min": [], "resets": [], "last": []}
        for t in times:
            seen = [v for _, v in points[bisect.bisect_left(moments, t - window):bisect.bisect_right(moments, t)]]
            if not seen or (not plain and not max(seen)):
                continue
            values["highest"].append((t, max(seen)))
            values["min"].append((t, min(seen)))
            values["last"].append((t, seen[-1]))
            resets = sum(b < a for a, b in zip(seen, seen[1:]))
            if resets:
                values["resets"].append((t, resets))
        if pieces:
            result += [({**labels, "zrec_kind": kind}, values[kind])
                       for kind in ("highest", "min", "resets") if values[kind]]
        elif values["last"]:
            result.append((labels, values["last"]))
    return result


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    extra_headers = ()

    def log_message(self, *_):
        pass

    def answer(self, status, body, *headers):
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode()
        self.send_response(status)
        for key, value in headers:
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):  # noqa: N802, the name that http.server calls
        url = urllib.parse.urlsplit(self.path)
        mode, _, api = url.path.partition("/api/v1/")
        query = dict(urllib.parse.parse_qsl(url.query))
        self.server.asked.append((mode.strip("/"), api, query))
        try:
            bad = getattr(self, "mode_" + mode.strip("/").replace("-", "_"), None)
            if not (bad and bad(api, query)):
                self.good(api, query)
        except Refusal as why:
            self.answer(400, {"status": "error", "errorType": "bad_data", "error": str(why)})
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def data(self, api, query):
        series = self.server.series
        label = re.fullmatch("label/(\\w+)/values", api)
        if label:
            match = re.fullmatch(SELECTOR, query["match[]"])
            if not match:
                raise Refusal("parse error: unexpected end of input")
            found = select(series, *match.groups())
            return sorted({labels[label[1]] for labels, _ in found})
        start, end, step = (float(query[k]) for k in ("start", "end", "step"))
        times = [round(start + i * step, 3) for i in range(int((end - start) / step + 1e-6) + 1)]
        return {"resultType": "matrix", "result": [
            {"metric": labels, "values": [[t, str(v)] for t, v in values]}
            for labels, values in evaluate(series, query["query"], times)]}

    def good(self, api, query, **more):
        self.answer(200, {"status": "success", "data": self.data(api, query), **more})

    # --- how it misbehaves; True: it has answered ---

    def mode_redirect(self, *_):
        self.answer(302, "", ("Location", "http://elsewhere.example/"))
        return True

    def mode_bearer(self, *_):
        if self.headers["Authorization"] != "Bearer s3cret":
            self.answer(401, "no")
            return True
        return False

    def mode_login(self, *_):
        if self.headers["Authorization"] != "Basic em9lOnA6dw==":  # zoe:p:w
            self.answer(401, {"status": "error", "error": "who\x1b[2J are you"})
            return True
        return False

    def mode_tenant(self, *_):
        if self.headers["X-Scope-OrgID"] != "team-z":
            self.answer(401, "no org id")
            return True
        return False

    def mode_gone(self, *_):
        self.answer(404, "404 page not found")
        return True

    def mode_broken(self, *_):
        self.answer(500, "\x00\xff" * 5000)
        return True

    def mode_html(self, *_):
        self.answer(200, "<html>welcome</html>")
        return True

    def mode_cut(self, api, query):
        body = json.dumps({"status": "success", "data": self.data(api, query)})
        self.answer(200, body[:len(body) // 2])
        return True

    def mode_hangup(self, *_):
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"{")
        self.close_connection = True
        return True

    def mode_deep(self, *_):
        self.answer(200, '{"status":"success","data":' + "[" * 100000)
        return True

    def mode_list(self, *_):
        self.answer(200, "[]")
        return True

    def mode_huge(self, *_):
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        for _ in range(128):
            self.wfile.write(b" " * (1 << 20))
        return True

    def mode_commas(self, *_):
        self.answer(200, "[" + "0," * 5000000 + "0]")
        return True

    def mode_slow(self, *_):
        self.server.stop.wait(20)
        return True

    def mode_drip(self, *_):
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        until = time.monotonic() + 20
        while time.monotonic() < until and not self.server.stop.wait(0.2):
            self.wfile.write(b" ")
        return True

    def mode_warns(self, api, query):
        self.good(api, query, warnings=["store \x1b[31mb is away"])
        return True

    def mode_limit(self, api, query):
        """Three steps at once are too many"""
        if api != "query_range" or float(query["end"]) - float(query["start"]) < 2.5 * float(query["step"]):
            return False
        self.answer(422, {"status": "error", "errorType": "execution",
                          "error": "query processing would load too many samples into memory"})
        return True

    def mode_always_limit(self, api, *_):
        if api != "query_range":
            return False
        self.answer(422, {"status": "error", "errorType": "execution", "error": "too many"})
        return True

    def values(self, api, query, change):
        data = self.data(api, query)
        if api == "query_range":
            change(data["result"])
        self.answer(200, {"status": "success", "data": data})
        return True

    def all_values(self, api, query, value):
        def change(result):
            for series in result:
                series["values"] = [[t, value] for t, _ in series["values"]]
        return self.values(api, query, change)

    def mode_nan(self, api, query):
        return self.all_values(api, query, "NaN")

    def mode_half(self, api, query):
        return self.all_values(api, query, "1.5")

    def mode_negative(self, api, query):
        return self.all_values(api, query, "-1")

    def mode_number(self, api, query):
        return self.all_values(api, query, 5)

    def mode_many(self, api, query):
        return self.all_values(api, query, "1e12")

    def mode_no_labels(self, api, query):
        return self.values(api, query, lambda result: [s.pop("metric") for s in result])

    def mode_label_number(self, api, query):
        return self.values(api, query, lambda result: [s["metric"].update(x=5) for s in result])

    def mode_no_bound(self, api, *_):
        if api != "label/le/values":
            return False
        self.answer(200, {"status": "success", "data": ["0.1", "x"]})
        return True

    def mode_no_text(self, api, *_):
        if api != "label/le/values":
            return False
        self.answer(200, {"status": "success", "data": ["0.1", 5]})
        return True

    def mode_arms(self, api, query):
        def change(result):
            for i, series in enumerate(result):
                series["metric"]["arm"] = f"arm{i}"
        return self.values(api, query, change)

    def mode_hostile(self, api, query):
        def change(result):
            for series in result:
                series["metric"].update(arm="\x1b[2J" + series["metric"].get("arm", ""), instance="\n" * 500)
        return self.values(api, query, change)

    def mode_vector(self, *_):
        self.answer(200, {"status": "success", "data": {"resultType": "vector", "result": []}})
        return True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, series, tls=None):
        super().__init__(("127.0.0.1", 0), Handler)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        self.series, self.asked = series, []
        self.stop = threading.Event()
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        """A client that does not like the certificate hangs up"""

    def end(self):
        self.stop.set()
        self.shutdown()
        self.server_close()
