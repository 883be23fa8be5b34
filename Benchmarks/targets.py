"""What was promised of Martlet's speed, and whether a run kept it."""

import dataclasses
import statistics

import rounds

#: The most octets of memory for an idle connection, milliseconds of a start, and octets resident with two loops.
IDLE_CONNECTION = 400
START_MS = 8
RESIDENT = 10 * 1_000_000


@dataclasses.dataclass(frozen=True)
class Target:
    what: str
    #: None where a run did not measure it.
    measured: float | None
    most: float
    unit: str = ""

    @property
    def verdict(self):
        if self.measured is None:
            return "not measured"
        if self.measured <= self.most:
            return "reached"
        return f"missed by {(self.measured / self.most - 1) * 100:.1f} %"

    def row(self):
        """What, at most, measured, verdict."""
        form = "{:.3f}" if self.most < 5 else "{:.1f}"
        measured = "" if self.measured is None else form.format(self.measured) + self.unit
        return [self.what, f"{self.most:g}{self.unit}", measured, self.verdict]


def judge(results, works):
    """All targets, in the order of the works and measurements."""
    samples = {work["name"]: work["samples"] for work in results["works"]}
    found = [_work_target(work, samples) for work in works.values() if work.target]
    found += _footprint_targets(results.get("footprint", []))
    for measurement in results["scale"]:
        found += [Target(**target) for target in measurement["targets"]]
    return found


def _work_target(work, samples):
    """CPU time per request against nginx, in the same work or the one that the target names."""
    own = samples.get(work.name, {}).get("martlet")
    other = work.target_of or work.name
    base = samples.get(other, {}).get("nginx")
    of = f" for {other}" if work.target_of else ""
    what = f"{work.name}: CPU time against nginx's{of}"
    if not own or not base:
        return Target(what, None, work.target)
    if work.target_of:
        return Target(what, rounds.median(own) / rounds.median(base), work.target)
    return Target(what, statistics.median(rounds.ratios(own, base)), work.target)


def _footprint_targets(rows):
    own = [row for row in rows if row["server"] == "Martlet"]
    memory = max((row["per_connection"] for row in own if "per_connection" in row), default=None)
    starts = max((statistics.median(row["start_ms"]) for row in own if "start_ms" in row), default=None)
    resident = max((row["resident"] for row in own if row["workers"] == 2), default=None)
    return [
        Target("an idle connection: resident memory", memory, IDLE_CONNECTION, " octets"),
        Target("start to first answer", starts, START_MS, " ms"),
        Target("resident when idle, 2 loops", resident and resident / 1e6, RESIDENT / 1e6, " MB"),
    ]
