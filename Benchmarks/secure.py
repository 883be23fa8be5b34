"""What TLS costs beyond a request, and what it costs to stand in front of another server."""

import contextlib
import dataclasses
import statistics
import subprocess

import peers
import processes
import rounds
from rounds import spread
from scale import compared, cpu, few, result, target
from wrk import load

IDLE = 1000


def handshakes(rivals, works, root, setting):
    """TLS 1.3 handshakes with a P-256 key: full ones, and ones that resume a session by its ticket"""
    work = works["tls1k"]
    rows, targets, raw = [], [], {}
    for kind, most in (("full", 1.05), ("resumed", 1.00)):
        with contextlib.ExitStack() as stack:
            loads = {}
            for name, peer in compared(rivals).items():
                server = stack.enter_context(peers.start(peer, work, [setting.server_cpu]))
                loads[name] = stack.enter_context(Client(server, work, kind, setting.seconds, setting)).load
            for shake in loads.values():
                shake()  # Warms caches; not counted.
            samples = rounds.in_turns(loads, setting.rounds)
        raw[kind] = samples
        rows.append([kind, *(cpu(values) for values in samples.values())])
        if "nginx" in samples:
            ratios = rounds.ratios(samples["martlet"], samples["nginx"])
            rows[-1].append(spread(ratios))
            targets.append(target(f"{kind} TLS handshakes: CPU time against nginx's", statistics.median(ratios), most))
    columns = ["handshake", *(f"{peer.name}, us of CPU" for peer in compared(rivals).values())]
    if "nginx" in compared(rivals):
        columns.append("against nginx")
    return result("TLS handshakes", columns, rows, targets, raw)


def secure_idle(rivals, works, root, setting):
    """Memory of 1,000 idle TLS connections, each of which was answered once"""
    work = works["tls1k"]
    rows, raw = [], {}
    for name, peer in compared(rivals).items():
        with peers.start(peer, work, [setting.server_cpu]) as server:
            with Client(server, work, "full", 1, setting):
                before, _ = processes.memory(server.pid)
            with Client(server, work, "idle", IDLE, setting):
                after, _ = processes.memory(server.pid)
        raw[name] = (after - before) / IDLE
        rows.append([peer.name, f"{raw[name]:,.0f}"])
    return result(f"{IDLE:,} idle TLS connections", ["server", "octets of memory for each"], rows, raw=raw)


def front(rivals, works, root, setting):
    """A canned answer of nginx behind each: what is paid for standing in front, without the backend's own work"""
    hello = works["hello"]
    if "nginx" not in rivals:
        return result("In front of another server", ["server"], [])
    rows, raw = [], {}
    with peers.start(rivals["nginx"], hello, [setting.client_cpu]) as backend, contextlib.ExitStack() as stack:
        loads = {}
        for name, peer in compared(rivals).items():
            path = "/passed" if name == "nginx" else "/hello"
            work = dataclasses.replace(hello, path=path, backend=backend.port)
            port = processes.free_port()
            command = peer.front(port, backend.port) if name == "martlet" else peer.command(work, port)
            server = stack.enter_context(peers.start_command(command, port, [setting.server_cpu], path))
            work.check(server.port)
            loads[name] = lambda server=server, work=work: load(server, work, setting.seconds, [setting.client_cpu])
        for ask in loads.values():
            ask()  # Warms caches; not counted.
        raw = rounds.in_turns(loads, setting.rounds)
    ratios = rounds.ratios(raw["martlet"], raw["nginx"])
    for name, values in raw.items():
        rows.append([rivals[name].name, cpu(values), spread(ratios) if name == "martlet" else "1.00"])
    what = "in front of another server: CPU time against nginx's proxy_pass"
    columns = ["server", "us of CPU a request", "against nginx"]
    return result("In front of another server", columns, rows, [target(what, statistics.median(ratios), 1.00)], raw)


class Client:
    """secure.c at work."""

    def __init__(self, server, work, kind, count, setting):
        self.server = server
        program = peers.compile_c("secure.c", "-lssl", "-lcrypto")
        command = ["taskset", "-c", str(setting.client_cpu), str(program), str(server.port), work.path, kind, str(count)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError(f"TLS, {kind}: the client failed")

    def load(self):
        before = processes.cpu_time(self.server.pid)
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        count = int(self.process.stdout.readline())
        used = processes.cpu_time(self.server.pid) - before
        return {"requests": count, "cpu": used.total / count * 1e6}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=20)
        self.process.stdout.close()


ALL = {"handshakes": handshakes, "secure-idle": secure_idle, "front": front}
