"""The table of works as a picture: CPU time of a request against nginx's, a row for each work, a mark for each server."""

import math
import statistics
from xml.sax.saxutils import escape

import peers
from rounds import median, ratios

WIDTH, LEFT, RIGHT, TOP, ROW = 920, 215, 170, 92, 30
SHAPES = {
    "limit": '<path d="M{x} {top}v14"/>',
    "lighttpd": '<path d="M{x} {top}l7 13h-14z"/>',
    "go": '<rect x="{left}" y="{high}" width="11" height="11"/>',
    "hummingbird": '<path d="M{x} {top}l7 7-7 7-7-7z"/>',
    "flyingfox": '<path d="M{x} {bottom}l7-13h-14z"/>',
    "python": '<path d="M{left} {high}l11 11m0-11l-11 11"/>',
    "martlet": '<circle cx="{x}" cy="{y}" r="7.5"/>',
}
STYLE = """text { fill: #1c2430 } .quiet { fill: #5b6776; font-size: 13px } .name { font-weight: 600 }
.line { stroke: #d5dde5 } .one { stroke: #5b6776; stroke-width: 1.5 } .target { stroke: #c2410c; stroke-width: 2.5 }
.limit { stroke: #5b6776; stroke-width: 3 } .lighttpd { fill: #7c3aed } .go { fill: #0e7490 } .hummingbird { fill: #15803d }
.flyingfox { fill: #a16207 } .python { stroke: #1d4ed8; stroke-width: 2.5; fill: none } .martlet { fill: #c2410c }
@media (prefers-color-scheme: dark) { svg { background: #14191f } text { fill: #e4e8ed } .quiet { fill: #98a4b3 }
.line { stroke: #2d3742 } .one { stroke: #98a4b3 } .target { stroke: #fb923c } .limit { stroke: #98a4b3 }
.lighttpd { fill: #b794f6 } .go { fill: #4fc3dc } .hummingbird { fill: #4ade80 } .flyingfox { fill: #eab308 }
.python { stroke: #82aaff } .martlet { fill: #fb923c } }"""


def figures(results):
    """For each work that nginx takes part in, or whose target is by another's nginx: each server's CPU time against its."""
    samples = {work["name"]: work["samples"] for work in results["works"]}
    found = {}
    for name, its in samples.items():
        if "nginx" in its:
            base = its["nginx"]
            found[name] = {peer: statistics.median(ratios(values, base)) for peer, values in its.items()}
        elif name == "form" and "nginx" in samples.get("hello", {}):
            base = median(samples["hello"]["nginx"])
            found[name] = {peer: median(values) / base for peer, values in its.items()}
    return found


def describe(results):
    """The picture in a sentence, for who does not see it."""
    values = [f"{name} {its['martlet']:.2f}" for name, its in figures(results).items()]
    return f"CPU time of a request against nginx, less is better. Martlet: {', '.join(values)}."


def draw(results, works):
    found = figures(results)
    every = [value for its in found.values() for value in its.values()]
    scale = Scale(min([0.05, *every]), max([2.0, *every]))
    height = TOP + ROW * len(found) + 52
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="system-ui, sans-serif" '
        'font-size="15" role="img" aria-labelledby="t d">',
        '<title id="t">CPU time of a request, against nginx</title>',
        f'<desc id="d">{escape(describe(results))}</desc>',
        f"<style>\n{STYLE}\n</style>",
        '<text class="name" x="16" y="28">CPU time of a request, against nginx: further left is better</text>',
    ]
    parts += _legend({peer for its in found.values() for peer in its})
    parts += _axis(scale, height)
    for number, (name, its) in enumerate(found.items()):
        parts += _row(name, its, works[name], scale, TOP + ROW * number + ROW // 2)
    return "\n".join([*parts, "</svg>"]) + "\n"


class Scale:
    """A logarithmic axis."""

    def __init__(self, lowest, highest):
        self.low = math.log10(lowest) - 0.05
        self.high = math.log10(highest) + 0.05

    def x(self, value):
        return LEFT + (math.log10(value) - self.low) / (self.high - self.low) * (WIDTH - LEFT - RIGHT)

    def marks(self):
        values = [digit * 10.0**power for power in range(-3, 5) for digit in (1, 2, 5)]
        return [value for value in values if self.low <= math.log10(value) <= self.high]


def _mark(peer, x, y):
    place = {"x": f"{x:.1f}", "y": y, "left": f"{x - 5.5:.1f}", "top": y - 7, "high": y - 5.5, "bottom": y + 7}
    return SHAPES[peer].format(**place)


def _legend(present):
    parts, x = [], 24
    for peer in [name for name in peers.ALL if name in present and name in SHAPES]:
        name = peers.ALL[peer].name
        parts.append(f'<g class="{peer}">{_mark(peer, x, 55)}</g><text class="quiet" x="{x + 13}" y="60">{name}</text>')
        x += 34 + 8 * len(name)
    parts.append(f'<path class="target" d="M{x} 46v18"/><text class="quiet" x="{x + 9}" y="60">target</text>')
    parts.append(f'<text class="quiet" x="{WIDTH - RIGHT + 22}" y="{TOP - 6}">Martlet</text>')
    parts.append(f'<text class="quiet" x="{WIDTH - RIGHT + 90}" y="{TOP - 6}">target</text>')
    return parts


def _axis(scale, height):
    parts, bottom = [], height - 44
    for value in scale.marks():
        x = scale.x(value)
        kind = "one" if value == 1 else "line"
        label = "nginx = 1" if value == 1 else f"{value:g}"
        parts.append(f'<path class="{kind}" d="M{x:.1f} {TOP}V{bottom}"/>')
        parts.append(f'<text class="quiet" text-anchor="middle" x="{x:.1f}" y="{bottom + 18}">{label}</text>')
    parts.append(f'<text class="quiet" x="16" y="{height - 8}">A logarithmic scale. form: against nginx\'s hello.</text>')
    return parts


def _row(name, its, work, scale, y):
    parts = [f'<text x="16" y="{y + 5}">{escape(name)}</text>']
    if work.target:
        x = scale.x(work.target)
        parts.append(f'<path class="target" d="M{x:.1f} {y - 11}v22"/>')
        parts.append(f'<text class="quiet" x="{WIDTH - RIGHT + 90}" y="{y + 5}">{work.target:.2f}</text>')
    for peer in [each for each in SHAPES if each in its]:
        title = f"{peers.ALL[peer].name}, {name}: {its[peer]:.2f}"
        parts.append(f'<g class="{peer}"><title>{escape(title)}</title>{_mark(peer, scale.x(its[peer]), y)}</g>')
    parts.append(f'<text class="name" x="{WIDTH - RIGHT + 22}" y="{y + 5}">{its["martlet"]:.2f}</text>')
    return parts
