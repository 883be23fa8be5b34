#!/usr/bin/env python3
"""Counts what each kind of handler allocates for a request on a kept connection, and fails when it is too much.

Allocations are counted by a preloaded library (mallocs.c): 2,000 requests against 1,000, so that what is made once does
not count. Run by `scripts/mallocs.sh`.
"""

import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

from processes import free_port

# Path, and the most allocations a request may cost.
LIMITS = [("/route", 0), ("/notes/ada", 2), ("/async", 6), ("/resource", 6), ("/middleware", 10)]


def main():
    program, library = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="martlet-mallocs-") as folder:
        pathlib.Path(folder, "file.txt").write_text("Hello, world!\n")
        failed = [path for path, limit in LIMITS if not holds(program, library, folder, path, limit)]
    if failed:
        sys.exit(f"too many allocations a request: {', '.join(failed)}")


def holds(program, library, folder, path, limit):
    few, many = (count(program, library, folder, path, requests) for requests in (1000, 2000))
    each = (many - few) / 1000
    print(f"{path:12} {each:6.2f} allocations a request, at most {limit}")
    return each <= limit + 0.05


def count(program, library, folder, path, requests):
    """Allocations of the whole process until `requests` were answered on one connection."""
    port = free_port()
    reader, writer = os.pipe()

    def number():
        process.send_signal(signal.SIGUSR1)
        return int(os.read(reader, 64))

    process = subprocess.Popen(
        ["sh", "-c", f'exec 3>&{writer}; exec env LD_PRELOAD="$0" "$@"', library, program, str(port), folder],
        pass_fds=[writer],
    )
    try:
        connection = connect(port)
        request = f"GET {path} HTTP/1.1\r\nHost: a\r\nUser-Agent: mallocs\r\nAccept: */*\r\n\r\n".encode()
        for _ in range(requests):
            connection.sendall(request)
            answer = connection.recv(4096)
            if not answer.startswith(b"HTTP/1.1 200 "):
                raise RuntimeError(f"{path}: {answer!r}")
        connection.close()
        return number()
    finally:
        process.terminate()
        process.wait()
        os.close(reader)
        os.close(writer)


def connect(port):
    for _ in range(500):
        try:
            connection = socket.create_connection(("127.0.0.1", port), timeout=10)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection
        except ConnectionRefusedError:
            time.sleep(0.02)
    raise RuntimeError("the server does not start")


if __name__ == "__main__":
    main()
