"""The results as a page, and what there is to say about the machine and the programs."""

import os
import pathlib
import platform
import statistics
import subprocess

import peers
import plot as drawing
from rounds import median, ratios, spread

HERE = pathlib.Path(__file__).resolve().parent
NAMES = {name: peer.name for name, peer in peers.ALL.items()}


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


def markdown(results, plot):
    """The page; `plot` is the name of the picture on top, if there is one."""
    parts = ["# Benchmarks"]
    if plot:
        parts.append(f"![{drawing.describe(results)}]({plot})")
    parts += [_introduction(results), "## Targets", _table(["target", "at most", "measured", "which is"], results["targets"])]
    if results["works"]:
        parts += ["## Beside other servers", _works_table(results)]
    parts.append(_left_out(results))
    if results["footprint"]:
        parts += ["## Start and memory", _footprint_table(results["footprint"])]
    for measured in results["scale"]:
        parts += [f"## {measured['title']}", _table(measured["columns"], measured["rows"])]
    parts += ["## Size", _binary_table(results["binary"])]
    notes = HERE / "notes.md"
    if notes.exists():
        parts.append(notes.read_text().strip())
    return "\n\n".join(part for part in parts if part) + "\n"


def verdicts(judged):
    """The targets for the terminal."""
    width = max(len(target.what) for target in judged)
    lines = []
    for target in judged:
        _, most, measured, verdict = target.row()
        lines.append(f"{target.what:{width}}  at most {most}: {measured}{', ' if measured else ''}{verdict}")
    return "\n".join(lines)


def _introduction(results):
    about = results["machine"]
    return f"""Written by `make bench`. One worker for each server on one CPU, wrk on another; 64 connections where nothing else is
said; medians of {results["rounds"]} x {results["seconds"]} s in turns, the lowest and the highest in parentheses.
CPU time is what the CPU clocks of the server's processes count, divided by the requests that wrk counts: the figure to
compare, for it depends little on what else runs; its parts in user code and in the kernel are estimates. Against nginx:
the median of what it was in each round. No server logs but where it says so. Every answer was checked before it was
timed. The figures of one run on a shared machine; compare within a table only.

- {about["processors"]} x {about["processor"]}, {about["kernel"]}, load {about["load"]:.1f} at the start
- {", ".join(about["versions"])}
- {about["compiler"]}

The limit is an epoll loop in C that writes a canned answer for each blank line and parses nothing. A server without
entity tags gets a date instead in the work named 304. Who is missing in a work is not asked, does not do it by itself,
or answers it wrongly: Python's server knows no ranges, for one."""


def _left_out(results):
    if not results["left_out"]:
        return ""
    lines = [f"- {name}: {reason}" for name, reason in results["left_out"].items()]
    return "Left out:\n\n" + "\n".join(lines)


def _works_table(results):
    rows = []
    for work in results["works"]:
        samples = work["samples"]
        base = samples.get("nginx")
        title = f"{work['name']}: {work['about']}"
        for peer, values in samples.items():
            rows.append([
                title,
                NAMES[peer],
                spread([value["cpu"] for value in values], "{:,.2f}"),
                f"{median(values, 'user'):,.2f}",
                f"{median(values, 'system'):,.2f}",
                f"{statistics.median(ratios(values, base)):.2f}" if base else "",
                spread([value["per_second"] for value in values], "{:,.0f}"),
                _duration(median(values, "p99")),
            ])  # fmt: skip
            title = ""
    columns = ["work", "server", "CPU, us a request", "of it user", "system", "against nginx", "requests/s", "99 % within"]
    return _table(columns, rows, texts=2)


def _footprint_table(rows):
    columns = ["server", "start to first answer, ms", "resident when idle, MiB", "of it not files",
               "an idle connection, octets"]  # fmt: skip
    lines = []
    for row in rows:
        loops = f", {row['workers']} loops" if row["workers"] > 1 else ""
        lines.append([
            f"{row['server']}, {row['work']}{loops}",
            spread(row["start_ms"], "{:.1f}") if "start_ms" in row else "",
            f"{row['resident'] / 2**20:.1f}",
            f"{row['anonymous'] / 2**20:.1f}",
            f"{row['per_connection']:,.0f}" if "per_connection" in row else "",
        ])  # fmt: skip
    return _table(columns, lines)


def _binary_table(programs):
    rows = [[name, f"{about['octets'] / 2**20:.1f}", ", ".join(about["libraries"])] for name, about in programs.items()]
    return _table(["program", "MiB", "links"], rows, texts=3)


def _table(columns, rows, texts=1):
    """The first columns are text, the others numbers."""
    marks = ["---" if number < texts else "---:" for number in range(len(columns))]
    lines = [columns, marks, *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _duration(microseconds):
    return f"{microseconds:.0f} us" if microseconds < 1000 else f"{microseconds / 1000:.1f} ms"
