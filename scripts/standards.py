#!/usr/bin/env python3
"""Joins docs/standards/requirements.tsv with the last run of the tests and writes the report.

    scripts/standards.py                writes docs/standards/README.md and coverage.md, lowers the count in open-musts
    scripts/standards.py --check        fails unless what is committed is what it would write; writes nothing
    scripts/standards.py --cited        lists what the tests of the last run cite, for a run of some tests only
    scripts/standards.py --open 9112-3  lists the open rows whose id begins so, counting only the last run

`make test` leaves what a run says in .build/standards: Swift Testing's event stream, and who cites what (RFCTrait.swift).
A row is covered when a test that cites it passed: it ended, no case failed or was cancelled, nothing was skipped.
A known issue is a failure here. A suite's citation asks that of each of its tests.
"""

import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
HERE = DOCS / "standards"
RUN = ROOT / ".build/standards"
COLUMNS = ["id", "rfc", "section", "level", "role", "summary", "how", "status"]
LEVELS = ["MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY-notable"]
IN_SCOPE = {"server", "origin", "sender", "recipient", "gateway"}
OUT_OF_SCOPE = {"cache"}
STATES = ["test", "doc", "departs", "n/a", "later", "open"]
TOPICS = {
    "9110": "HTTP semantics", "9111": "caching", "9112": "HTTP/1.1", "7617": "Basic", "7616": "Digest",
    "6750": "Bearer tokens", "3875": "CGI", "7239": "Forwarded", "6585": "more status codes", "8246": "immutable",
    "6797": "HSTS", "6266": "Content-Disposition", "8187": "parameters in UTF-8", "7578": "multipart/form-data",
    "3986": "URI",
}  # fmt: skip


def anchors(page, known={}):
    """The anchors of a page's headings, as GitHub makes them."""
    if page not in known:
        text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S) if page.is_file() else ""
        titles = re.findall(r"^#+ +(.+?) *$", text, re.M)
        known[page] = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
    return known[page]


def read_table(faults):
    header, *lines = (HERE / "requirements.tsv").read_text().split("\n")
    if header.split("\t") != COLUMNS or lines.pop() != "":
        sys.exit(f"requirements.tsv: the columns are {' '.join(COLUMNS)}, and a line end ends the file.")
    rows = {}
    for number, line in enumerate(lines, 2):
        fields = line.split("\t")
        row = {**dict(zip(COLUMNS, fields)), "state": "open", "told": "", "tests": []}
        row["scope"] = row.get("role") in IN_SCOPE
        if len(fields) != len(COLUMNS):
            sys.exit(f"requirements.tsv:{number}: {len(fields)} columns, not {len(COLUMNS)}")
        elif not re.fullmatch(re.escape(f"{row['rfc']}-{row['section']}-") + r"\d\d", row["id"]):
            fault = "the id is not RFC-section-NN"
        elif row["id"] in rows:
            fault = "the id is there twice"
        elif row["rfc"] not in TOPICS or row["level"] not in LEVELS or row["role"] not in IN_SCOPE | OUT_OF_SCOPE:
            fault = "no such RFC, level or role"
        elif any(field != field.strip() for field in fields):
            fault = "white space around a field"
        else:
            fault = read_status(row)
        if fault:
            faults.append(f"requirements.tsv:{number}: {row['id']}: {fault}")
        rows[row["id"]] = row
    return rows


def read_status(row):
    """Sets what the table itself says of a row; returns what is wrong with it."""
    told = row["status"] or (row["how"] if row["how"].startswith("n/a:") else "")
    if not told:
        return None
    row["state"], _, row["told"] = (part.strip() for part in told.partition(":"))
    if not row["told"]:
        return "the status has no `:` with a page or reason"
    if row["state"] in ("doc", "departs"):
        page, _, anchor = row["told"].partition("#")
        if anchor not in anchors(DOCS / page):
            return f"docs/{page} has no heading #{anchor}"
        if row["state"] == "departs" and row["level"].startswith("MUST"):
            return "one cannot depart from a MUST"
        return None
    return None if row["state"] in ("n/a", "later") else "the status is doc:, departs:, n/a: or later:"


