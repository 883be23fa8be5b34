"""The results as a page, and what there is to say about the machine and the programs."""

import os
import pathlib
import platform
import statistics
import subprocess

NAMES = {"martlet": "Martlet", "nginx": "nginx", "python": "Python"}


def machine(rivals):
    model = "unknown processor"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return {
        "processor": model,
        "processors": os.cpu_count(),
        "kernel": f"Linux {platform.release()}",
        "load": os.getloadavg()[0],
        "versions": [rival.version() for rival in rivals],
        "compiler": subprocess.run(["swift", "--version"], capture_output=True, text=True, timeout=30)
        .stdout.splitlines()[0]
        .strip(),
    }


def binary(folder):
    """Size and dynamic libraries of each program."""
    found = {}
    for name in ("martlet", "hello"):
        path = folder / name
        if not path.exists():
            continue
        lines = subprocess.run(["ldd", str(path)], capture_output=True, text=True, timeout=10).stdout.splitlines()
        libraries = sorted(line.split()[0].rpartition("/")[2] for line in lines if line.strip())
        found[name] = {"octets": path.stat().st_size, "libraries": libraries}
    return found


def markdown(results):
    parts = [_introduction(results), _works_table(results)]
    if "footprint" in results:
        parts.append(_footprint_table(results["footprint"]))
    parts.append(_binary_table(results["binary"]))
    return "\n\n".join(parts) + "\n"


def _introduction(results):
    about = results["machine"]
    return f"""# Benchmarks

Written by `make bench`. One worker for each server on one CPU, wrk on another; medians of {results["rounds"]} rounds of
{results["seconds"]} s in turns, the lowest and the highest in parentheses. CPU time is what /proc counts for the server's
processes, divided by the requests that wrk counted: the figure to compare, for it depends little on what else runs.
No server logs but in the work that says so. Every answer was checked with curl before it was timed. The figures of
one run on a shared machine; compare within a table only.

- {about["processors"]} x {about["processor"]}, {about["kernel"]}, load {about["load"]:.1f} at the start
- {", ".join(about["versions"])}
- {about["compiler"]}"""


def _works_table(results):
    lines = [
        "| work | server | CPU, us a request | of it user | system | against nginx | requests/s | 99 % within |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for work in results["works"]:
        samples = work["samples"]
        base = _median(samples["nginx"], "cpu") if "nginx" in samples else None
        for peer, values in samples.items():
            ratio = f"{_median(values, 'cpu') / base:.2f}" if base else ""
            cells = [
                f"{work['name']}: {work['about']}" if peer == "martlet" else "",
                NAMES[peer],
                _spread(values, "cpu", _short),
                _short(_median(values, "user")),
                _short(_median(values, "system")),
                ratio,
                _spread(values, "per_second", lambda value: f"{value:,.0f}"),
                _duration(_median(values, "p99")),
            ]
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _footprint_table(rows):
    lines = [
        "| server | start to first answer, ms | resident when idle, MiB | of it not files | an idle connection, octets |",
        "|---|---:|---:|---:|---:|",
    ]
    for row in rows:
        times = row["start_ms"]
        octets = f"{row['per_connection']:,.0f}" if "per_connection" in row else "a thread"
        start = f"{statistics.median(times):.1f} ({min(times):.1f} to {max(times):.1f})"
        lines.append(
            f"| {row['server']}, {row['work']} | {start} | {row['resident'] / 2**20:.1f} "
            f"| {row['anonymous'] / 2**20:.1f} | {octets} |"
        )
    return "\n".join(lines)


def _binary_table(programs):
    lines = ["| program | MiB | links |", "|---|---:|---|"]
    for name, about in programs.items():
        lines.append(f"| {name} | {about['octets'] / 2**20:.1f} | {', '.join(about['libraries'])} |")
    return "\n".join(lines)


def _median(samples, key):
    return statistics.median(sample[key] for sample in samples)


def _spread(samples, key, form):
    values = [sample[key] for sample in samples]
    return f"{form(statistics.median(values))} ({form(min(values))} to {form(max(values))})"


def _short(value):
    return f"{value:.2f}" if value < 100 else f"{value:,.0f}"


def _duration(microseconds):
    return f"{microseconds:.0f} us" if microseconds < 1000 else f"{microseconds / 1000:.1f} ms"
