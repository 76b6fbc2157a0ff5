#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What a scrape of zrec-exporter costs, beside one of Debian's prometheus-node-exporter: lines of a name and a number.

usage: scrapes.py OBSERVATION EXPORTER [NODE_EXPORTER]
"""
import os
import pathlib
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

OBSERVATION, EXPORTER = sys.argv[1:3]
NODE_EXPORTER = sys.argv[3] if len(sys.argv) > 3 else "prometheus-node-exporter"
# Functions, kinds of recoveries that each has had, drivers
HOSTS = {"usual": (16, 4, 2), "large": (256, 18, 8)}
SCRAPES = 200


def sysfs(directory, functions, drivers):
    """As many functions as a host has, with what the kernel says of each"""
    for i in range(functions):
        device = pathlib.Path(directory, f"bus/pci/devices/{i:04x}:00:00.0")
        device.mkdir(parents=True)
        for name, value in (("function_id", i), ("uid", i), ("pchid", 0x100 + i // 2), ("pft", 2)):
            (device / name).write_text(f"0x{value:x}\n")
        (device / "error_recovery").write_text("mediated 0\nevents 1\npending 0\npending_overflow 0\n")
        (device / "driver").symlink_to(f"../../drivers/driver{i % drivers}")


class Server:
    """A program that serves metrics, until the end of the block"""

    def __init__(self, *words):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.words = [word.format(f"127.0.0.1:{self.port}") for word in words]

    def __enter__(self):
        self.process = subprocess.Popen(self.words, stderr=subprocess.DEVNULL)
        for _ in range(100):
            try:
                self.scrape()
                return self
            except OSError:
                time.sleep(0.1)
        raise SystemExit(f"scrapes: {self.words[0]} does not answer")

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def scrape(self):
        """The page, as it comes, and how long that took"""
        began = time.perf_counter()
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as s:
            s.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            parts = []
            while part := s.recv(1 << 20):
                parts.append(part)
        return b"".join(parts), time.perf_counter() - began

    def cpu(self):
        """Of all its threads, in seconds"""
        return sum(int(path.read_text().split()[0])
                   for path in pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")) / 1e9

    def memory(self, what):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(what + r":\s+(\d+)", status)[1])


def measure(name, server):
    with server:
        for _ in range(10):
            page, _ = server.scrape()
        series = sum(bool(line) and not line.startswith(b"#")
                     for line in page.partition(b"\r\n\r\n")[2].splitlines())
        before = server.cpu()
        times = [server.scrape()[1] for _ in range(SCRAPES)]
        cpu = (server.cpu() - before) / SCRAPES
        print(f"{name}.series {series}")
        print(f"{name}.cpu_us {cpu * 1e6:.0f}")
        print(f"{name}.ns_a_series {cpu * 1e9 / series:.0f}")
        print(f"{name}.wall_us {statistics.median(times) * 1e6:.0f}")
        print(f"{name}.rss {server.memory('VmRSS')}")
        print(f"{name}.anon {server.memory('RssAnon')}")


def main():
    measure("node", Server(NODE_EXPORTER, "--web.listen-address={}"))
    for name, host in HOSTS.items():
        with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as directory:
            sysfs(directory, host[0], host[2])
            measure(name, Server(OBSERVATION, *map(str, host), EXPORTER, "--config=/dev/null", "--listen={}",
                                 f"--sysfs={directory}", "--recorder=/nonexistent"))


main()
