"""The table of who answers what: its record, and its page."""

import collections
import pathlib
import textwrap

import servers
from requests import CASES

RECORD = pathlib.Path(__file__).parent / "answers.tsv"
NOT_ASKED = "-"


def read_answers():
    """What each peer answered to each case when it was last asked, and the peers' versions."""
    answers, versions = {name: {} for name in servers.PEERS}, {}
    if RECORD.exists():
        names, *rows = [line.split("\t") for line in RECORD.read_text().splitlines()]
        for heading in names[1:]:
            name, _, version = heading.partition(" ")
            versions[name] = version
        for id, *cells in rows:
            for heading, cell in zip(names[1:], cells):
                if cell != NOT_ASKED:
                    answers[heading.partition(" ")[0]][id] = cell.encode().decode("unicode_escape")
    return answers, versions


def write_answers(answers, versions):
    lines = [["id", *(f"{name} {versions.get(name, '?')}" for name in servers.PEERS)]]
    for case in CASES:
        cells = [answers[name].get(case.id) for name in servers.PEERS]
        lines.append([case.id, *(NOT_ASKED if cell is None else escaped(cell) for cell in cells)])
    RECORD.write_text("".join("\t".join(line) + "\n" for line in lines))


def escaped(text):
    return text.encode("unicode_escape").decode()


def comparable(outcome):
    # To the client a reset is a close that came too early.
    return outcome.replace(" reset", " closed")


def majority(case, answers):
    """The answers that most peers give: none when no answer is that of half of them."""
    given = [comparable(answers[name][case.id]) for name in servers.PEERS if case.id in answers[name]]
    counts = collections.Counter(given)
    most = max(counts.values(), default=0)
    return {answer for answer, count in counts.items() if count == most and 2 * count >= len(given)}


def differs(case, answers):
    most = majority(case, answers)
    return bool(most) and comparable(case.outcome) not in most


def faults(answers):
    found = []
    for case in CASES:
        absent = [name for name in servers.PEERS if name not in case.skip and case.id not in answers[name]]
        if absent:
            found.append(f"{case.id}: no answer on record of {', '.join(absent)}: make differences PEERS=all")
        elif differs(case, answers) and not case.why:
            most = " or ".join(sorted(majority(case, answers)))
            found.append(f"{case.id} ({case.name}): {case.outcome!r}, most others {most!r}: say why in requests.py")
    return found


# The page.

INTRODUCTION = """\
# Differences

The same {count} requests (good, odd and hostile) were sent to Martlet and to
{peers}.
This page says who answers what.
`make differences PEERS=all` asks everybody again and writes it; `make differences` checks in CI that Martlet answers as
it says here, also octet by octet and behind another request. The requests as bytes are in
[requests.py](../../Tests/Differential/requests.py), the others' set-up is in [peers](../../Tests/Differential/peers).

- Numbers are the statuses of the answers, in order. More than were asked for: content was taken for a request.
- *kept*: a request behind it was answered. *closed*: the connection was closed. *reset*: so that the answer may be lost.
  *waits*: it wants more octets. *http/0.9*: an answer without status line; *garbage*: octets behind the
  answers; *cut*: an answer without its end.
- `=` is Martlet's answer, `-` was not asked (Node's library has no file server). What the others' echo understood stands behind
  their answer where it is not the same.
- Python is `http.server` with `protocol_version = "HTTP/1.1"`. Go and Node show what their libraries do for a handler that reads
  all content; nginx's echo does not see content.

Of the {count} requests Martlet answers {differences} otherwise than most of the others do. Each of these has a number that leads to
the reason below the table.
"""


def page(answers, versions):
    peers = [f"{servers.TITLES[name]} {versions.get(name, '?')}" for name in servers.PEERS]
    text = INTRODUCTION.format(
        count=len(CASES),
        peers=", ".join(peers[:-1]) + " and " + peers[-1],
        differences=sum(differs(case, answers) for case in CASES),
    )
    topics = {}
    for case in CASES:
        topics.setdefault(case.topic, []).append(case)
    return text + "".join(section(topic, cases, answers) for topic, cases in topics.items())


def section(topic, cases, answers):
    """A table with a row for all cases that everybody answers alike, and the reasons for our differences."""
    reasons, rows = [], {}
    for case in cases:
        number = ""
        if differs(case, answers) and case.why:
            if case.why not in reasons:
                reasons.append(case.why)
            number = f" [{reasons.index(case.why) + 1}]"
        cells = (case.outcome + number, *(cell(case, name, answers) for name in servers.PEERS))
        rows.setdefault(cells, []).append(case.name)
    lines = [f"\n## {topic}\n", row(["Request", "Martlet", *(servers.TITLES[name] for name in servers.PEERS)])]
    lines.append("|---" * (2 + len(servers.PEERS)) + "|")
    for cells, names in rows.items():
        lines.append(row([quoted("; ".join(names)), *map(quoted, cells)]))
    if reasons:
        lines.append("")
        for index, reason in enumerate(reasons):
            lines.append(textwrap.fill(f"{index + 1}. {reason}", 120, subsequent_indent="   ", break_long_words=False))
    return "\n".join(lines) + "\n"


def cell(case, name, answers):
    answer = answers[name].get(case.id)
    if answer is None:
        return NOT_ASKED
    return "=" if answer == case.outcome else answer


def row(cells):
    return "| " + " | ".join(cells) + " |"


def quoted(text):
    """Text as Markdown that shows it as it is."""
    for mark in "\\|*_<>`[]":
        text = text.replace(mark, "\\" + mark)
    return "".join(c if c.isprintable() and ord(c) < 127 else escaped(c).replace("\\", "\\\\") for c in text)
