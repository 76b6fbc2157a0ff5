#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The real zrec-exporter, asked by careless and malicious clients, openly and by TLS with passwords: TAP.

usage: exporter_http_test.py PROGRAM GUEST_TESTS METRICS.MD PAGE.8.SCD UNIT
"""
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import warnings

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[2])
from checks import exposition  # noqa: E402

PROGRAM = sys.argv[1]
# Anonymous memory; the libraries' pages are shared
LIMIT_KIB = 4096
# Of each connection of TLS beside it, of which there are 64
LIMIT_TLS_KIB = LIMIT_KIB + 64 * 64
# What one hash of yescrypt needs, as mkpasswd makes them
HASH_KIB = 16 * 1024
# Of "correct horse": yescrypt, as mkpasswd makes it, and bcrypt
USERS = """anna:$y$j9T$abcdefghijklmnop$0Hi8KsZH/hAMRN9Bam6ce3nmi5QAIz3R/KeaXG/c7p9
ben:$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e
"""
ANNA, BEN = "YW5uYTpjb3JyZWN0IGhvcnNl", "YmVuOmNvcnJlY3QgaG9yc2U="
WRONG, NOBODY = "YW5uYTp3cm9uZw==", "em9lOmNvcnJlY3QgaG9yc2U="
TESTS = []


def test(kind="plain"):
    """Of the open one, or the guarded one"""
    def add(function):
        TESTS.append((kind, function))
        return function
    return add


def equal(what, got, want):
    assert got == want, f"{what}: got {got!r}, want {want!r}"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def certificate(directory, name="cert"):
    """A key and its certificate, for this host; the names of both files"""
    key, cert = (pathlib.Path(directory, f"{name}.{part}") for part in ("key", "pem"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                    "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert],
                   check=True, capture_output=True)
    return key, cert


def guard(directory):
    """A configuration with TLS and passwords: its name, and a context of clients that trust it"""
    key, cert = certificate(directory)
    users, config = pathlib.Path(directory, "users"), pathlib.Path(directory, "guarded.conf")
    users.write_text(USERS)
    for path in (key, users, config):
        path.touch()
        path.chmod(0o600)
    config.write_text(f"[metrics]\ntls-certificate = {cert}\ntls-key = {key}\npassword-file = {users}\n")
    return config, ssl.create_default_context(cafile=cert)


class Exporter:
    """One that serves a machine with FUNCTIONS functions"""

    def __init__(self, directory, functions, config="/dev/null", tls=None, host="127.0.0.1"):
        devices = pathlib.Path(directory, "bus/pci/devices")
        for i in range(functions):
            device = devices / f"{i:04x}:00:00.0"
            device.mkdir(parents=True, exist_ok=True)
            (device / "function_id").write_text(f"0x{i:08x}\n")
            (device / "error_recovery").write_text("mediated 0\nevents 1\npending 0\npending_overflow 0\n")
        self.host, self.port, self.tls = host, free_port(), tls
        at = f"[{host}]" if ":" in host else host
        self.process = subprocess.Popen(
            [PROGRAM, f"--config={config}", f"--listen={at}:{self.port}", f"--sysfs={directory}",
             f"--functions={functions}", "--recorder=/nonexistent"])
        self.until(lambda: self.ask("GET", "/")[0] in (200, 401))

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
        """As far as TCP goes"""
        return socket.create_connection((self.host, self.port), timeout=40)

    def ask(self, method, path, *headers, body=b"", login=None):
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers]
        lines += [f"Authorization: Basic {login}"] if login else []
        with self.connect() as s:
            if self.tls:
                s = self.tls.wrap_socket(s, server_hostname="localhost")
            with s:
                s.sendall("\r\n".join([*lines, "", ""]).encode() + body)
                return answer(s)

    def samples(self, login=None):
        status, _, body = self.ask("GET", "/metrics", login=login)
        equal("status", status, 200)
        return exposition.samples(exposition.parse(body, "prometheus"))

    def memory(self, what="RssAnon"):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(what + r":\s+(\d+)", status)[1])

    def cpu(self):
        """In seconds"""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self):
        self.process.kill()
        self.process.wait()


def answer(s):
    """Status, headers and body; an end without an answer is status 0"""
    data = b""
    try:
        while chunk := s.recv(65536):
            data += chunk
    except (ConnectionResetError, ssl.SSLEOFError):
        pass
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    if not lines[0]:
        return 0, {}, b""
    headers = dict(line.split(": ", 1) for line in lines[1:])
    return int(lines[0].split(" ")[1]), headers, body


@test()
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


@test()
def head_has_no_body(x):
    status, headers, body = x.ask("HEAD", "/metrics")
    equal("answer", (status, body), (200, b""))
    assert int(headers["Content-Length"]) > 1000


@test()
def wrong_methods_and_paths(x):
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"):
        status, headers, _ = x.ask(method, "/metrics")
        equal(method, (status, headers.get("Allow")), (405, "GET, HEAD"))
    for path in ("/metrics/", "/../etc/passwd", "/favicon.ico", "//metrics", "/%2e"):
        equal(path, x.ask("GET", path)[0], 404)
    equal("with a query", x.ask("GET", "/metrics?name[]=x")[0], 200)
    equal("with a body", x.ask("GET", "/metrics", "Content-Length: 3", body=b"abc")[0], 200)


@test()
def a_long_header_is_refused(x):
    status = x.ask("GET", "/metrics", "X: " + "x" * 100000)[0]
    assert status in (0, 400, 413, 431), status
    status = x.ask("GET", "/" + "y" * 100000)[0]
    assert status in (0, 400, 414, 431), status
    equal("after that", x.ask("GET", "/metrics")[0], 200)


@test()
def what_is_not_http_is_survived(x):
    for data in (b"\0" * 1000, b"GET\r\n\r\n", b"\xff\xfe\r\n\r\n", b"GET /metrics HTTP/9.9\r\n\r\n",
                 b"GET /metrics HTTP/1.1\r\nAccept: " + bytes(range(128, 256)) + b"\r\n\r\n"):
        with x.connect() as s:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            answer(s)
    equal("after that", x.ask("GET", "/metrics")[0], 200)


def crowd(x, number, greeting, limit, **options):
    """So many that send GREETING and nothing more, and read nothing: memory is bounded, and it goes on"""
    clients = []
    for _ in range(number):
        try:
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.settimeout(5)
            s.connect((x.host, x.port))
            s.sendall(greeting)
            clients.append(s)
        except OSError:
            break
    time.sleep(1)
    memory = x.memory()
    for s in clients:
        s.close()
    assert len(clients) > 50, f"only {len(clients)} connections"
    assert memory < limit, f"{memory} KiB"
    x.until(lambda: x.ask("GET", "/metrics", **options)[0] == 200)


@test()
def slow_readers_keep_bounded_memory(x):
    crowd(x, 200, b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", LIMIT_KIB)


@test()
def many_connections_keep_bounded_memory(x):
    crowd(x, 1000, b"GET /metrics HTTP/1.1\r\nX: ", LIMIT_KIB)


def ended_after(x, greeting, least, most):
    """A client that sends GREETING, and then nothing, is ended after so many seconds"""
    began = time.monotonic()
    with x.connect() as s:
        s.sendall(greeting)
        try:
            while s.recv(65536):
                pass
        except ConnectionResetError:
            pass
    assert least < time.monotonic() - began < most, f"{time.monotonic() - began} s"


@test()
def one_who_sends_nothing_is_ended(x):
    ended_after(x, b"", 5, 25)


@test()
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


@test()
def idle_it_does_nothing(x):
    before = x.cpu()
    time.sleep(2)
    equal("seconds", x.cpu() - before, 0)


@test()
def a_thousand_scrapes_need_no_more_memory(x):
    for _ in range(100):
        x.ask("GET", "/metrics")
    before = x.memory()
    for _ in range(1000):
        x.ask("GET", "/metrics")
    assert x.memory() <= before + 64, f"{before} KiB before, {x.memory()} KiB after"


@test()
def what_was_answered_is_counted(x):
    name = "zrec_exporter_requests_total"
    before = x.samples()
    x.ask("GET", "/none")
    x.ask("POST", "/metrics")
    after = x.samples()
    grown = {status: exposition.value(after, name, status=status) - exposition.value(before, name, status=status)
             for status in ("200", "401", "404", "405", "503")}
    equal("grown", grown, {"200": 1, "401": 0, "404": 1, "405": 1, "503": 0})
    assert exposition.value(after, "zrec_exporter_slow_clients_total") > 0
    equal("checks", exposition.value(after, "zrec_exporter_password_checks_total", result="wrong"), 0)


@test()
def a_second_one_says_that_it_cannot_listen(x):
    """Not even of the same program and user, who would get half of the scrapes"""
    said = run("--config=/dev/null", f"--listen={x.host}:{x.port}")
    assert said.returncode == 7 or said.returncode == 8, said.returncode
    assert "cannot listen" in said.stderr and said.stderr.count("\n") == 1, said.stderr


@test()
def it_ends_when_told(x):
    x.process.send_signal(signal.SIGTERM)
    equal("exit code", x.process.wait(10), 0)


@test("guarded")
def nobody_gets_in_without_a_password(x):
    for method, path in (("GET", "/metrics"), ("HEAD", "/metrics"), ("POST", "/metrics"), ("GET", "/"), ("GET", "/x")):
        status, headers, body = x.ask(method, path)
        equal(path, (status, headers["WWW-Authenticate"]), (401, 'Basic realm="zrec-exporter", charset="UTF-8"'))
        assert b"zrec_" not in body
    for login in (WRONG, NOBODY, "!", "YW5uYQ==", "YW5uYTo=", "a" * 3000):
        equal(login, x.ask("GET", "/metrics", login=login)[0], 401)
    equal("another scheme", x.ask("GET", "/metrics", f"Authorization: Bearer {ANNA}")[0], 401)
    for login in (ANNA, BEN):
        equal(login, x.ask("GET", "/metrics", login=login)[0], 200)
    equal("a wrong path", x.ask("GET", "/x", login=ANNA)[0], 404)


@test("guarded")
def only_tls_of_today_is_spoken(x):
    with x.connect() as s:
        s.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        equal("HTTP", answer(s)[0], 0)
    warnings.simplefilter("ignore", DeprecationWarning)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    try:
        old.wrap_socket(x.connect()).close()
        raise AssertionError("TLS 1.1 is spoken")
    except ssl.SSLError:
        pass


@test("guarded")
def handshakes_that_do_not_end_keep_bounded_memory(x):
    hello = ssl.MemoryBIO()
    half = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), hello, server_hostname="localhost")
    try:
        half.do_handshake()
    except ssl.SSLWantReadError:
        pass
    hello = hello.read()
    for greeting in (b"", hello[:50], hello, b"\x16\x03\x01\xff\xff" + b"x" * 5000):
        crowd(x, 500, greeting, LIMIT_TLS_KIB, login=BEN)
    ended_after(x, hello[:50], 5, 35)


@test("guarded")
def wrong_passwords_in_parallel_cost_little(x):
    equal("at first", x.ask("GET", "/metrics", login=ANNA)[0], 200)
    seen, end, cpu, most = [], threading.Event(), x.cpu(), time.monotonic() + 60

    def guess(login):
        while not end.is_set():
            try:
                seen.append(x.ask("GET", "/metrics", login=login)[0])
            except OSError:
                pass

    threads = [threading.Thread(target=guess, args=(login,)) for login in [WRONG, NOBODY] * 3]
    for thread in threads:
        thread.start()
    slowest = scrapes = 0
    try:
        while time.monotonic() < most and (scrapes < 10 or seen.count(503) < seen.count(401)):
            began = time.monotonic()
            equal("a scrape meanwhile", x.ask("GET", "/metrics", login=ANNA)[0], 200)
            slowest, scrapes = max(slowest, time.monotonic() - began), scrapes + 1
            time.sleep(0.1)
    finally:
        end.set()
        for thread in threads:
            thread.join()
    cpu = (x.cpu() - cpu) / len(seen)
    equal("answers", set(seen) - {0, 503}, {401})
    found = x.samples(login=ANNA)
    wrong, refused = (exposition.value(found, "zrec_exporter_password_checks_total", result=result)
                      for result in ("wrong", "refused"))
    # Of a machine that may have other things to do
    assert slowest < 30, f"{scrapes} scrapes, {slowest} s"
    assert wrong > 0, f"{refused} refused, {wrong} wrong"
    # One hash at a time, whoever asks
    peak = x.memory("VmHWM") - x.memory("VmRSS") + x.memory()
    assert peak < LIMIT_TLS_KIB + HASH_KIB, f"{peak} KiB"
    print(f"# {len(seen)} guesses, {refused:.0f} of them refused, {1e3 * cpu:.2f} ms of CPU each; "
          f"slowest of {scrapes} scrapes {slowest:.2f} s")
    return None if refused else "this machine is too busy to guess faster than a tenth of a processor"


@test("guarded")
def its_idle_state_is_idle(x):
    idle_it_does_nothing(x)


def run(*words, **options):
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, **options)


@test()
def it_listens_on_each_address(_):
    ports = [free_port() for _ in range(3)]
    with tempfile.NamedTemporaryFile("w") as config:
        config.write("[metrics]\nlisten = " + ", ".join(f"127.0.0.{i}:{port}" for i, port in enumerate(ports, 1)))
        config.flush()
        with subprocess.Popen([PROGRAM, f"--config={config.name}"]) as process:
            try:
                for i, port in enumerate(ports, 1):
                    at = Address(f"127.0.0.{i}", port)
                    at.until(lambda: at.ask("GET", "/metrics")[0] == 200)
            finally:
                process.kill()


class Address(Exporter):
    """One that somebody else has started"""

    def __init__(self, host, port):
        self.host, self.port, self.tls = host, port, None


@test()
def sockets_of_systemd_are_served(_):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    ports = [s.getsockname()[1] for s in sockets]
    fds = [s.fileno() for s in sockets]

    def move():
        for i, fd in enumerate([os.dup(fd) for fd in fds]):
            os.dup2(fd, 3 + i)

    words = ["sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=2 exec "$@"', "sh", PROGRAM, "--config=/dev/null"]
    with subprocess.Popen(words, preexec_fn=move, close_fds=False) as process:
        try:
            for port in ports:
                at = Address("127.0.0.1", port)
                at.until(lambda: at.ask("GET", "/metrics")[0] == 200)
        finally:
            process.kill()
    for s in sockets:
        s.close()


@test()
def the_configuration_is_checked(_):
    with tempfile.TemporaryDirectory() as directory:
        config, _ = guard(directory)
        said = run(f"--config={config}", "--check-config")
        names = [config] + [pathlib.Path(directory, name) for name in ("cert.pem", "cert.key", "users")]
        equal("good", (said.returncode, said.stdout, said.stderr), (0, "".join(f"{n}: ok\n" for n in names), ""))
        other, cert = certificate(directory, "other")
        for text, code, lines in (
                ("[metrics]\nconnections = 1\nlisten = x\n[metric]\n", 1, [":2: bad connections", ":3: bad listen", ":4: unknown section"]),
                ("[metrics]\ntls-key = /x\n", 1, ["tls-key without tls-certificate"]),
                (f"[metrics]\ntls-key = /x\ntls-certificate = {cert}\n", 8, ["cannot read /x: No such file"]),
                (f"[metrics]\ntls-key = {directory}/cert.key\ntls-certificate = {cert}\n", 1, ["cannot use the certificate"]),
                (f"[metrics]\ntls-key = {cert}\ntls-certificate = {other}\n", 1, ["can be read by everybody", "cannot use the certificate"]),
                (f"[metrics]\npassword-file = {config}\n", 1, [":1: no colon", ":2: no colon", ":3: no colon", ":4: no colon"]),
                ("[metrics]\npassword-file = /dev/null\n", 1, ["can be read by everybody", "nobody is in it"])):
            bad = pathlib.Path(directory, "bad.conf")
            bad.write_text(text)
            for option in ("--check-config", "--listen=127.0.0.1:1"):
                said = run(f"--config={bad}", option)
                equal(text, said.returncode, code)
                found = said.stderr.splitlines()
                assert len(found) == len(lines) and all(map(str.__contains__, found, lines)), said.stderr
        equal("none", run("--config=/nonexistent/x", "--check-config").returncode, 8)


@test()
def secrets_come_as_credentials(_):
    with tempfile.TemporaryDirectory() as directory:
        config, _ = guard(directory)
        config.write_text("[metrics]\ntls-certificate = cert.pem\ntls-key = cert.key\npassword-file = users\n")
        environment = {**os.environ, "CREDENTIALS_DIRECTORY": directory}
        equal("in a service", run(f"--config={config}", "--check-config", env=environment).returncode, 0)
        said = run(f"--config={config}", "--check-config")
        equal("outside", said.returncode, 8)
        assert "cannot read /etc/credstore/cert.pem: " in said.stderr, said.stderr


@test()
def passwords_in_the_clear_are_warned_of(_):
    with tempfile.TemporaryDirectory() as directory:
        users, config = pathlib.Path(directory, "users"), pathlib.Path(directory, "zrec.conf")
        users.write_text(USERS)
        users.chmod(0o640)
        config.write_text(f"[metrics]\npassword-file = {users}\n")
        for listen, warned in (("0.0.0.0:{}", True), ("127.0.0.1:{}", False)):
            with subprocess.Popen([PROGRAM, f"--config={config}", f"--listen={listen.format(free_port())}"],
                                  stderr=subprocess.PIPE, text=True) as process:
                time.sleep(0.5)
                process.terminate()
                equal(listen, "for everybody to read" in process.stderr.read(), warned)


@test()
def the_command_line_is_checked(_):
    for words in (["--listen=localhost"], ["--functions=x"], ["--nonsense"], ["nonsense"],
                  ["--textfile="], ["--listen"]):
        said = run(*words)
        equal(words, (said.returncode, said.stdout), (1, ""))
        assert said.stderr.startswith("zrec-exporter: ") and said.stderr.count("\n") == 1, said.stderr
        assert "--help" in said.stderr, said.stderr


@test()
def a_text_file_is_replaced_in_one_step(_):
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory, "zrec.prom")
        path.write_text("old")
        old = path.open()
        said = run("--config=/dev/null", f"--textfile={path}", "--sysfs=/nonexistent")
        equal("exit code", said.returncode, 0)
        exposition.parse(path.read_bytes(), "prometheus")
        equal("the old file", old.read(), "old")
        equal("mode", path.stat().st_mode & 0o777, 0o644)
        equal("files", [p.name for p in pathlib.Path(directory).iterdir()], ["zrec.prom"])
        for bad in (f"{directory}/zrec.txt", f"{directory}/none/zrec.prom", f"{directory}/.prom"):
            said = run("--config=/dev/null", f"--textfile={bad}")
            assert said.returncode != 0 and said.stderr.count("\n") == 1, said
        equal("files", [p.name for p in pathlib.Path(directory).iterdir()], ["zrec.prom"])


@test()
def the_reference_is_what_is_exported(_):
    equal("docs/metrics.md", pathlib.Path(sys.argv[3]).read_text(), run("--list-metrics").stdout)


@test()
def the_man_page_has_the_options(_):
    page = pathlib.Path(sys.argv[4]).read_text().partition("# OPTIONS")[2].partition("\n# ")[0]
    options = re.findall(r"^ +--([a-z-]+)", run("--help").stdout, re.M)
    equal("options", sorted(re.findall(r"\*--([a-z-]+)\*", page)), sorted(options))


@test()
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
        exporters = {"plain": Exporter(directory, 64), "guarded": Exporter(directory, 64, *guard(directory))}
        for number, (kind, function) in enumerate(TESTS, 1):
            name = function.__name__.replace("_", " ")
            try:
                skipped = function(exporters[kind])
                print(f"ok {number} - {name}" + (f" # SKIP {skipped}" if skipped else ""), flush=True)
            except (AssertionError, OSError, ValueError, LookupError, exposition.Malformed) as why:
                failed = 1
                print(f"# {type(why).__name__}: {str(why)[:500]}\nnot ok {number} - {name}", flush=True)
        for x in exporters.values():
            x.end()
    print(f"1..{len(TESTS)}")
    return failed


sys.exit(main())
