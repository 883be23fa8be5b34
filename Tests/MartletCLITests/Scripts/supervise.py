#!/usr/bin/env python3
"""Is the service manager of a server: supervise.py CASE PROGRAM [ARGUMENT ...]

Listens on a notify socket and checks every message that comes, each whole. Ends with "ok", or an error that says what came."""
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

case, program, *arguments = sys.argv[1:]
patience = 60


class Manager:
    def __init__(self, folder, watchdog=None, abstract=False):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        name = "@" + os.path.basename(folder) if abstract else folder + "/notify"
        self.socket.bind("\0" + name[1:] if abstract else name)
        self.socket.settimeout(patience)
        self.environment = dict(os.environ, NOTIFY_SOCKET=name)
        if watchdog:
            self.environment["WATCHDOG_USEC"] = str(watchdog)

    def start(self, *more):
        self.child = subprocess.Popen(
            [program, *arguments, *more], env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        if self.environment.get("WATCHDOG_USEC"):
            pass  # WATCHDOG_PID is optional, and nobody knows the child's beforehand.
        return self.child

    def message(self, *but):
        """The next message as a list of lines, those that begin with one of `but` left out."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            lines = self.socket.recv(4096).decode().split("\n")
            if not lines[0].startswith(but or ("\0",)):
                return lines
        raise AssertionError("no message in time")

    def port(self):
        return int(re.search(r"http://127\.0\.0\.1:(\d+)/", self.child.stdout.readline()).group(1))


def get(port, path="/"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience)
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read()


def equal(found, wanted):
    assert found == wanted, f"came {found}, not {wanted}"


def life(folder, abstract=False):
    manager = Manager(folder, abstract=abstract)
    child = manager.start()
    ready = manager.message()
    equal(ready[0], "READY=1")
    assert re.fullmatch(r"STATUS=serves .* at http://127\.0\.0\.1:\d+/.*", ready[1]) and len(ready) == 2, ready
    port = manager.port()
    equal(get(port)[0], 200)

    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    child.send_signal(signal.SIGHUP)
    reloading = manager.message()
    equal(reloading[0], "RELOADING=1")
    stamp = int(re.fullmatch(r"MONOTONIC_USEC=(\d+)", reloading[1]).group(1))
    assert before <= stamp <= time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000 and len(reloading) == 2, reloading
    equal(manager.message()[0], "READY=1")

    child.send_signal(signal.SIGUSR2)
    name, process = manager.message()[0].split("=")
    equal(name, "MAINPID")
    child.wait(patience)
    equal(get(port)[0], 200)

    os.kill(int(process), signal.SIGTERM)
    equal(manager.message(), ["STOPPING=1", "STATUS=stopping"])
    end = time.monotonic() + patience
    while os.path.exists(f"/proc/{process}") and time.monotonic() < end:
        if open(f"/proc/{process}/stat").read().rsplit(")", 1)[1].split()[0] == "Z":
            break
        time.sleep(0.01)
    else:
        assert time.monotonic() < end, "the successor does not end"
    manager.socket.settimeout(0.2)
    try:
        raise AssertionError(f"came {manager.socket.recv(4096)} after the end")
    except TimeoutError:
        pass


def drain(folder):
    """While it drains it asks for more time, and gives signs of life."""
    manager = Manager(folder, watchdog=1_000_000)
    child = manager.start("--drain-timeout", "3")
    equal(manager.message()[0], "READY=1")
    port = manager.port()
    slow = socket.create_connection(("127.0.0.1", port))
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    slow.sendall(b"GET /big.bin HTTP/1.1\r\nHost: a\r\n\r\n")
    assert slow.recv(15).startswith(b"HTTP/1.1 200"), "the download does not begin"
    child.send_signal(signal.SIGTERM)
    equal(manager.message("WATCHDOG=1"), ["STOPPING=1", "STATUS=stopping"])
    equal(manager.message("WATCHDOG=1"), ["EXTEND_TIMEOUT_USEC=10000000"])
    equal(manager.message("EXTEND_TIMEOUT_USEC"), ["WATCHDOG=1"])
    equal(child.wait(patience), 0)


def watchdog(folder):
    """Signs of life come as long as the loops answer, and stop when one is stuck."""
    manager = Manager(folder, watchdog=600_000)
    child = manager.start("--threads", "2")
    equal(manager.message()[0], "READY=1")
    port = manager.port()
    for _ in range(3):
        start = time.monotonic()
        equal(manager.message(), ["WATCHDOG=1"])
    stuck = socket.create_connection(("127.0.0.1", port))
    stuck.sendall(b"GET /stick HTTP/1.1\r\nHost: a\r\n\r\n")
    manager.socket.settimeout(3)
    signs = 0
    try:
        while True:
            equal(manager.message(), ["WATCHDOG=1"])
            signs += 1
            assert signs < 30, "signs of life go on"
    except TimeoutError:
        child.kill()
    child.wait(patience)


def activation(folder):
    """systemd-socket-activate starts it at the first connection, and it serves on the socket given."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    starter = subprocess.Popen(
        ["systemd-socket-activate", "-l", f"127.0.0.1:{port}", program, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + patience
    while True:
        try:
            equal(get(port)[0], 200)
            break
        except ConnectionRefusedError:
            assert time.monotonic() < end, "nobody listens"
            time.sleep(0.02)
    line = starter.stdout.readline()
    equal(line.split(" at ")[-1].strip(), f"http://127.0.0.1:{port}/")
    environment = open(f"/proc/{starter.pid}/environ").read()
    assert "LISTEN_FDS=1" in environment, environment
    starter.send_signal(signal.SIGHUP)
    assert any("the configuration was read again" in line for line in starter.stderr), "it ended"
    equal(get(port)[0], 200)
    starter.send_signal(signal.SIGTERM)
    equal(starter.wait(patience), 0)


def unix(folder):
    """A Unix socket that systemd listens at is systemd's: its file stays when the server ends."""
    path = folder + "/socket"
    starter = subprocess.Popen(
        ["systemd-socket-activate", "-l", path, program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    end = time.monotonic() + patience
    while True:
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(patience)
        try:
            client.connect(path)
            break
        except (FileNotFoundError, ConnectionRefusedError):
            assert time.monotonic() < end, "nobody listens"
            time.sleep(0.02)
    client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert client.recv(12) == b"HTTP/1.1 200", "no answer"
    starter.send_signal(signal.SIGTERM)
    equal(starter.wait(patience), 0)
    assert os.path.exists(path), "the file is gone"


with tempfile.TemporaryDirectory() as folder:
    cases = {"life": life, "drain": drain, "watchdog": watchdog, "activation": activation, "unix": unix}
    if case == "abstract":
        life(folder, abstract=True)
    else:
        cases[case](folder)
print("ok")
