#!/usr/bin/env python3
"""Three servers behind a real HAProxy, each on a host of its own, while some are restarted, upgraded, killed, frozen or cut
off under constant load; then one server without a balancer that is succeeded again and again.

Usually run by scripts/check-reliability.sh. PROGRAM is the server; with --update the figures go into docs/reliability.md.
"""

import argparse
import collections
import contextlib
import os
import pathlib
import platform
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import load
import network
from replicas import Replica, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
#: Longer than HAProxy takes to notice by the shipped file: two looks half a second apart, and one second's time-out.
DRAIN_DELAY = 3
#: HAProxy takes a server back after two good looks.
TAKEN_BACK = 2.0


class Row:
    """What one case came to."""

    def __init__(self, case, balancer, counted, fault, victim):
        self.case = case
        self.count, self.slowest, failures = counted
        self.asked_again, self.moved = balancer.take()
        allowed = [each for each in failures if fault and each.begun <= fault and each.replica in ("", victim)]
        self.in_flight = len(allowed)
        self.failures = [each for each in failures if each not in allowed]
        self.lost = allowed

    def cells(self):
        return [self.case, self.count, len(self.failures), self.in_flight, self.asked_again + self.moved, f"{self.slowest:.1f} s"]


HEADINGS = ["case", "requests", "failed", "in flight on the victim and lost", "asked again", "slowest"]


class Balancer:
    """HAProxy with the file of deploy/, which has other addresses and tells who answered."""

    def __init__(self, folder, replicas):
        text = (ROOT / "deploy/haproxy/haproxy.cfg").read_text()
        text, binds = re.subn(r"(?m)^    bind :80$", f"    bind {network.PREFIX}1:80", text)
        lines = "\n".join(
            f"    server martlet-{each.name} {each.address}:{each.port} port {each.admin}" for each in replicas
        )
        text, servers = re.subn(r"(?m)(^    server martlet-.*\n?)+", f"{lines}\n", text)
        log = folder / "log"
        text, logs = re.subn(r"(?m)^    log /dev/log ", f"    log {log} ", text)
        # Its 20,000 connections need more descriptors than every machine gives.
        text, limits = re.subn(r"(?m)^    maxconn 20000$", "    maxconn 2000", text)
        if (binds, servers, logs, limits) != (1, 1, 1, 1):
            sys.exit("deploy/haproxy/haproxy.cfg has changed its form: see Tests/Reliability/reliability.py")
        text += "    http-response set-header X-Replica %s\n"
        self.file = folder / "haproxy.cfg"
        self.file.write_text(text)
        self.log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.log.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.log.bind(str(log))
        self.lock = threading.Lock()
        self.again = self.moved = 0
        self.messages = []
        threading.Thread(target=self.read, daemon=True).start()
        self.errors = folder / "haproxy.errors"
        with open(self.errors, "w") as errors:
            command = ["/usr/sbin/haproxy", "-db", "-f", str(self.file)]
            self.process = subprocess.Popen(command, stdout=errors, stderr=errors)

    def read(self):
        """HAProxy's log: the number of times that a request was sent again, with a plus at another server."""
        while line := self.log.recv(65536).decode(errors="replace"):
            found = re.search(r" \d+/\d+/\d+/\d+/(\+?)(\d+) \d+/\d+ ", line)
            with self.lock:
                if not found:
                    self.messages.append(line)
                elif found[1]:
                    self.moved += 1
                elif found[2] != "0":
                    self.again += 1

    def take(self):
        with self.lock:
            taken = self.again, self.moved
            self.again = self.moved = 0
            return taken

    def end(self):
        self.process.kill()
        self.process.wait()


class Cases:
    """What is done to the replicas while the load goes on."""

    def __init__(self, replicas, seconds):
        self.replicas = replicas
        #: How long a fault lasts.
        self.seconds = seconds

    def calm(self):
        """nothing happens"""
        time.sleep(self.seconds / 2)

    def restart(self):
        """restarted, one after the other"""
        for each in self.replicas:
            before = each.process
            each.send(signal.SIGTERM)
            wait_until("it says that it goes", 5, lambda: each.readiness() == 503)
            if (status := each.wait()) != 0:
                raise RuntimeError(f"replica {each.name} ended with {status}")
            each.start()
            assert each.process != before
            time.sleep(TAKEN_BACK)

    def upgrade(self):
        """upgraded by SIGUSR2, one after the other"""
        for each in self.replicas:
            before = each.process
            each.upgrade()
            each.wait_until_ready()
            assert each.process != before
            time.sleep(0.5)

    def reload(self):
        """reloaded by SIGHUP, one after the other"""
        for each in self.replicas:
            each.reload()
            time.sleep(0.5)

    def kill(self):
        """one killed by SIGKILL"""
        victim = self.replicas[0]
        fault = time.monotonic()
        victim.send(signal.SIGKILL)
        victim.wait()
        time.sleep(self.seconds)
        victim.start()
        time.sleep(TAKEN_BACK)
        return fault, victim

    def freeze(self):
        """one frozen by SIGSTOP, then thawed"""
        victim = self.replicas[1]
        fault = time.monotonic()
        victim.send(signal.SIGSTOP)
        time.sleep(self.seconds)
        victim.send(signal.SIGCONT)
        time.sleep(TAKEN_BACK)
        return fault, victim

    def die_frozen(self):
        """one frozen, then killed as a watchdog does"""
        victim = self.replicas[1]
        fault = time.monotonic()
        victim.send(signal.SIGSTOP)
        time.sleep(self.seconds)
        victim.send(signal.SIGKILL)
        victim.wait()
        victim.start()
        time.sleep(TAKEN_BACK)
        return fault, victim

    def cut_off(self):
        """one cut off from the network"""
        victim = self.replicas[2]
        fault = time.monotonic()
        victim.host.cut_off()
        time.sleep(self.seconds)
        victim.host.connect()
        victim.wait_until_ready()
        time.sleep(TAKEN_BACK)
        return fault, victim

    PLANNED = (calm, restart, upgrade, reload)
    UNPLANNED = (kill, freeze, die_frozen, cut_off)


