"""Load by wrk, and what it cost the server."""

import os
import re
import subprocess
import time

import processes


def load(server, work, seconds, cpus):
    """One run of wrk on `cpus`: figures per request, in microseconds, and requests per second."""
    options, environment = work.script()
    command = ["taskset", "-c", ",".join(map(str, cpus)), "wrk", "-t1", f"-c{work.connections}", f"-d{seconds}s",
               "--timeout", "10s", "--latency", *options]  # fmt: skip
    for field in work.request_fields(server.port):
        command += ["-H", field]
    command.append(work.url(server.port))
    before = processes.cpu_time(server.pid)
    start = time.monotonic()
    output = subprocess.run(
        command, capture_output=True, text=True, timeout=seconds + 30, check=True, env=os.environ | environment
    ).stdout
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
        "cpu": used.total / requests * 1e6,
        "busy": used.total / elapsed,
        "p99": _microseconds(re.search(r"99%\s+([\d.]+)(us|ms|s)", output)),
        "errors": errors[1] if errors else "",
    }


def _microseconds(match):
    return float(match[1]) * {"us": 1, "ms": 1e3, "s": 1e6}[match[2]]