def read_run(faults):
    """The tests of the last run by id, with `passed` and `ids`."""
    events, citations = RUN / "events.jsonl", RUN / "citations.tsv"
    if not events.exists():
        sys.exit("There is no run of the tests to join: make test")
    tests, ended, spoiled, over = {}, set(), set(), False
    for line in filter(None, events.read_text().split("\n")):
        record = json.loads(line)
        payload = record["payload"]
        if record["kind"] == "test":
            tests[payload["id"]] = {**payload, "ids": []}
        elif payload["kind"] == "testEnded":
            ended.add(payload["testID"])
        elif payload["kind"] in ("testSkipped", "testCancelled", "testCaseCancelled"):
            spoiled.add(payload["testID"])
        elif payload["kind"] == "issueRecorded" and payload["issue"]["severity"] != "warning":
            spoiled.add(payload.get("testID"))
        over |= payload["kind"] == "runEnded"
    if not over:
        sys.exit("The last run of the tests did not end: make test")
    functions = {id for id in tests if tests[id]["kind"] == "function"}
    for id, test in tests.items():
        # A suite stands for the tests in it. Those that a filter left out never ended.
        parts = {id} if id in functions else {function for function in functions if function.startswith(id + "/")}
        test["passed"] = bool(parts) and parts <= ended and not parts & spoiled and id not in spoiled
    for line in citations.read_text().splitlines() if citations.exists() else []:
        id, _, row = line.partition("\t")
        if id not in tests:
            faults.append(f"{row} is cited by a test that the run does not know: {id}")
        else:
            tests[id]["ids"].append(row)
    return tests


def join(rows, tests, faults):
    for id, test in sorted(tests.items()):
        for cited in sorted(set(test["ids"])):
            row = rows.get(cited)
            if row is None:
                place = test["sourceLocation"]
                faults.append(f"{place['fileID']}:{place['line']}: {cited} is cited and not in requirements.tsv")
            elif row["state"] == "n/a":
                faults.append(f"{cited} is said not to apply, and cited by {id}")
            elif test["passed"]:
                row["tests"].append(test)
    for row in rows.values():
        if row["tests"]:
            row["state"] = "test"


def story(test, base="../../"):
    """A test's name, linked to its file. No line numbers, so that a report lasts."""
    file = test["sourceLocation"]["fileID"]
    # For want of a display name the function's.
    name = test.get("displayName", test["name"])
    return f"[{pathlib.Path(file).stem}]({base}Tests/{file}): {cell(name)}"


def cell(text):
    """Text that Markdown leaves alone, in a table too."""
    return re.sub(r"([\\|`*_<\[\]])", r"\\\1", " ".join(text.split()))


def shown(row):
    """How a row is shown to hold, for the table of all rows."""
    if not row["scope"]:
        return "out of scope"
    if row["state"] == "test":
        return "<br>".join(sorted({story(test) for test in row["tests"]}))
    if row["state"] in ("doc", "departs"):
        page = row["told"].partition("#")[0]
        word = "documented" if row["state"] == "doc" else "departure"
        return f"{word}: [{page}](../{row['told']})"
    if row["state"] == "open":
        return "**open**"
    return f"{row['state']}: {cell(row['told'])}"


def by_parts_only(row):
    """A row that asks for octets on a socket and is covered by no test of a server."""
    modules = {test["id"].partition(".")[0] for test in row["tests"]}
    return row["how"] == "wire-test" and modules == {"MartletWireTests"}


