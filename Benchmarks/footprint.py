"""What a server costs before it does anything: time to start, memory when idle and for idle connections."""

import sys
import time

import connections
import peers
import processes

STARTS = 20


def measure(rivals, works, setting):
    """For the works hello and file1k: the first with and the second without code of a user."""
    rows = []
    for work in (works["file1k"], works["hello"]):
        for name, peer in rivals.items():
            if name not in work.peers or name == "limit":
                continue
            print(f"footprint: {peer.name}, {work.name}", file=sys.stderr)
            row = {"server": peer.name, "work": work.name, "workers": 1}
            row["start_ms"] = start_up(peer, work, setting)
            row |= idle_memory(peer, work, setting)
            if peer.keeps_many:
                row |= connection_memory(peer, work, setting)
            rows.append(row)
    row = {"server": "Martlet", "work": "file1k", "workers": 2}
    rows.append(row | idle_memory(rivals["martlet"], works["file1k"], setting, workers=2))
    return rows


def start_up(peer, work, setting):
    """Milliseconds from starting the process to the first octets of an answer; of each start."""
    times = []
    for _ in range(STARTS):
        port = processes.free_port()
        command = peer.command(work, port)
        start = time.monotonic()
        with processes.Server(command, port, [setting.server_cpu], work.path) as server:
            server.wait_until_it_answers()
            times.append((time.monotonic() - start) * 1e3)
    return times


def idle_memory(peer, work, setting, workers=1):
    """Octets resident after ten answers."""
    with peers.start(peer, work, [setting.server_cpu], workers) as server:
        for _ in range(10):
            processes.first_answer(server.port, work.path)
        resident, anonymous = processes.memory(server.pid)
        return {"resident": resident, "anonymous": anonymous}


def connection_memory(peer, work, setting):
    """Octets for each connection that was answered once and is kept open."""
    with peers.start(peer, work, [setting.server_cpu]) as server:
        connections.ask_all(connections.open_many(server.port, 1), work.path)
        before, _ = processes.memory(server.pid)
        opened = connections.open_many(server.port, setting.connections)
        connections.ask_all(opened, work.path)
        after, _ = processes.memory(server.pid)
        for connection in opened:
            connection.close()
    return {"connections": setting.connections, "per_connection": (after - before) / setting.connections}
