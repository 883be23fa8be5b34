#!/usr/bin/env python3
"""Writes the backtraces of docs/how-it-works.md anew: scripts/backtraces.sh builds the probe and calls this.

Tests/TrapProbe is a server whose handler traps. Swift's backtracer prints the stack; what stays of it are the functions
somebody wrote, with their files. StackDepthTests compares the page with the stack in the same way.
"""
import os
import pathlib
import re
import socket
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "how-it-works.md"
FRAME = re.compile(r"^ *\d+ (.*)0x[0-9a-f]+ (.+?)(?: \+ \d+)? in TrapProbe at ([^:]+)")
SETTINGS = "enable=yes,color=no,interactive=no,threads=crashed,images=none,sanitize=no,limit=none"


def backtrace(probe, kind, last):
    environment = dict(os.environ, SWIFT_BACKTRACE=SETTINGS)
    child = subprocess.Popen([probe, kind], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    port = int(child.stdout.readline())
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na")
        try:
            client.recv(1)  # Until the server is gone.
        except ConnectionError:
            pass
    output, errors = child.communicate(timeout=120)
    frames = []
    for line in (errors + output).decode().splitlines():
        match = FRAME.match(line)
        if not match or "[thunk]" in match[1] or "[system]" in match[1] or not match[3].startswith(f"{ROOT}/"):
            continue
        name = "closure in main" if match[2].endswith(" in ") else match[2]
        frames.append((name, match[3][len(f"{ROOT}/") :]))
        if last in name:
            return frames
    sys.exit(f"{kind}: no {last} in\n{errors.decode()}")


def main(probe):
    page = PAGE.read_text()
    for kind, last in [
        ("sync", "closure #1 in Server.startThread"),
        ("resource", "closure #1 in Connection.startTask"),
        ("middleware", "closure #1 in Connection.startTask"),
    ]:
        frames = backtrace(probe, kind, last)
        lines = [f"{number:>2}  {name:<42}  {file}" for number, (name, file) in enumerate(frames)]
        block = f"<!-- backtrace: {kind} -->\n```text\n" + "\n".join(lines) + "\n```\n"
        page, count = re.subn(rf"<!-- backtrace: {kind} -->\n```text\n.*?```\n", lambda _: block, page, flags=re.S)
        if count != 1:
            sys.exit(f"{PAGE.name} has {count} places for the backtrace {kind}.")
        print(f"{kind}: {len(frames)} functions")
    PAGE.write_text(page)


main(sys.argv[1])