def behind_balancer(program, folder, seconds):
    load.write_site(folder / "site")
    rows = []
    with network.network(3) as hosts:
        arguments = ["--quiet", "--proxy-protocol", f"{network.PREFIX}1/32", "--drain-delay", str(DRAIN_DELAY)]
        replicas = [Replica(program, folder / "site", arguments, host.address, 8001, 18001, host) for host in hosts]
        balancer = None
        try:
            for each in replicas:
                each.start()
            balancer = Balancer(folder, replicas)
            client = load.Client((f"{network.PREFIX}1", 80))
            try:
                wait_until("HAProxy answers", 20, lambda: answers(client))
            except TimeoutError as problem:
                sys.exit(f"{problem}\n{balancer.errors.read_text()}{''.join(balancer.messages)}")
            time.sleep(TAKEN_BACK)
            cases = Cases(replicas, seconds)
            with load.Load((f"{network.PREFIX}1", 80)) as running:
                for case in Cases.PLANNED + Cases.UNPLANNED:
                    fault, victim = case(cases) or (None, None)
                    # What is still under way belongs to this case.
                    time.sleep(0.5)
                    row = Row(case.__doc__, balancer, running.reset(), fault, victim and f"martlet-{victim.name}")
                    rows.append(row)
                    show(row)
            counted = running.reset()
            if counted[2]:
                rows.append(Row("the end", balancer, counted, None, None))
            if len(running.replicas.keys() - {""}) != 3:
                sys.exit(f"not all replicas answered: {dict(running.replicas)}")
        finally:
            for each in replicas:
                each.end()
            if balancer:
                balancer.end()
    return rows


def answers(client):
    try:
        load.small(client, False)
        return True
    except (OSError, load.Wrong):
        return False


def show(row):
    print(" | ".join(str(cell) for cell in row.cells()), flush=True)
    for what, failures in (("failed", row.failures), ("lost in flight", row.lost)):
        kinds = collections.Counter((each.request, each.problem, each.replica) for each in failures)
        for (request, problem, replica), count in kinds.most_common(8):
            print(f"    {what}: {count} x {request}: {problem} {replica}", flush=True)


class Alone:
    """No balancer that could ask again."""

    def take(self):
        return 0, 0

    def __init__(self, program, folder, successions):
        self.program, self.folder, self.successions = program, folder, successions

    def run(self):
        with network.network(1) as hosts:
            replica = Replica(self.program, self.folder / "site", ["--quiet"], hosts[0].address, 8001, 18001, hosts[0])
            try:
                replica.start()
                return [self.succeed(replica, *each) for each in (("SIGUSR2", replica.upgrade), ("SIGHUP", replica.reload))]
            finally:
                replica.end()

    def succeed(self, replica, name, act):
        with load.Load((replica.address, replica.port), pause=0.001) as running:
            for _ in range(self.successions):
                act()
                time.sleep(0.05)
            time.sleep(0.5)
        row = Row(f"no balancer: {name} {self.successions} times", self, running.reset(), None, None)
        show(row)
        return row


def versions(program):
    haproxy = subprocess.run(["/usr/sbin/haproxy", "-v"], capture_output=True, text=True, check=True).stdout
    martlet = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    return f"{re.search(r'[0-9.]+', haproxy)[0].rstrip('.')}", martlet.strip(), f"{platform.system()} {platform.release()}"


def update(rows, program):
    haproxy, martlet, system = versions(program)
    lines = ["| " + " | ".join(HEADINGS) + " |", "|---|" + "---:|" * (len(HEADINGS) - 1)]
    lines += ["| " + " | ".join(str(cell) for cell in row.cells()) + " |" for row in rows]
    text = f"Martlet {martlet.rpartition(chr(32))[2]}, HAProxy {haproxy}, {system}, {os.cpu_count()} cores.\n\n" + "\n".join(lines) + "\n"
    path = ROOT / "docs/reliability.md"
    whole = path.read_text()
    path.write_text(
        re.sub(r"(?s)(<!-- figures -->\n).*(<!-- end of figures -->)", lambda found: f"{found[1]}{text}{found[2]}", whole)
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--seconds", type=float, default=6, help="how long a fault lasts")
    parser.add_argument("--successions", type=int, default=100, help="without a balancer, of each kind")
    parser.add_argument("--only", choices=["balancer", "alone"])
    parser.add_argument("--update", action="store_true", help="write docs/reliability.md")
    given = parser.parse_args()
    network.need_root("reliability")
    network.adopt_orphans()
    network.end_in_order()
    rows = []
    with tempfile.TemporaryDirectory(prefix="martlet-reliability-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        load.write_site(folder / "site")
        print(" | ".join(HEADINGS))
        if given.only != "alone":
            rows += behind_balancer(given.program, folder, given.seconds)
        if given.only != "balancer":
            rows += Alone(given.program, folder, given.successions).run()
    if failed := sum(len(row.failures) for row in rows):
        sys.exit(f"reliability: {failed} requests failed that must not")
    if given.update:
        update(rows, given.program)
    print("reliability: all cases passed")


if __name__ == "__main__":
    main()
