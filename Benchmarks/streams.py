#!/usr/bin/env python3
"""A hundred uploads of 100 MB at once, one of 2 GB, and clients that read an endless stream slowly, all on one loop.

Checks that every octet of the uploads arrives and that none of it needs memory to speak of. Run by `make load`.
"""

import os
import pathlib
import socket
import sys
import tempfile
import time

import connections
import peers
import processes
import works
from uploads import FormUpload

UPLOADS = int(os.environ.get("UPLOADS", "100"))
UPLOAD = int(os.environ.get("UPLOAD", "100")) * 1_000_000
HUGE = int(os.environ.get("HUGE", "2000")) * 1_000_000
READERS = 100
#: Of resident memory, with the program itself.
MOST_MEMORY = 100_000_000
#: For a client that reads slowly.
MOST_FOR_READER = 256 * works.KIB


def main():
    connections.raise_descriptor_limit()
    with tempfile.TemporaryDirectory(prefix="martlet-streams-") as name:
        folder = pathlib.Path(name)
        (folder / "small.txt").write_bytes(works.content(works.KIB))
        port = processes.free_port()
        command = [str(peers.binary_folder() / "handlers"), str(port), str(folder)]
        with processes.Server(command, port, path="/small.txt") as server:
            server.wait_until_it_answers()
            upload_at_once(server, UPLOADS, UPLOAD)
            upload_at_once(server, 1, HUGE)
            read_slowly(server)
    print("streams: all checks passed")


def expect(condition, message):
    if not condition:
        sys.exit(f"streams: {message}")


def upload_at_once(server, count, size):
    uploads = [FormUpload(server.port, size) for _ in range(count)]
    start = time.monotonic()
    for upload in uploads:
        upload.start()
    most = 0
    while any(upload.is_alive() for upload in uploads):
        most = max(most, processes.memory(server.pid)[0])
        time.sleep(0.02)
    seconds = time.monotonic() - start
    for upload in uploads:
        expect(upload.answer.endswith(f"\r\n\r\n{size}\n".encode()), f"an upload got {upload.answer!r}")
    expect(most < MOST_MEMORY, f"{most >> 20} MiB resident with {count} uploads")
    print(f"{count} x {size // 1_000_000} MB uploaded at {count * size / seconds / 2**20:.0f} MiB/s, "
          f"{most / 2**20:.0f} MiB resident at most")  # fmt: skip


def read_slowly(server):
    """What the kernel holds is its own; what the server holds shows in its memory."""
    before, _ = processes.memory(server.pid)
    readers = []
    for number in range(READERS):
        reader = connections.connect(server.port, number)
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.sendall(b"GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n")
        readers.append(reader)
    for _ in range(3):
        for reader in readers:
            reader.recv(1024)
        # An answer to somebody else: the loop has done what it could for the readers.
        processes.first_answer(server.port, "/small.txt")
    after, _ = processes.memory(server.pid)
    each = (after - before) / READERS
    for reader in readers:
        reader.close()
    expect(each < MOST_FOR_READER, f"{each / works.KIB:.0f} KiB for each slow reader")
    print(f"{READERS} slow readers of an endless stream: {max(0, each) / works.KIB:.0f} KiB each")


if __name__ == "__main__":
    main()
