#!/usr/bin/env python3
"""Measures Martlet beside nginx and Python's http.server; the table goes to docs/benchmarks.md.

Each server has one worker on one CPU, wrk has another. What counts is CPU time per request, from /proc: it hardly
depends on what else the machine does. Requests per second are printed too.

Usually run by `make bench`. Settings come from the environment:
    WORK=hello,file1k   the works, comma-separated; default all
    PEERS=nginx,python  who is compared with Martlet; default both
    ROUNDS=5 SECONDS=3  rounds for each server and work, and their length
    MEMORY=0            leaves out start-up time and memory
    CONNECTIONS=10000   idle connections for the measurement of memory
    TABLE=PATH          where the table goes; default docs/benchmarks.md when nothing is left out, else only the terminal
    BIN=FOLDER          where the programs are; default .build/release
"""

import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import connections
import footprint
import peers
import processes
import report
import works

HERE = pathlib.Path(__file__).resolve().parent


def main():
    require_tools()
    connections.raise_descriptor_limit()
    setting = Setting()
    with tempfile.TemporaryDirectory(prefix="martlet-bench-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        root = folder / "root"
        root.mkdir()
        all_works = works.make(root)
        chosen = [all_works[each] for each in setting.works or all_works]
        rivals = {each: peers.ALL[each](folder, root) for each in ["martlet", *setting.peers]}
        results = {"machine": report.machine(rivals.values()), "seconds": setting.seconds, "rounds": setting.rounds}
        results["works"] = [run_work(work, rivals, setting) for work in chosen]
        if setting.measures_memory:
            results["footprint"] = footprint.measure(rivals, all_works, setting)
    results["binary"] = report.binary(peers.binary_folder())
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results" / "latest.json").write_text(json.dumps(results, indent=1) + "\n")
    table = report.markdown(results)
    print(table)
    if setting.table:
        setting.table.write_text(table)


class Setting:
    def __init__(self):
        def names(variable, default):
            return [name for name in os.environ.get(variable, default).split(",") if name]

        self.works = names("WORK", "")
        self.peers = names("PEERS", "nginx,python")
        self.rounds = int(os.environ.get("ROUNDS", "5"))
        self.seconds = int(os.environ.get("SECONDS", "3"))
        self.connections = int(os.environ.get("CONNECTIONS", "10000"))
        self.measures_memory = os.environ.get("MEMORY", "1") != "0"
        # A part of the table must not replace the whole.
        is_whole = not self.works and self.peers == ["nginx", "python"] and self.measures_memory
        table = os.environ.get("TABLE", str(HERE.parent / "docs" / "benchmarks.md") if is_whole else "-")
        self.table = None if table == "-" else pathlib.Path(table)
        available = sorted(os.sched_getaffinity(0))
        self.server_cpu = available[0]
        self.client_cpu = available[1 % len(available)]


def require_tools():
    """Says what to install; scripts/setup.sh bench does it."""
    packages = {"curl": "curl", "wrk": "wrk", "taskset": "util-linux", "ldd": "libc-bin"}
    missing = [package for tool, package in packages.items() if not shutil.which(tool)]
    if not peers.NGINX:
        missing.append("nginx-light")
    if missing:
        sys.exit(f"Please run: sudo apt-get install -y --no-install-recommends {' '.join(missing)}")
    if not (peers.binary_folder() / "martlet").exists():
        sys.exit("Please build first: scripts/bench.sh does it")


def run_work(work, rivals, setting):
    """All servers of a work run side by side, and take their turns in rounds."""
    print(f"{work.name}: {work.about}", file=sys.stderr)
    taking_part = {name: peer for name, peer in rivals.items() if name in work.peers}
    servers = {}
    samples = {name: [] for name in taking_part}
    try:
        for name, peer in taking_part.items():
            servers[name] = peers.start(peer, work, setting.server_cpu)
            work.check(servers[name].port)
            load(servers[name], work, 1, setting)  # Warms caches; not counted.
        order = list(taking_part)
        for number in range(setting.rounds):
            for name in order[number % len(order) :] + order[: number % len(order)]:
                samples[name].append(load(servers[name], work, setting.seconds, setting))
    finally:
        for server in servers.values():
            server.stop()
    for name, values in samples.items():
        best = statistics.median(sample["cpu"] for sample in values)
        print(f"    {taking_part[name].name:8} {best:8.2f} us of CPU a request", file=sys.stderr)
    return {"name": work.name, "about": work.about, "samples": samples}


def load(server, work, seconds, setting):
    """One run of wrk: figures per request, in microseconds, and requests per second."""
    command = ["taskset", "-c", str(setting.client_cpu), "wrk", "-t1", f"-c{work.connections}", f"-d{seconds}s",
               "--timeout", "10s", "--latency"]  # fmt: skip
    for field in work.request_fields(server.port):
        command += ["-H", field]
    command.append(f"http://127.0.0.1:{server.port}{work.path}")
    before = processes.cpu_time(server.pid)
    start = time.monotonic()
    output = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30, check=True).stdout
    elapsed = time.monotonic() - start
    used = processes.cpu_time(server.pid) - before
    requests = int(re.search(r"(\d+) requests in", output)[1])
    if requests == 0 or "Non-2xx" in output:
        raise RuntimeError(f"{work.name}: not every request was answered well:\n{output}")
    errors = re.search(r"Socket errors: (.*)", output)
    return {
        "requests": requests,
        "per_second": float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1]),
        "user": used.user / requests * 1e6,
        "system": used.system / requests * 1e6,
        "cpu": (used.user + used.system) / requests * 1e6,
        "busy": (used.user + used.system) / elapsed,
        "p99": microseconds(re.search(r"99%\s+([\d.]+)(us|ms|s)", output)),
        "errors": errors[1] if errors else "",
    }


def microseconds(match):
    return float(match[1]) * {"us": 1, "ms": 1e3, "s": 1e6}[match[2]]


if __name__ == "__main__":
    main()
