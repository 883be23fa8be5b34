#!/usr/bin/env python3
"""Whether each request has its line in the log, once and whole, while the real logrotate moves the log away all the time.

Usually run by scripts/check-logs.sh. Ways:
    rename      the file is renamed, SIGUSR1 has the server open it anew
    paused      copytruncate, while the server is stopped by SIGSTOP: what is written between copying and truncating would be lost
    copied      copytruncate alone: what its manual says of lost lines is true; no more than counted here
"""

import argparse
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

from replicas import Replica, free_port

#: Each connection asks so many requests at once.
BATCH = 500
CONNECTIONS = 4
#: All signs of life of the server's threads say that they are stopped.
PAUSE = """
    prerotate
        kill -STOP {pid}
        while grep -hs '^State:' /proc/{pid}/task/*/status | grep -qv 'T (stopped)'; do :; done
    endscript
    postrotate
        kill -CONT {pid}
    endscript
"""
WAYS = {
    "rename": "    nocopytruncate\n    create\n    postrotate\n        kill -USR1 {pid}\n    endscript\n",
    "paused": "    copytruncate\n" + PAUSE,
    "copied": "    copytruncate\n",
}
LINE = re.compile(rb'\S+ - - \[[^\]]+\] "HEAD /small\.txt\?([0-9]+) HTTP/1\.1" 200 0')


class Asker(threading.Thread):
    """Asks its share of the requests, each with a number of its own."""

    def __init__(self, port, numbers):
        super().__init__()
        self.port, self.numbers = port, numbers
        self.problem = None

    def run(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 60) as connection:
                for start in range(self.numbers.start, self.numbers.stop, BATCH):
                    self.ask(connection, range(start, min(start + BATCH, self.numbers.stop)))
        except (OSError, ValueError) as problem:
            self.problem = problem

    def ask(self, connection, numbers):
        connection.sendall(b"".join(b"HEAD /small.txt?%d HTTP/1.1\r\nHost: a\r\n\r\n" % number for number in numbers))
        octets = bytearray()
        while octets.count(b"\r\n\r\n") < len(numbers):
            part = connection.recv(1 << 18)
            if not part:
                raise ValueError("the connection was closed")
            octets += part
        if octets.count(b"HTTP/1.1 200 OK\r\n") != len(numbers):
            raise ValueError("not all answers are 200")


def run(program, way, requests, folder):
    site = folder / "site"
    site.mkdir()
    (site / "small.txt").write_text("Hello\n")
    logs = folder / "logs"
    logs.mkdir()
    log = logs / "access.log"
    port, admin = free_port(), free_port()
    replica = Replica(program, site, ["--log-file", str(log)], "127.0.0.1", port, admin)
    replica.start()
    try:
        rule = f"{log} {{\n    size 1\n    rotate 500\n    missingok\n{WAYS[way].format(pid=replica.process)}}}\n"
        configuration = folder / "logrotate.conf"
        configuration.write_text(rule)
        configuration.chmod(0o644)
        share = requests // CONNECTIONS
        askers = [Asker(port, range(number * share, (number + 1) * share)) for number in range(CONNECTIONS)]
        for each in askers:
            each.start()
        rotations = 0
        while any(each.is_alive() for each in askers):
            subprocess.run(["/usr/sbin/logrotate", "--force", "--state", str(folder / "state"), str(configuration)], check=True)
            rotations += 1
            time.sleep(0.05)
        for each in askers:
            each.join()
            if each.problem:
                sys.exit(f"logs: {way}: {each.problem}")
    finally:
        status = replica.stop()
    if status != 0:
        sys.exit(f"logs: {way}: the server ended with {status}")
    return rotations, share * CONNECTIONS, count(sorted(logs.iterdir()), share * CONNECTIONS)


def count(files, requests):
    """(lost, twice, cut or mixed lines, octets that are zero)."""
    seen = bytearray(requests)
    twice = broken = zeros = 0
    for path in files:
        octets = path.read_bytes()
        zeros += octets.count(0)
        lines = octets.split(b"\n")
        if lines.pop():
            broken += 1
        for line in lines:
            found = LINE.fullmatch(line)
            if not found or int(found[1]) >= requests:
                broken += 1
            elif seen[int(found[1])]:
                twice += 1
            else:
                seen[int(found[1])] = 1
    return seen.count(0), twice, broken, zeros


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--requests", type=int, default=1_000_000, help="of each way")
    parser.add_argument("--way", choices=WAYS, action="append")
    given = parser.parse_args()
    failed = False
    print("way | requests | rotations | lost | twice | cut or mixed | octets of zero")
    for way in given.way or WAYS:
        with tempfile.TemporaryDirectory(prefix="martlet-logs-") as name:
            # logrotate has nothing to do with folders that others may write to.
            pathlib.Path(name).chmod(0o755)
            rotations, requests, found = run(given.program, way, given.requests, pathlib.Path(name))
            print(f"{way} | {requests} | {rotations} | " + " | ".join(map(str, found)), flush=True)
            if way == "copied":
                # A line may be lost, also half of it; none may be written twice, and no hole may stay.
                failed |= bool(found[1] or found[3])
            else:
                failed |= any(found)
            failed |= rotations < 10
    if failed:
        sys.exit("logs: lines are lost or broken, or logrotate came too seldom to tell")
    print("logs: every request has its line")


if __name__ == "__main__":
    main()
