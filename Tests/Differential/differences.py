"""Who answers what: the same requests to Martlet and to six other servers.

    differences.py PROGRAM             check Martlet's answers, and that docs/standards/differences.md is up to date
    differences.py PROGRAM --peers all ask the other servers again (or some: nginx,go), then write the page

Martlet gets each request three times: as a whole, one octet at a time, and behind another request.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import sys
import tempfile

import exchange
import report
import servers
from requests import CASES

ROOT = pathlib.Path(__file__).parents[2]
PAGE = ROOT / "docs/standards/differences.md"
REQUIREMENTS = ROOT / "docs/standards/requirements.tsv"
# A request longer than this is not sent octet by octet.
LONGEST_IN_OCTETS = 4096
WAYS = {"as a whole": (0, False), "octet by octet": (1, False), "behind another request": (0, True)}


def ways(case):
    for name, (octets_at_once, behind) in WAYS.items():
        if octets_at_once and (case.whole or sum(map(len, case.parts)) > LONGEST_IN_OCTETS):
            continue
        if behind and case.alone:
            continue
        yield name, octets_at_once, behind


def faults(port, case):
    """What is wrong with Martlet's answers to a case, a line for each."""
    found = []
    for name, octets_at_once, behind in ways(case):
        outcome = exchange.check(port, case, octets_at_once, behind)
        if behind:
            first = outcome.answers.pop(0) if outcome.answers else None
            if not first or first.status != 200 or first.content != b"hello\n":
                found.append(f"{case.id} {name}: the request before it was not answered: {outcome.raw[:200]!r}")
                continue
        answer = outcome.text(case.key)
        if answer != case.outcome:
            found.append(f"{case.id} {name}: expected {case.outcome!r}, got {answer!r}: {outcome.raw[-300:]!r}")
            continue
        octets = b"".join(a.head + b"\r\n\r\n" + a.content for a in outcome.answers)
        found += [f"{case.id} {name}: lacks {text!r}" for text in case.has if text.encode("latin-1") not in octets]
        found += [f"{case.id} {name}: has {text!r}" for text in case.lacks if text.encode("latin-1") in octets]
        found += [f"{case.id} {name}: {fault}" for a in outcome.answers for fault in head_faults(a)]
    return found


def head_faults(answer):
    """What every answer of Martlet must hold, whatever the request."""
    head = answer.head + b"\r\n"
    if not head.startswith(b"HTTP/1.1 "):
        yield "does not say HTTP/1.1 (9110-6.2-01)"
    if answer.status >= 200 and head.count(b"\r\nDate: ") != 1:
        yield "has no Date, or two (9110-6.6.1-02)"
    if answer.status < 200 or answer.status == 204:
        if b"\r\nContent-Length: " in head or b"\r\nTransfer-Encoding: " in head:
            yield "frames content that it cannot have (9110-8.6-04, 9112-6.1-07)"
    elif answer.status != 304 and b"\r\nContent-Length: " not in head and b"\r\nTransfer-Encoding: " not in head:
        if b"\r\nConnection: close" not in head:
            yield "does not say where its content ends (9112-6.3-12)"
    if answer.status == 405 and b"\r\nAllow: " not in head:
        yield "is a 405 without Allow (9110-10.2.1-01)"


def check_martlet(program, site, work):
    with servers.start_martlet(program, site, work) as martlet, concurrent.futures.ThreadPoolExecutor(16) as pool:
        return [fault for found in pool.map(lambda case: faults(martlet.port, case), CASES) for fault in found]


def ask_peers(names, folder, site):
    """The recorded answers, with those of `names` replaced by new ones."""
    recorded, versions = report.read_answers()
    for name in names:
        if not os.path.exists(servers.PROGRAMS[name]):
            print(f"{name} is not installed (scripts/setup.sh standards): its recorded answers stay")
    names = [name for name in names if os.path.exists(servers.PROGRAMS[name])]
    with concurrent.futures.ThreadPoolExecutor(len(servers.PEERS)) as pool:
        for name, answers in zip(names, pool.map(lambda name: ask(name, folder, site), names)):
            recorded[name], versions[name] = answers, servers.version(name)
    return recorded, versions


def ask(name, folder, site):
    cases = [case for case in CASES if name not in case.skip]
    with servers.start_peer(name, site, folder / name) as peer, concurrent.futures.ThreadPoolExecutor(8) as pool:
        outcomes = pool.map(lambda case: exchange.observe(peer.port, case).text(case.key), cases)
        return dict(zip([case.id for case in cases], outcomes))


def check_data():
    """Faults of requests.py itself."""
    ids = [case.id for case in CASES]
    found = [f"{id}: more than one case has this id" for id in sorted({id for id in ids if ids.count(id) > 1})]
    if REQUIREMENTS.exists():
        known = set(re.findall(r"^(\S+)\t", REQUIREMENTS.read_text(), re.M))
        found += [f"{case.id}: there is no requirement {id}" for case in CASES for id in case.rfc if id not in known]
    found += [f"{case.id}: cites no requirement" for case in CASES if not case.rfc]
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="the server of Tests/Differential/Server")
    parser.add_argument("--peers", default="", help="all, or names with commas between them")
    arguments = parser.parse_args()
    names = servers.PEERS if arguments.peers == "all" else [name for name in arguments.peers.split(",") if name]
    if unknown := set(names) - set(servers.PEERS):
        parser.error(f"no such server: {', '.join(unknown)}; there are {', '.join(servers.PEERS)}")

    with tempfile.TemporaryDirectory(prefix="differences-") as temporary:
        folder = pathlib.Path(temporary)
        folder.chmod(0o755)  # Servers started by root give up their rights.
        site = folder / "site"
        site.mkdir()
        servers.make_site(site)
        found = check_data() + check_martlet(arguments.program, site, folder / "martlet")
        answers, versions = ask_peers(names, folder, site)
    found += report.faults(answers)
    page = report.page(answers, versions)
    if names:
        report.write_answers(answers, versions)
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(page)
    elif not PAGE.exists() or PAGE.read_text() != page:
        found.append(f"{PAGE.relative_to(ROOT)} is not up to date: make differences PEERS=all")
    for fault in found:
        print(fault, file=sys.stderr)
    print(f"{len(CASES)} requests, {len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
