#!/usr/bin/env python3
"""A server under mixed load for a while, with TLS and without: connections that come and go, slow clients, a reload and a new
log file every ten seconds. Then memory and descriptors must be what they were after the first third, and nobody may have
had a wrong answer.

Usually run by scripts/soak.sh.
"""

import argparse
import contextlib
import os
import pathlib
import random
import re
import signal
import socket
import ssl
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

import load
from replicas import free_port, wait_until

#: How much of either may be added between the second third and the last.
SLACK = 0.05
#: Seconds between two reloads.
RELOAD = 10
#: What a reload says; and what tells of a machine that has other things to do, not of the server.
EXPECTED = re.compile(r"the configuration was read again|held up for \d+ ms")


class Slow(threading.Thread):
    """A client that takes its time, again and again."""

    def __init__(self, address, context, ending, number):
        super().__init__(daemon=True)
        self.address, self.context, self.ending = address, context, ending
        self.choice = random.Random(number)
        self.count = 0
        self.problems = []

    def connect(self, receive_buffer=None):
        plain = socket.socket()
        plain.settimeout(load.PATIENCE)
        if receive_buffer:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        plain.connect(self.address)
        return self.context.wrap_socket(plain, server_hostname="localhost") if self.context else plain

    def run(self):
        while not self.ending.is_set():
            try:
                self.act()
            except (OSError, load.Wrong) as problem:
                self.problems.append(f"{type(self).__name__}: {type(problem).__name__}: {problem}")
            self.count += 1


class SlowHead(Slow):
    """Its request takes two seconds to arrive."""

    def act(self):
        with self.connect() as connection:
            head = b"GET /small.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            for start in range(0, len(head), 4):
                connection.sendall(head[start : start + 4])
                time.sleep(0.12)
            octets = b""
            while part := connection.recv(65536):
                octets += part
            if not octets.startswith(b"HTTP/1.1 200 OK\r\n") or not octets.endswith(load.SMALL):
                raise load.Wrong(f"not the file: {octets[:80]}")


class SlowReader(Slow):
    """It reads a large file in small pieces."""

    def act(self):
        with self.connect(16384) as connection:
            connection.sendall(b"GET /large.bin HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            octets = bytearray()
            while part := connection.recv(32768):
                octets += part
                time.sleep(0.02)
            if not octets.startswith(b"HTTP/1.1 200 OK\r\n") or not octets.endswith(load.LARGE):
                raise load.Wrong(f"not the file: {len(octets)} octets")


class Churn(Slow):
    """It connects and goes: at once, within a head, or in the middle of an answer; politely or with a reset."""

    def act(self):
        octets = self.choice.choice([b"", b"GET / HT", b"GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n"])
        # Whoever goes within the handshake of TLS is told of by a line: not here.
        with self.connect() as connection:
            if octets:
                connection.sendall(octets)
            if self.choice.random() < 0.5:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        time.sleep(0.02)


class Served:
    """A martlet, what it is asked, and what is seen of it."""

    def __init__(self, program, folder, name, *arguments, context=None):
        self.name, self.context = name, context
        self.port = free_port()
        self.log, self.errors = folder / f"{name}.log", folder / f"{name}.messages"
        command = [program, str(folder / "site"), "--port", str(self.port), "--log-file", str(self.log), *map(str, arguments)]
        with open(self.errors, "w") as errors:
            self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        self.samples = []
        client = load.Client(("127.0.0.1", self.port), context)
        wait_until("the server answers", 20, lambda: self.answers(client))

    def answers(self, client):
        with contextlib.suppress(OSError):
            return client.ask("GET", "/small.txt").status == 200

    def sample(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        resident = int(re.search(r"VmRSS:\s+(\d+)", status)[1])
        self.samples.append((resident, len(os.listdir(f"/proc/{self.process.pid}/fd"))))

    def reload(self):
        self.log.rename(self.log.with_suffix(".old"))
        self.process.send_signal(signal.SIGUSR1)
        self.process.send_signal(signal.SIGHUP)

    def drift(self, column):
        """The medians of the second and the last third."""
        third = len(self.samples) // 3
        values = [sample[column] for sample in self.samples]
        return statistics.median(values[third : 2 * third]), statistics.median(values[2 * third :])

    def problems(self):
        lines = self.errors.read_text().splitlines()
        return [line for line in lines if not EXPECTED.search(line)]

    def reloads(self):
        return self.errors.read_text().count("the configuration was read again")


def certificate(folder):
    chain, key = folder / "chain.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
         "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-out", chain, "-keyout", key],
        check=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    context = ssl.create_default_context(cafile=chain)
    return ["--tls-cert", chain, "--tls-key", key], context


def soak(program, folder, seconds):
    load.write_site(folder / "site")
    secured, context = certificate(folder)
    servers = [Served(program, folder, "plain"), Served(program, folder, "TLS", *secured, context=context)]
    ending = threading.Event()
    slow = [
        kind(("127.0.0.1", server.port), server.context, ending, number)
        for server in servers
        for kind in (SlowHead, SlowReader, Churn)
        for number in range(4)
    ]
    loads = [load.Load(("127.0.0.1", server.port), 4, 0.005, server.context) for server in servers]
    try:
        with contextlib.ExitStack() as stack:
            for each in loads:
                stack.enter_context(each)
            for each in slow:
                each.start()
            stack.callback(ending.set)
            begun, next_reload = time.monotonic(), time.monotonic() + RELOAD
            while time.monotonic() < begun + seconds:
                time.sleep(0.5)
                for server in servers:
                    server.sample()
                if time.monotonic() > next_reload:
                    next_reload += RELOAD
                    for server in servers:
                        server.reload()
        for each in slow:
            each.join(load.PATIENCE)
    finally:
        for server in servers:
            server.process.terminate()
        statuses = [server.process.wait(30) for server in servers]
    return report(servers, loads, slow, statuses)


def report(servers, loads, slow, statuses):
    failed = []
    print("server | requests | slow and churning | reloads | memory KiB, second and last third | descriptors | wrong answers")
    for server, asked, status in zip(servers, loads, statuses):
        clients = [each for each in slow if each.address[1] == server.port]
        problems = [each.problem for each in asked.failures] + [text for each in clients for text in each.problems]
        memory, descriptors = server.drift(0), server.drift(1)
        print(f"{server.name} | {asked.count} | {sum(each.count for each in clients)} | {server.reloads()} | "
              f"{memory[0]:.0f} {memory[1]:.0f} ({memory[1] / memory[0] - 1:+.1%}) | "
              f"{descriptors[0]:.0f} {descriptors[1]:.0f} | {len(problems)}")  # fmt: skip
        failed += [f"{server.name}: {problem}" for problem in problems[:5]]
        failed += [f"{server.name} says: {line}" for line in server.problems()[:5]]
        if memory[1] > memory[0] * (1 + SLACK):
            failed.append(f"{server.name}: memory grew from {memory[0]:.0f} to {memory[1]:.0f} KiB")
        if descriptors[1] > descriptors[0] * (1 + SLACK) + 1:
            failed.append(f"{server.name}: descriptors grew from {descriptors[0]:.0f} to {descriptors[1]:.0f}")
        if status != 0:
            failed.append(f"{server.name}: it ended with {status}")
        if not server.reloads():
            failed.append(f"{server.name}: it was never reloaded")
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--seconds", type=float, default=1800)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="martlet-soak-") as name:
        failed = soak(given.program, pathlib.Path(name), given.seconds)
    if failed:
        sys.exit("\n".join(["soak:", *failed]))
    print("soak: memory and descriptors stayed what they were")


if __name__ == "__main__":
    main()
