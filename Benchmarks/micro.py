#!/usr/bin/env python3
"""Counts instructions and allocations, and fails when there are more than Benchmarks/limits.tsv allows.

Each case of Benchmarks/micro runs under callgrind twice, once with twice as many rounds: the difference is what the
rounds cost, without start-up. Run by `make micro`. From the environment:

    CASE=parse-curl,serve   these cases, by name or its beginning; default all
    PROFILE=1               shows the functions where the instructions are
    UPDATE=1                writes what was counted into limits.tsv
"""

import collections
import os
import pathlib
import platform
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

ROUNDS = 1000
# Instructions may grow by so much; allocations not at all.
TOLERANCE = 1.10
LIMITS = pathlib.Path(__file__).with_name("limits.tsv")
HEADER = "case\tinstructions\tallocations"
ALLOCATORS = {"malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc", "memalign"}
SHOWN = 30
# Nothing but these, so that a run depends on no setting of its user's. The C library copies and compares by what the
# processor can: it is to take what every x86-64 can. (It makes 0.3 % here.)
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "SWIFT_DETERMINISTIC_HASHING": "1",
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX_Fast_Unaligned_Load,-AVX2,-AVX,-SSE4_2,-SSE4_1,-SSSE3,-ERMS",
}


class Counts:
    """What callgrind counted in one run: instructions by function, and calls of allocators."""

    def __init__(self, file):
        self.functions = collections.Counter()
        self.allocations = 0
        names = {}

        def name(text):
            # A name is written once; from then on its number stands for it. 'name'2 is a recursion.
            number, _, name = text.partition(" ")
            return re.sub(r"'\d+$", "", names.setdefault(number, name))

        function = callee = None
        with open(file) as lines:
            for line in lines:
                if line.startswith("fn="):
                    function = name(line[3:].strip())
                elif line.startswith("cfn="):
                    callee = name(line[4:].strip())
                elif line.startswith("calls="):
                    if callee in ALLOCATORS and function not in ALLOCATORS:
                        self.allocations += int(line[6:].split()[0])
                    next(lines)  # What the callee took: it is told of where the callee is.
                elif line[:1].isdigit() or line[:1] in "+-*":
                    self.functions[function] += int(line.split()[1])

    @property
    def instructions(self):
        return self.functions.total()


class Result:
    """What one round of a case costs."""

    def __init__(self, once, twice):
        self.instructions = (twice.instructions - once.instructions) / ROUNDS
        self.allocations = (twice.allocations - once.allocations) / ROUNDS
        twice.functions.subtract(once.functions)
        self.functions = twice.functions


def make_site(folder):
    page = pathlib.Path(folder, "file.html")
    page.write_bytes(b"<p>" + 1021 * b"x")
    # A round number of seconds, with as many digits as any: the entity tag has them.
    os.utime(page, (1_700_000_000, 1_700_000_000))
    # A file is held open only when its last change is at least 2 s old.
    time.sleep(2.5)


def count(program, case, rounds, folder, output):
    """Runs a case under callgrind."""
    file = output / f"{case}.{rounds}"
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={file}", program, case, str(rounds), folder]
    run = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=300)
    if run.returncode != 0:
        raise RuntimeError(f"{case}: {run.stdout}{run.stderr}")
    return Counts(file)


def read_limits():
    header, *lines = LIMITS.read_text().splitlines() if LIMITS.exists() else [HEADER]
    if header != HEADER:
        sys.exit(f"{LIMITS.name} begins with {header!r}")
    rows = (line.split("\t") for line in lines)
    return {case: (float(instructions), float(allocations)) for case, instructions, allocations in rows}


def judge(result, limit):
    """What is to be said of a result, and whether it is too much."""
    if limit is None:
        return "not there: UPDATE=1 adds it", True
    instructions, allocations = limit
    # Instructions are those of one kind of processor; allocations are everywhere the same.
    comparable = platform.machine() == "x86_64"
    # Rounded: a few in a thousand are made by the clock, not by the rounds.
    if round(result.allocations) > allocations:
        return f"TOO MANY ALLOCATIONS: at most {allocations:g}", True
    if comparable and result.instructions > instructions * TOLERANCE:
        return f"{result.instructions / instructions - 1:+.1%}: TOO MANY INSTRUCTIONS", True
    change = f"{result.instructions / instructions - 1:+.1%}" if comparable else "instructions not compared"
    if round(result.allocations) < allocations or comparable and result.instructions * TOLERANCE < instructions:
        change += f", {round(result.allocations) - allocations:+.0f} allocations: better; keep it by UPDATE=1"
    return change, False


def show_profile(result):
    names = "\n".join(function for function, _ in result.functions.most_common(SHOWN))
    command = ["swift", "demangle", "--simplified"]
    names = subprocess.run(command, input=names, capture_output=True, text=True, check=True).stdout.splitlines()
    for name, (_, cost) in zip(names, result.functions.most_common(SHOWN)):
        each = cost / ROUNDS
        if each >= 1:
            print(f"    {each:8.0f} {each / result.instructions:6.1%}  {name[:150]}")


def main():
    program, output = sys.argv[1], pathlib.Path(sys.argv[2])
    output.mkdir(parents=True, exist_ok=True)
    known = subprocess.run([program], capture_output=True, text=True, check=True).stdout.split()
    wanted = tuple(os.environ.get("CASE", "").split(","))
    cases = [case for case in known if case.startswith(wanted)]
    if not cases:
        sys.exit(f"no such case; there are {', '.join(known)}")
    limits = read_limits()
    failed = [f"{case} (there is no such case)" for case in limits if case not in known]
    with tempfile.TemporaryDirectory(prefix="martlet-micro-") as site, ThreadPoolExecutor(os.cpu_count()) as pool:
        make_site(site)
        runs = {case: [pool.submit(count, program, case, n * ROUNDS, site, output) for n in (1, 2)] for case in cases}
        print(f"{'case':16} instructions allocations  against limits.tsv")
        for case, (once, twice) in runs.items():
            result = Result(once.result(), twice.result())
            verdict, is_worse = judge(result, limits.get(case))
            print(f"{case:16} {result.instructions:12.0f} {result.allocations:11.2f}  {verdict}", flush=True)
            if os.environ.get("PROFILE"):
                show_profile(result)
            if is_worse:
                failed.append(case)
            if os.environ.get("UPDATE"):
                limits[case] = (round(result.instructions), round(result.allocations))
    if os.environ.get("UPDATE"):
        rows = [f"{case}\t{limits[case][0]:.0f}\t{limits[case][1]:.0f}" for case in known if case in limits]
        LIMITS.write_text("\n".join([HEADER, *rows]) + "\n")
    elif failed:
        sys.exit(f"worse than {LIMITS.name} allows: {', '.join(failed)}")


if __name__ == "__main__":
    main()