def report(rows):
    scoped = [row for row in rows.values() if row["scope"]]
    text = (HERE / "preface.md").read_text()
    text += "\n## Counts\n\n"
    text += f"Rows of the roles {', '.join(sorted(IN_SCOPE))}; {len(rows) - len(scoped)} more bind only a shared cache."
    text += "\n\n"
    text += "| RFC | level | rows | " + " | ".join(STATES) + " |\n|---|---|" + "---:|" * (len(STATES) + 1) + "\n"

    def line(title, level, chosen):
        counts = [sum(row["state"] == state for row in chosen) for state in STATES]
        return f"| {title} | {level} | " + " | ".join(str(n) for n in [len(chosen), *counts]) + " |\n"

    for rfc, topic in TOPICS.items():
        for level in LEVELS:
            chosen = [row for row in scoped if row["rfc"] == rfc and row["level"] == level]
            text += line(f"{rfc} {topic}", level, chosen) if chosen else ""
    for level in LEVELS:
        text += line("**all**", level, [row for row in scoped if row["level"] == level])
    text += line("**all**", "**all**", scoped)

    text += "\n## On the wire still to be shown\n\n"
    text += "Covered, but so far only by tests of the parser and its kin (MartletWireTests), where literal octets through "
    text += "a live server are asked for.\n\n"
    for rfc in TOPICS:
        chosen = [f"`{row['id']}`" for row in scoped if row["rfc"] == rfc and by_parts_only(row)]
        text += f"- RFC {rfc}: {', '.join(chosen)}\n" if chosen else ""

    for state, title in [("open", "Open"), ("departs", "Departures")]:
        text += f"\n## {title}\n\n"
        chosen = [row for row in scoped if row["state"] == state]
        for row in chosen:
            why = "" if state == "open" else f" [{row['told'].partition('#')[0]}](../{row['told']})"
            text += f"- `{row['id']}` {row['level']}: {cell(row['summary'])}{why}\n"
        text += "" if chosen else "None.\n"
    text += "\n## Later\n\n"
    topics = {}
    for row in scoped:
        if row["state"] == "later":
            topics[row["told"]] = topics.get(row["told"], 0) + 1
    text += "".join(f"- {cell(topic)}: {count} rows\n" for topic, count in topics.items()) or "None.\n"
    return text


def coverage(rows):
    text = "# Every row and what shows it\n\nWritten by `make standards`; do not edit. What the words mean: [README.md](README.md).\n"
    for rfc, topic in TOPICS.items():
        text += f"\n## RFC {rfc}, {topic}\n\n| row | level | role | asked | shown by |\n|---|---|---|---|---|\n"
        for row in rows.values():
            if row["rfc"] == rfc:
                text += f"| {row['id']} | {row['level']} | {row['role']} | {cell(row['summary'])} | {shown(row)} |\n"
    return text


def list_cited(rows, tests):
    for id, test in sorted(tests.items()):
        for cited in sorted(set(test["ids"])):
            row = rows.get(cited)
            level = row["level"] if row else "NO SUCH ROW"
            print(f"{cited:16} {level:10} {'covered' if test['passed'] else 'NOT COVERED':12} {id}")


def main():
    mode, *rest = sys.argv[1:] or ["--write"]
    if mode not in ("--write", "--check", "--cited", "--open"):
        sys.exit(__doc__)
    faults = []
    rows = read_table(faults)
    tests = read_run(faults)
    join(rows, tests, faults)
    open_rows = [row for row in rows.values() if row["scope"] and row["state"] == "open"]
    musts = sum(row["level"].startswith("MUST") for row in open_rows)

    if mode == "--cited":
        list_cited(rows, tests)
    elif mode == "--open":
        for row in open_rows:
            if row["id"].startswith(rest[0] if rest else ""):
                print("\t".join([row["id"], row["level"], row["role"], row["how"], row["summary"]]))
    if faults:
        sys.exit("\n".join(faults))
    if mode in ("--cited", "--open"):
        return

    limit = HERE / "open-musts"
    allowed = int(limit.read_text()) if limit.exists() else musts
    if musts > allowed:
        sys.exit(f"{musts} MUST and MUST NOT rows are open; docs/standards/open-musts allows {allowed}.")
    stale = []
    for name, text in [("README.md", report(rows)), ("coverage.md", coverage(rows)), ("open-musts", f"{musts}\n")]:
        file = HERE / name
        if mode == "--write":
            file.write_text(text)
        elif not file.exists() or file.read_text() != text:
            stale.append(name)
    if stale:
        sys.exit(f"docs/standards: {', '.join(stale)} is not what the tests say: make standards")
    print(f"{len(rows)} rows, {len(open_rows)} open, {musts} of them MUST or MUST NOT.")


if __name__ == "__main__":
    main()
