# SPDX-License-Identifier: GPL-2.0
"""What the fleet's test runs against: Debian's Prometheus and Alertmanager, simulated hosts, and
a receiver of webhooks. Standard library only."""
import http.server
import json
import os
import pathlib
import re
import socket
import subprocess
import threading
import time
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SCALE = 20      # a minute of the rules is three seconds here
MS = {"ms": 1, "s": 1000, "m": 60000, "h": 3600000, "d": 86400000}
DURATION = re.compile(r"(?<![\w$])(\d+)(ms|s|m|h|d)\b")


def scaled(text):
    """The same with each duration 20 times as short; nothing else is changed. A number in an
    expression, as in "> 300", is none."""
    return DURATION.sub(lambda m: f"{max(int(m[1]) * MS[m[2]] // SCALE, 1)}ms", text)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def free_ports(number):
    """So many in a row, the first of them"""
    for base in range(12000, 19000, 100):
        try:
            for port in range(base, base + number):
                with socket.socket() as s:
                    s.bind(("127.0.0.1", port))
            return base
        except OSError:
            continue
    raise RuntimeError(f"no {number} free ports in a row")


def until(what, seconds):
    """The first true answer of what(), or the last one"""
    end = time.monotonic() + seconds
    while True:
        try:
            answer = what()
        except OSError:
            answer = None
        if answer or time.monotonic() > end:
            return answer
        time.sleep(0.5)


def get(url):
    with urllib.request.urlopen(url, timeout=20) as answer:
        return json.load(answer)


class Server:
    """A server of the test's own, in a thread"""

    def __init__(self, handle):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                length = int(self.headers.get("Content-Length") or 0)
                status, data = handle(self.path, self.rfile.read(length))
                self.send_response(status)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.http.server_address[1]
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


class Receiver(Server):
    """Keeps what Alertmanager delivers: (receiver, message)"""

    def __init__(self):
        self.got = []
        super().__init__(self.keep)

    def keep(self, path, body):
        self.got.append((path.strip("/").split("/")[0], json.loads(body)))
        return 200, b""

    def alerts(self, receiver, name, status="firing", **labels):
        """Those delivered there of this name, with at least these labels"""
        return [alert for where, message in list(self.got) if where == receiver
                for alert in message["alerts"]
                if alert["status"] == status and alert["labels"]["alertname"] == name and
                labels.items() <= alert["labels"].items()]


class Hosts:
    """simulated-hosts; tell() as it says itself"""

    def __init__(self, world, cluster, number, *options):
        self.number, self.port = number, free_ports(number)
        self.process = world.start(
            [ROOT / "build/native/tests/fleet/simulated-hosts", f"--hosts={number}",
             f"--base-port={self.port}", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self.process.stdout.readline() != b"ready\n":
            raise RuntimeError("simulated-hosts does not start")
        world.targets.append((cluster, [f"127.0.0.1:{self.port + i}" for i in range(number)]))

    def tell(self, word, host=None):
        """One host, or all of them"""
        for number in range(self.number) if host is None else [host]:
            self.process.stdin.write(f"{word} {number}\n".encode())
        self.process.stdin.flush()

    def page(self, host):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port + host}/metrics", timeout=20) as page:
            return page.read()


class World:
    def __init__(self, directory):
        self.directory, self.processes, self.targets = pathlib.Path(directory), [], []
        self.receiver = Receiver()
        self.prometheus = self.alertmanager = None

    def start(self, command, **how):
        log = open(self.directory / f"{pathlib.Path(command[0]).name}.log", "ab")
        process = subprocess.Popen([str(word) for word in command], stderr=log,
                                   **{"stdin": subprocess.DEVNULL, "stdout": log, **how})
        self.processes.append(process)
        return process

    def end(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def write(self, name, text):
        (self.directory / name).write_text(text, encoding="utf-8")

    def read(self, name):
        return (ROOT / "docs/fleet" / name).read_text(encoding="utf-8")

    def start_alertmanager(self, program):
        port = free_port()
        self.alertmanager = f"http://127.0.0.1:{port}"
        text = scaled(self.read("alertmanager.yml"))
        # Each to a path of its receiver's name
        for name in re.findall(r"- name: (\w+)", text):
            text = re.sub(r"http://\w+\.example\.com/zrec", f"http://127.0.0.1:{self.receiver.port}/{name}",
                          text, count=1)
        self.write("alertmanager.yml", text)
        self.start([program, f"--config.file={self.directory}/alertmanager.yml", "--cluster.listen-address=",
                    f"--web.listen-address=127.0.0.1:{port}", f"--storage.path={self.directory}/alerts"])

    def start_prometheus(self, program):
        """docs/fleet's rules as they are, but 20 times as fast; its configuration with these targets"""
        port = free_port()
        self.prometheus = f"http://127.0.0.1:{port}"
        for name in ("rules.yml", "alerts.yml"):
            self.write(name, scaled(self.read(name)))
        text, jobs = self.read("prometheus.yml").split("    static_configs:\n      - targets: [\"host1")
        # Twice as slow as it should be, for the sake of this machine
        text = re.sub(r"(scrape|evaluation)_interval: 30s", r"\1_interval: 3s", text)
        text = text.replace("localhost:9093", self.alertmanager.removeprefix("http://"))
        text += "    static_configs:\n"
        for cluster, targets in self.targets:
            text += f"      - targets: {json.dumps(targets)}\n        labels: {{cluster: {cluster}}}\n"
        self.write("prometheus.yml", text)
        self.start([program, f"--config.file={self.directory}/prometheus.yml",
                    f"--web.listen-address=127.0.0.1:{port}", "--query.lookback-delta=60s",
                    f"--storage.tsdb.path={self.directory}/data"])

    def is_ready(self):
        with urllib.request.urlopen(f"{self.prometheus}/-/ready", timeout=20) as answer:
            return answer.status == 200

    def api(self, path, **params):
        url = f"{self.prometheus}/api/v1/{path}?{urllib.parse.urlencode(params)}"
        try:
            return get(url)["data"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{params.get('query', path)}: {error.read().decode()}") from error

    def query(self, expr, **params):
        """Samples: [(labels, value)]; of the last moment, or at each of a range's"""
        path = "query_range" if "step" in params else "query"
        result = self.api(path, query=expr, **params)["result"]
        return [(series["metric"], float(value)) for series in result
                for _, value in series.get("values", [series.get("value")])]

    def value(self, expr):
        found = self.query(expr)
        return found[0][1] if found else None

    def alertmanager_alerts(self, **labels):
        return [alert for alert in get(f"{self.alertmanager}/api/v2/alerts")
                if labels.items() <= alert["labels"].items()]

    def log(self, name):
        path = self.directory / f"{name}.log"
        return path.read_text(encoding="utf-8", errors="replace").splitlines()[-10:] if path.exists() else []


def tool(name, *options):
    """A program of Prometheus, or None and why not"""
    found = subprocess.run([ROOT / "tests/lab/prometheus.sh", *options, name], capture_output=True, text=True, check=False)
    if found.returncode:
        return None, (found.stderr.splitlines() or ["it is not to be had"])[-1]
    return found.stdout.strip(), ""


def package(name):
    subprocess.run([ROOT / "tests/lab/packages.sh", name], stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, check=False)


os.environ.setdefault("GOMAXPROCS", "2")
