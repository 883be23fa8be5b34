#!/usr/bin/env python3
"""Measures Martlet beside other servers; the page goes to docs/benchmarks.md, its plot to docs/benchmarks.svg.

Each server has one worker on one CPU, wrk has another. What counts is CPU time per request: it hardly depends on
what else the machine does. Requests per second are printed too.

Usually run by `make bench`. Settings come from the environment:
    WORK=hello,curve    works and measurements of scale.py, bulk.py, secure.py, scripts.py, logins.py, comma-separated; default all
    PEERS=nginx,go      who is compared with Martlet; default all of peers.py
    ROUNDS=5 SECONDS=1  rounds for each server and work, and their length
    MEMORY=0            leaves out start-up time and memory
    SCALE=0             leaves out the measurements of scale.py, bulk.py, secure.py, scripts.py and logins.py
    CONNECTIONS=10000   idle connections for the measurement of memory
    TABLE=PATH          where the page goes; default docs/benchmarks.md when nothing is left out, else only the terminal
    BIN=FOLDER          where the programs are; default .build/release
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

import bulk
import connections
import footprint
import logins
import peers
import plot
import report
import rounds
import scale
import scripts
import secure
import targets
import works
from wrk import load

HERE = pathlib.Path(__file__).resolve().parent
#: What a server that fails makes of a check or a load.
FAILURES = (ValueError, RuntimeError, OSError, subprocess.SubprocessError)


def main():
    require_tools()
    connections.raise_descriptor_limit()
    setting = Setting()
    ready, left_out = peers.prepare(setting.peers)
    for name, reason in left_out.items():
        print(f"{name} is left out: {reason}", file=sys.stderr)
    os.sched_setaffinity(0, {setting.client_cpu})
    with tempfile.TemporaryDirectory(prefix="martlet-bench-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        root = folder / "root"
        root.mkdir()
        all_works = works.make(root)
        rivals = {name: peer(folder, root) for name, peer in ready.items()}
        results = {"machine": report.machine(rivals.values()), "seconds": setting.seconds, "rounds": setting.rounds}
        results["works"] = [run_work(work, rivals, setting, left_out) for work in setting.choose(all_works).values()]
        results["footprint"] = footprint.measure(rivals, all_works, setting) if setting.measures_memory else []
        results["scale"] = measure_scale(rivals, all_works, root, setting, left_out)
    results["left_out"] = left_out
    results["binary"] = report.binary(peers.binary_folder())
    judged = targets.judge(results, all_works)
    results["targets"] = [target.row() for target in judged]
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results" / "latest.json").write_text(json.dumps(results, indent=1) + "\n")
    drawing = plot.draw(results, all_works)
    print(report.markdown(results, plot=None))
    print(report.verdicts(judged))
    if setting.table:
        picture = setting.table.with_suffix(".svg")
        picture.write_text(drawing)
        setting.table.write_text(report.markdown(results, plot=picture.name))
    if set(left_out) & set(scale.ALL | bulk.ALL | secure.ALL | scripts.ALL | logins.ALL):
        sys.exit(1)


class Setting:
    def __init__(self):
        def names(variable, default):
            return [name for name in os.environ.get(variable, default).split(",") if name]

        everybody = [name for name in peers.ALL if name != "martlet"]
        self.works = names("WORK", "")
        self.peers = names("PEERS", ",".join(everybody))
        if unknown := set(self.peers) - set(peers.ALL):
            sys.exit(f"PEERS: nobody knows {', '.join(sorted(unknown))}; there are {', '.join(everybody)}")
        self.rounds = int(os.environ.get("ROUNDS", "5"))
        self.seconds = int(os.environ.get("SECONDS", "1"))
        self.connections = int(os.environ.get("CONNECTIONS", "10000"))
        self.measures_memory = os.environ.get("MEMORY", "0" if self.works else "1") != "0"
        self.measures_scale = os.environ.get("SCALE", "1") != "0"
        # A part of the page must not replace the whole.
        is_whole = not self.works and set(self.peers) >= set(everybody) and self.measures_memory and self.measures_scale
        table = os.environ.get("TABLE", str(HERE.parent / "docs" / "benchmarks.md") if is_whole else "-")
        self.table = None if table == "-" else pathlib.Path(table)
        available = sorted(os.sched_getaffinity(0))
        self.server_cpu = available[0]
        self.client_cpu = available[1 % len(available)]
        self.both_cpus = sorted({self.server_cpu, self.client_cpu})

    def choose(self, everything):
        """What WORK names, or all."""
        return {name: thing for name, thing in everything.items() if not self.works or name in self.works}


def require_tools():
    """Says what to install; scripts/setup.sh bench does it."""
    packages = {"curl": "curl", "wrk": "wrk", "taskset": "util-linux", "ldd": "libc-bin"}
    missing = [package for tool, package in packages.items() if not shutil.which(tool)]
    if missing:
        sys.exit(f"Please run: sudo apt-get install -y --no-install-recommends {' '.join(missing)}")
    if not (peers.binary_folder() / "martlet").exists():
        sys.exit("Please build first: scripts/bench.sh does it")


def run_work(work, rivals, setting, left_out):
    """All servers of a work run side by side, and take their turns in rounds."""
    print(f"{work.name}: {work.about}", file=sys.stderr)
    servers = {}

    def attempt(name, action):
        """Nobody is measured while failing; and Martlet must not fail."""
        try:
            return action()
        except FAILURES as failure:
            if name == "martlet":
                raise
            left_out[f"{rivals[name].name}, {work.name}"] = str(failure).partition("\n")[0]
            print(f"    {rivals[name].name} is left out: {failure}", file=sys.stderr)
            return None

    def begin(name):
        servers[name] = peers.start(rivals[name], work, [setting.server_cpu])
        work.check(servers[name].port)
        return load(servers[name], work, 1, [setting.client_cpu])  # Warms caches; not counted.

    def turn(name):
        return attempt(name, lambda: load(servers[name], work, setting.seconds, [setting.client_cpu]))

    try:
        taking_part = [name for name in rivals if name in work.peers]
        ready = [name for name in taking_part if attempt(name, lambda name=name: begin(name))]
        samples = rounds.in_turns({name: lambda name=name: turn(name) for name in ready}, setting.rounds)
    finally:
        for server in servers.values():
            server.stop()
    samples = {name: values for name, values in samples.items() if all(values)}
    for name, values in samples.items():
        print(f"    {rivals[name].name:11} {rounds.median(values):8.2f} us of CPU a request", file=sys.stderr)
    return {"name": work.name, "about": work.about, "samples": samples}


def measure_scale(rivals, all_works, root, setting, left_out):
    if not setting.measures_scale:
        return []
    measured = []
    for name, measure in setting.choose(scale.ALL | bulk.ALL | secure.ALL | scripts.ALL | logins.ALL).items():
        print(f"{name}: {measure.__doc__}", file=sys.stderr)
        start = time.monotonic()
        try:
            measured.append({"name": name, **measure(rivals, all_works, root, setting)})
        except FAILURES as failure:
            # What was measured before is kept.
            left_out[name] = str(failure)
            traceback.print_exc()
        print(f"    {time.monotonic() - start:.0f} s", file=sys.stderr)
    return measured


if __name__ == "__main__":
    main()
