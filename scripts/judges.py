#!/usr/bin/env python3
"""Asks httplint what it thinks of Martlet's answers: scripts/judges.sh makes its environment.

A note of level BAD fails. So does a WARN that docs/standards/judges.md does not explain, and an explanation that
nothing needs any more. BIN is the folder of `martlet`, FUZZED the server of the fuzzer, for answers of handlers.
"""
import http.client
import os
import re
import subprocess
import sys
import tempfile
import time

from httplint import HttpRequestLinter, HttpResponseLinter
from httplint.note import levels

EXPLANATIONS = "docs/standards/judges.md"


def start(*command):
    """Starts a server; returns the process and its port, which it prints as a URL or by itself."""
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for line in server.stdout:
        if found := re.search(r"http://127\.0\.0\.1:(\d+)", line) or re.fullmatch(r"(\d+)\n", line):
            return server, int(found[1])
    sys.exit(f"{command[0]} does not start")


def ask(port, method, target, fields):
    """One exchange: the answer and what httplint has to say of it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest(method, target, skip_accept_encoding=True)
    for name, value in fields.items():
        connection.putheader(name, value)
    connection.endheaders()
    began = time.time()
    answer = connection.getresponse()
    content = answer.read()

    base = f"http://127.0.0.1:{port}{target}"
    request = HttpRequestLinter(start_time=began)
    request.process_request_topline(method.encode(), base.encode(), b"1.1")
    request.process_headers([(name.encode(), value.encode()) for name, value in fields.items()])
    request.finish_content(True)
    linter = HttpResponseLinter(start_time=began, _related=request, no_content=method == "HEAD")
    linter.base_uri = base
    linter.process_response_topline(b"1.1", str(answer.status).encode(), answer.reason.encode())
    linter.process_headers([(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.getheaders()])
    linter.feed_content(content)
    linter.finish_content(True, [])
    connection.close()
    return answer, linter.notes


def main():
    with open(EXPLANATIONS, encoding="utf-8") as file:
        explained = set(re.findall(r"^\| `(\w+)` \|", file.read(), re.MULTILINE))
    needed, failed, judged = set(), False, 0
    with tempfile.TemporaryDirectory() as root:
        os.makedirs(f"{root}/folder/empty")
        with open(f"{root}/index.html", "w", encoding="utf-8") as file:
            file.write("<!DOCTYPE html>\n<title>Page</title>\n<p>Hello.\n" + "<p>And more of it.\n" * 100)
        with open(f"{root}/folder/file.txt", "w", encoding="utf-8") as file:
            file.write("text\n" * 1000)
        files, port = start(f"{os.environ['BIN']}/martlet", root, "--port", "0")
        fuzzed, other = start(os.environ["FUZZED"], "--serve")
        try:
            page, _ = ask(port, "GET", "/", {})
            tag, date = page.getheader("ETag"), page.getheader("Last-Modified")
            browser = {"Accept": "text/html", "Accept-Encoding": "gzip"}
            cases = [
                ("a page", port, "GET", "/", browser, 200),
                ("a page's head", port, "HEAD", "/", {}, 200),
                ("a file", port, "GET", "/folder/file.txt", {}, 200),
                ("a range", port, "GET", "/folder/file.txt", {"Range": "bytes=10-19"}, 206),
                ("two ranges", port, "GET", "/folder/file.txt", {"Range": "bytes=0-1,10-19"}, 206),
                ("a range past the end", port, "GET", "/folder/file.txt", {"Range": "bytes=9999-"}, 416),
                ("a 304 by its tag", port, "GET", "/", {"If-None-Match": tag}, 304),
                ("a 304 by its date", port, "GET", "/", {"If-Modified-Since": date}, 304),
                ("a failed precondition", port, "GET", "/", {"If-Match": '"x"'}, 412),
                ("a listing", port, "GET", "/folder/", browser, 200),
                ("a listing as JSON", port, "GET", "/folder/", {"Accept": "application/json"}, 200),
                ("an error page", port, "GET", "/none", browser, 404),
                ("an error as text", port, "GET", "/none", {}, 404),
                ("an error as JSON", port, "GET", "/none", {"Accept": "application/problem+json"}, 404),
                ("another method", port, "DELETE", "/", {}, 405),
                ("options", port, "OPTIONS", "/", {}, 204),
                ("a redirect", port, "GET", "/folder", browser, 301),
                ("a stream", other, "GET", "/stream/1", {}, 200),
                ("a handler's answer", other, "GET", "/echo/1", {}, 200),
            ]
            for name, at, method, target, fields, status in cases:
                answer, notes = ask(at, method, target, fields)
                judged += 1
                if answer.status != status:
                    print(f"{name}: {answer.status} instead of {status}")
                    failed = True
                for note in notes:
                    kind = type(note).__name__
                    needed.add(kind)
                    if note.level is levels.BAD or note.level is levels.WARN and kind not in explained:
                        print(f"{name}: [{note.level.name}] {kind}: {note.summary}")
                        failed = True
        finally:
            for server in (files, fuzzed):
                server.terminate()
                server.wait()
    for kind in sorted(explained - needed):
        print(f"{EXPLANATIONS} explains {kind}, which nobody says any more")
        failed = True
    if failed:
        sys.exit(1)
    print(f"httplint finds no fault with {judged} answers.")


main()
