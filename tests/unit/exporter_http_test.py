#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The real zrec-exporter, asked by careless and malicious clients: TAP.

usage: exporter_http_test.py PROGRAM GUEST_TESTS METRICS.MD PAGE.8.SCD UNIT
"""
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[2])
from checks import exposition  # noqa: E402

PROGRAM = sys.argv[1]
# Anonymous memory; the libraries' pages are shared
LIMIT_KIB = 4096
TESTS = []


def test(function):
    TESTS.append(function)
    return function


def equal(what, got, want):
    assert got == want, f"{what}: got {got!r}, want {want!r}"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Exporter:
    """One that serves a machine with FUNCTIONS functions"""

    def __init__(self, directory, functions):
        devices = pathlib.Path(directory, "bus/pci/devices")
        for i in range(functions):
            device = devices / f"{i:04x}:00:00.0"
            device.mkdir(parents=True)
            (device / "function_id").write_text(f"0x{i:08x}\n")
            (device / "error_recovery").write_text("mediated 0\nevents 1\npending 0\npending_overflow 0\n")
        self.port = free_port()
        self.process = subprocess.Popen(
            [PROGRAM, f"--listen=127.0.0.1:{self.port}", f"--sysfs={directory}",
             f"--functions={functions}", "--recorder=/nonexistent"])
        self.until(lambda: self.ask("GET", "/")[0] == 200)

    def until(self, condition):
        for _ in range(200):
            try:
                if condition():
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise AssertionError("not within ten seconds")

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=40)

    def ask(self, method, path, *headers, body=b""):
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", ""]
        with self.connect() as s:
            s.sendall("\r\n".join(lines).encode() + body)
            return answer(s)

    def memory(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"RssAnon:\s+(\d+)", status)[1])

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])


def answer(s):
    """Status, headers and body; an end without an answer is status 0"""
    data = b""
    try:
        while chunk := s.recv(65536):
            data += chunk
    except ConnectionResetError:
        pass
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    if not lines[0]:
        return 0, {}, b""
    headers = dict(line.split(": ", 1) for line in lines[1:])
    return int(lines[0].split(" ")[1]), headers, body


@test
def both_formats_by_what_is_accepted(x):
    status, headers, body = x.ask("GET", "/metrics")
    equal("status", status, 200)
    equal("type", headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
    equal("length", int(headers["Content-Length"]), len(body))
    text = exposition.samples(exposition.parse(body, "prometheus"))
    status, headers, body = x.ask("GET", "/metrics", "Accept: application/openmetrics-text;version=1.0.0")
    equal("type", headers["Content-Type"],
          "application/openmetrics-text; version=1.0.0; charset=utf-8")
    equal("series", exposition.samples(exposition.parse(body, "openmetrics")).keys(), text.keys())


@test
def head_has_no_body(x):
    status, headers, body = x.ask("HEAD", "/metrics")
    equal("answer", (status, body), (200, b""))
    assert int(headers["Content-Length"]) > 1000


@test
def wrong_methods_and_paths(x):
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"):
        status, headers, _ = x.ask(method, "/metrics")
        equal(method, (status, headers.get("Allow")), (405, "GET, HEAD"))
    for path in ("/metrics/", "/../etc/passwd", "/favicon.ico", "//metrics", "/%2e"):
        equal(path, x.ask("GET", path)[0], 404)
    equal("with a query", x.ask("GET", "/metrics?name[]=x")[0], 200)
    equal("with a body", x.ask("GET", "/metrics", "Content-Length: 3", body=b"abc")[0], 200)


@test
def a_long_header_is_refused(x):
    status = x.ask("GET", "/metrics", "X: " + "x" * 100000)[0]
    assert status in (0, 400, 413, 431), status
    status = x.ask("GET", "/" + "y" * 100000)[0]
    assert status in (0, 400, 414, 431), status
    equal("after that", x.ask("GET", "/metrics")[0], 200)


@test
def what_is_not_http_is_survived(x):
    for data in (b"\0" * 1000, b"GET\r\n\r\n", b"\xff\xfe\r\n\r\n", b"GET /metrics HTTP/9.9\r\n\r\n",
                 b"GET /metrics HTTP/1.1\r\nAccept: " + bytes(range(128, 256)) + b"\r\n\r\n"):
        with x.connect() as s:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            answer(s)
    equal("after that", x.ask("GET", "/metrics")[0], 200)


def reader(x):
    """A client that asks, and reads nothing"""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.settimeout(5)
    s.connect(("127.0.0.1", x.port))
    s.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return s


@test
def slow_readers_keep_bounded_memory(x):
    slow = []
    for _ in range(200):
        try:
            slow.append(reader(x))
        except OSError:
            break
    time.sleep(1)
    memory = x.memory()
    for s in slow:
        s.close()
    assert memory < LIMIT_KIB, f"{memory} KiB"
    x.until(lambda: x.ask("GET", "/metrics")[0] == 200)


@test
def many_connections_keep_bounded_memory(x):
    idle = []
    for _ in range(1000):
        try:
            s = x.connect()
            s.settimeout(5)
            s.sendall(b"GET /metrics HTTP/1.1\r\nX: ")
            idle.append(s)
        except OSError:
            break
    memory = x.memory()
    for s in idle:
        s.close()
    assert memory < LIMIT_KIB, f"{memory} KiB"
    x.until(lambda: x.ask("GET", "/metrics")[0] == 200)


@test
def one_who_sends_nothing_is_ended(x):
    began = time.monotonic()
    with x.connect() as s:
        equal("answer", answer(s)[0] in (0, 408), True)
    assert 5 < time.monotonic() - began < 25


@test
def who_sends_a_byte_now_and_then_is_ended(x):
    began = time.monotonic()
    with x.connect() as s:
        s.sendall(b"GET /metrics HTTP/1.1\r\n")
        try:
            while time.monotonic() - began < 45:
                s.sendall(b"X")
                time.sleep(1)
        except OSError:
            pass
    assert 20 < time.monotonic() - began < 40, f"{time.monotonic() - began} s"
    equal("after that", x.ask("GET", "/metrics")[0], 200)


@test
def idle_it_does_nothing(x):
    before = x.cpu()
    time.sleep(2)
    equal("ticks", x.cpu() - before, 0)


@test
def a_thousand_scrapes_need_no_more_memory(x):
    for _ in range(100):
        x.ask("GET", "/metrics")
    before = x.memory()
    for _ in range(1000):
        x.ask("GET", "/metrics")
    assert x.memory() <= before + 64, f"{before} KiB before, {x.memory()} KiB after"


@test
def it_ends_when_told(x):
    x.process.send_signal(signal.SIGTERM)
    equal("exit code", x.process.wait(10), 0)


def run(*words):
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True)


@test
def a_second_one_says_that_it_cannot_listen(_):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        said = run(f"--listen=127.0.0.1:{s.getsockname()[1]}")
    assert said.returncode == 7 or said.returncode == 8, said.returncode
    assert "cannot listen" in said.stderr and said.stderr.count("\n") == 1, said.stderr


@test
def the_command_line_is_checked(_):
    for words in (["--listen=localhost"], ["--functions=x"], ["--nonsense"], ["nonsense"],
                  ["--textfile="], ["--listen"]):
        said = run(*words)
        equal(words, (said.returncode, said.stdout), (1, ""))
        assert "--help" in said.stderr, said.stderr


@test
def a_text_file_is_replaced_in_one_step(_):
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory, "zrec.prom")
        path.write_text("old")
        old = path.open()
        said = run(f"--textfile={path}", "--sysfs=/nonexistent")
        equal("exit code", said.returncode, 0)
        exposition.parse(path.read_bytes(), "prometheus")
        equal("the old file", old.read(), "old")
        equal("mode", path.stat().st_mode & 0o777, 0o644)
        equal("files", [p.name for p in pathlib.Path(directory).iterdir()], ["zrec.prom"])
        for bad in (f"{directory}/zrec.txt", f"{directory}/none/zrec.prom", f"{directory}/.prom"):
            said = run(f"--textfile={bad}")
            assert said.returncode != 0 and said.stderr.count("\n") == 1, said
        equal("files", [p.name for p in pathlib.Path(directory).iterdir()], ["zrec.prom"])


@test
def the_reference_is_what_is_exported(_):
    equal("docs/metrics.md", pathlib.Path(sys.argv[3]).read_text(), run("--list-metrics").stdout)


@test
def the_man_page_has_the_options(_):
    page = pathlib.Path(sys.argv[4]).read_text().partition("# OPTIONS")[2].partition("\n# ")[0]
    options = re.findall(r"^ +--([a-z-]+)", run("--help").stdout, re.M)
    equal("options", sorted(re.findall(r"\*--([a-z-]+)\*", page)), sorted(options))


@test
def the_unit_is_hardened(_):
    if not shutil.which("systemd-analyze"):
        return "no systemd-analyze here"
    said = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=5", sys.argv[5]],
                          capture_output=True, text=True)
    if "offline" in said.stderr:
        return "this systemd-analyze judges no files"
    assert said.returncode == 0, said.stdout[-200:] + said.stderr
    return None


def main():
    failed = 0
    with tempfile.TemporaryDirectory() as directory:
        x = Exporter(directory, 64)
        for number, function in enumerate(TESTS, 1):
            name = function.__name__.replace("_", " ")
            try:
                skipped = function(x)
                print(f"ok {number} - {name}" + (f" # SKIP {skipped}" if skipped else ""), flush=True)
            except (AssertionError, OSError, ValueError, LookupError, exposition.Malformed) as why:
                failed = 1
                print(f"# {type(why).__name__}: {str(why)[:500]}\nnot ok {number} - {name}", flush=True)
        if x.process.poll() is None:
            x.process.kill()
    print(f"1..{len(TESTS)}")
    return failed


sys.exit(main())
