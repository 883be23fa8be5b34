"""What a request costs when there is more of something: connections, workers, routes, log.

Each function measures one such thing, for Martlet and, where it can do the same, nginx. It returns the columns and rows
of its table, the targets it decides, and the raw figures.
"""

import contextlib
import statistics
import subprocess
import sys

import connections
import peers
import processes
import rounds
from rounds import spread
from works import Work
from wrk import load

#: Seconds after which servers close idle connections; a measurement of them has to be over by then.
PATIENCE = 40
COUNTS = (1, 16, 64, 256, 1024, 4096, 16_000)


def result(title, columns, rows, targets=(), raw=None):
    return {"title": title, "columns": columns, "rows": rows, "targets": list(targets), "raw": raw}


def target(what, measured, most, unit=""):
    return {"what": what, "measured": measured, "most": most, "unit": unit}


def few(setting, most=3):
    return min(setting.rounds, most)


def compared(rivals, names=("martlet", "nginx")):
    return {name: rivals[name] for name in names if name in rivals}


def idle(rivals, works, root, setting):
    """10,000 idle connections beside 64 busy ones, against 64 alone"""
    work = works["hello"]
    count = few(setting, max(1, PATIENCE // (2 * setting.seconds)))
    rows, targets, raw = [], [], {}
    for name, peer in compared(rivals).items():
        cpus = [setting.server_cpu]
        with peers.start(peer, work, cpus) as alone, peers.start(peer, work, cpus) as crowded:
            opened = connections.open_many(crowded.port, setting.connections)
            connections.ask_all(opened, work.path)
            samples = in_turns({"alone": alone, "crowded": crowded}, work, setting, count)
            connections.ask_all(opened, work.path)  # Raises when one was closed.
            for connection in opened:
                connection.close()
        ratios = rounds.ratios(samples["crowded"], samples["alone"])
        rows.append([peer.name, cpu(samples["alone"]), cpu(samples["crowded"]), spread(ratios)])
        raw[name] = samples
        if name == "martlet":
            what = f"{setting.connections:,} idle connections beside 64: CPU time against none"
            targets.append(target(what, statistics.median(ratios), 1.10))
    columns = ["server", "64 connections, us a request", f"with {setting.connections:,} idle ones", "times as much"]
    return result("Idle connections beside busy ones", columns, rows, targets, raw)


def curve(rivals, works, root, setting):
    """1 to 16,000 busy connections"""
    work = works["hello"]
    client = peers.compile_c("many.c")
    limit = connections.raise_descriptor_limit() - 100
    rows, raw = [], {}
    for count in COUNTS:
        if count > limit:
            print(f"    {count} connections: only {limit} files may be open (ulimit -n)", file=sys.stderr)
            continue
        with contextlib.ExitStack() as stack:
            loads = {}
            for name, peer in compared(rivals).items():
                server = stack.enter_context(peers.start(peer, work, [setting.server_cpu]))
                crowd = stack.enter_context(Crowd(client, server, work, count, setting))
                loads[name] = crowd.load
            for ask in loads.values():
                ask()  # Warms caches; not counted.
            samples = rounds.in_turns(loads, few(setting))
        print(f"    {count} connections: {', '.join(map(cpu, samples.values()))} us of CPU a request", file=sys.stderr)
        raw[count] = samples
        row = [f"{count:,}"]
        for values in samples.values():
            row += [cpu(values), spread([value["per_second"] for value in values], "{:,.0f}")]
        rows.append(row)
    columns = ["connections"]
    for peer in compared(rivals).values():
        columns += [f"{peer.name}, us a request", "requests/s"]
    return result("From 1 to 16,000 busy connections", columns, rows, raw=raw)


class Crowd:
    """Many connections to a server, of the program many.c."""

    def __init__(self, client, server, work, count, setting):
        self.server = server
        command = ["taskset", "-c", str(setting.client_cpu), str(client), str(server.port), work.path, str(count),
                   str(setting.seconds)]  # fmt: skip
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError(f"{count} connections could not be opened")

    def load(self):
        before = processes.cpu_time(self.server.pid)
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("a connection was not answered")
        answers, seconds = line.split()
        used = processes.cpu_time(self.server.pid) - before
        return {
            "cpu": used.total / int(answers) * 1e6,
            "requests": int(answers),
            "per_second": int(answers) / float(seconds),
        }

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=20)
        self.process.stdout.close()


def workers(rivals, works, root, setting):
    """1 and 2 workers, on two CPUs that they share with wrk"""
    work = works["hello"]
    rows, targets, raw = [], [], {}
    for name, peer in compared(rivals).items():
        with (
            peers.start(peer, work, setting.both_cpus, 1) as one,
            peers.start(peer, work, setting.both_cpus, 2) as two,
        ):
            samples = in_turns({"one": one, "two": two}, work, setting, setting.rounds, setting.both_cpus)
        ratios = rounds.ratios(samples["two"], samples["one"])
        per_second = [spread([value["per_second"] for value in samples[key]], "{:,.0f}") for key in ("one", "two")]
        rows.append([peer.name, cpu(samples["one"]), cpu(samples["two"]), spread(ratios), *per_second])
        raw[name] = samples
        if name == "martlet":
            targets.append(target("2 workers: CPU time a request against 1", statistics.median(ratios), 1.10))
    columns = ["server", "1 worker, us a request", "2 workers", "times as much", "requests/s of 1", "of 2"]
    return result("One worker and two", columns, rows, targets, raw)


def log(rivals, works, root, setting):
    """An access log to a file, against none"""
    rows, targets, raw = [], [], {}
    for name, peer in compared(rivals, ("martlet", "lighttpd", "nginx")).items():
        cpus = [setting.server_cpu]
        with peers.start(peer, works["file1k"], cpus) as quiet, peers.start(peer, works["file1k-log"], cpus) as logging:
            samples = in_turns({"quiet": quiet, "logging": logging}, works["file1k"], setting, setting.rounds)
        more = rounds.differences(samples["logging"], samples["quiet"])
        rows.append([peer.name, cpu(samples["quiet"]), cpu(samples["logging"]), spread(more)])
        raw[name] = samples
        if name == "martlet":
            targets.append(target("an access log to a file: CPU time more", statistics.median(more), 0.60, " us"))
    columns = ["server", "without, us a request", "with a log", "more"]
    return result("Access log in the Common format, or the server's own, to a file", columns, rows, targets, raw)


def routes(rivals, works, root, setting):
    """1,000 routes, against 2"""
    martlet = rivals["martlet"]
    rows, raw = [], {}
    few_routes, many_routes = 2, 1000
    last = {few_routes: few_routes // 2 - 1, many_routes: many_routes // 2 - 1}
    for what, path, answer in [
        ("text", "/section{}/item", b"Hello, world!\n"),
        ("a name to fill in", "/section{}/ada/edit", b"Hello, ada!\n"),
    ]:
        with contextlib.ExitStack() as stack:
            loads = {}
            for count in (few_routes, many_routes):
                work = Work("routes", "", path.format(last[count]), answer)
                port = processes.free_port()
                command = martlet.handlers(port, count)
                server = stack.enter_context(peers.start_command(command, port, [setting.server_cpu], work.path))
                work.check(port)
                loads[count] = lambda server=server, work=work: load(server, work, setting.seconds, [setting.client_cpu])
            for ask in loads.values():
                ask()
            samples = rounds.in_turns(loads, setting.rounds)
        ratios = rounds.ratios(samples[many_routes], samples[few_routes])
        rows.append([what, cpu(samples[few_routes]), cpu(samples[many_routes]), spread(ratios)])
        raw[what] = samples
    columns = ["the route asked for is", "among 2 more routes, us a request", "among 1,000", "times as much"]
    return result("Many routes (Martlet)", columns, rows, raw=raw)


def in_turns(servers, work, setting, count, client_cpus=None):
    """Checks and warms each server, then loads them in turns."""
    cpus = client_cpus or [setting.client_cpu]
    loads = {label: lambda server=server: load(server, work, setting.seconds, cpus) for label, server in servers.items()}
    for label, server in servers.items():
        work.check(server.port)
        loads[label]()
    return rounds.in_turns(loads, count)


def cpu(samples):
    return spread([sample["cpu"] for sample in samples])


ALL = {"idle": idle, "curve": curve, "workers": workers, "log": log, "routes": routes}
