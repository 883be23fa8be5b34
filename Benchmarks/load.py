#!/usr/bin/env python3
"""Ten thousand idle and two hundred slow clients beside one that downloads at full speed, all on one loop of martlet.

Checks that the download is complete and right, that slow clients are cut off in time, that idle ones are still answered
afterwards, that a client which stops reading costs no memory, and that every descriptor comes back.

Usually run by `make load`. Settings come from the environment:
    IDLE=10000 SLOW=200   how many of each
    HEAD_TIMEOUT=4        seconds that the server gives a request head
    BIN=FOLDER            where the program is; default .build/release
"""

import contextlib
import os
import pathlib
import select
import sys
import tempfile
import threading
import time
import zlib

import connections
import peers
import processes
import works

IDLE = int(os.environ.get("IDLE", "10000"))
SLOW = int(os.environ.get("SLOW", "200"))
HEAD_TIMEOUT = int(os.environ.get("HEAD_TIMEOUT", "4"))
#: Seconds beyond the time-out that a loaded machine may take.
SLACK = 3
DOWNLOAD = 256 * works.MIB
#: More than fits into the socket buffers of both sides.
STALLED = 1024 * works.MIB


def main():
    # Each connection takes a descriptor here and one in the server.
    if (limit := connections.raise_descriptor_limit()) < IDLE + SLOW + 100:
        sys.exit(f"The limit of open files is {limit}; {IDLE + SLOW + 100} are needed: ulimit -n")
    with tempfile.TemporaryDirectory(prefix="martlet-load-") as name:
        folder = pathlib.Path(name)
        (folder / "small.txt").write_bytes(works.content(works.KIB))
        checksum = write_download(folder / "download.bin")
        with open(folder / "large.bin", "wb") as file:
            file.truncate(STALLED)  # Sparse: no space on the disk.
        port = processes.free_port()
        command = peers.Martlet(folder, folder).files(port) + ["--head-timeout", str(HEAD_TIMEOUT)]
        with processes.Server(command, port, path="/small.txt") as server:
            server.wait_until_it_answers()
            run(server, checksum)
    print("load: all checks passed")


def run(server, checksum):
    at_start = settled_descriptors(server, None)
    before, _ = processes.memory(server.pid)

    idle = connections.open_many(server.port, IDLE)
    connections.ask_all(idle, "/small.txt")
    after, _ = processes.memory(server.pid)
    print(f"{IDLE} idle connections: {(after - before) / IDLE:.0f} octets each")

    download = Download(server.port, checksum)
    download.start()
    report_slow_clients(server.port)
    download.finish()
    contents = connections.ask_all(idle, "/small.txt")
    expect(contents == [works.content(works.KIB)] * IDLE, "idle connections were answered wrongly")
    print(f"{IDLE} idle connections were answered afterwards")

    check_stalled_reader(server)
    cut_downloads(server.port)
    for connection in idle:
        connection.close()
    at_end = settled_descriptors(server, at_start)
    expect(at_end == at_start, f"descriptors: {at_start} at the start, {at_end} at the end")
    print(f"descriptors are back to {at_start}")


def expect(condition, message):
    if not condition:
        sys.exit(f"load: {message}")


def write_download(path):
    """Writes the file to download; its CRC-32."""
    block = works.content(works.MIB)
    checksum = 0
    with open(path, "wb") as file:
        for number in range(DOWNLOAD // works.MIB):
            numbered = number.to_bytes(8, "big") + block[8:]
            file.write(numbered)
            checksum = zlib.crc32(numbered, checksum)
    return checksum


def settled_descriptors(server, wanted, within=10.0):
    """The count, once it is `wanted` or has stayed the same for a moment."""
    deadline = time.monotonic() + within
    last = -1
    while (count := processes.descriptors(server.pid)) != wanted and time.monotonic() < deadline:
        if wanted is None and count == last:
            break
        last = count
        time.sleep(0.05)
    return count


class Download(threading.Thread):
    """Downloads the file again and again until told to finish; at least once."""

    def __init__(self, port, checksum):
        super().__init__(daemon=True)
        self.port = port
        self.checksum = checksum
        self.last = threading.Event()
        self.problem = None
        self.octets = 0
        self.seconds = 0.0

    def run(self):
        try:
            while True:
                is_last = self.last.is_set()
                self.download()
                if is_last:
                    return
        except (OSError, ValueError) as error:
            self.problem = error

    def download(self):
        start = time.monotonic()
        buffer = bytearray(works.MIB)
        view = memoryview(buffer)
        with connections.connect(self.port) as connection:
            connection.sendall(b"GET /download.bin HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            head = b""
            while b"\r\n\r\n" not in head:
                if not (octets := connection.recv(4096)):
                    raise ValueError("the download got no answer")
                head += octets
            head, _, content = head.partition(b"\r\n\r\n")
            if connections.content_length(head) != DOWNLOAD:
                raise ValueError(f"the download began with {head!r}")
            checksum, count = zlib.crc32(content), len(content)
            while received := connection.recv_into(buffer):
                checksum = zlib.crc32(view[:received], checksum)
                count += received
        if (count, checksum) != (DOWNLOAD, self.checksum):
            raise ValueError(f"the download has {count} octets of {DOWNLOAD}, or wrong ones")
        self.octets += count
        self.seconds += time.monotonic() - start

    def finish(self):
        self.last.set()
        self.join(timeout=120)
        expect(not self.is_alive(), "the download did not end")
        expect(self.problem is None, str(self.problem))
        print(f"meanwhile {self.octets // works.MIB} MiB downloaded, {self.octets / 2**20 / self.seconds:.0f} MiB/s, right")


def report_slow_clients(port):
    """Each sends an octet of a head every half second, for ever; the server has to end all in time."""
    slow = {connections.connect(port, number): time.monotonic() for number in range(SLOW)}
    answers = {connection: b"" for connection in slow}
    ended = {}
    for connection in slow:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
    poller = select.poll()
    by_number = {connection.fileno(): connection for connection in slow}
    for number in by_number:
        poller.register(number, select.POLLIN)
    next_octet = time.monotonic()
    while len(ended) < SLOW and time.monotonic() < max(slow.values()) + HEAD_TIMEOUT + SLACK:
        if time.monotonic() >= next_octet:
            next_octet += 0.5
            for connection in slow.keys() - ended.keys():
                with contextlib.suppress(OSError):
                    connection.sendall(b"a")
        for number, _ in poller.poll(100):
            connection = by_number[number]
            octets = b""
            with contextlib.suppress(ConnectionResetError):
                octets = connection.recv(4096)
            answers[connection] += octets
            if not octets:
                ended[connection] = time.monotonic() - slow[connection]
                poller.unregister(number)
    for connection in slow:
        connection.close()
    expect(len(ended) == SLOW, f"{SLOW - len(ended)} slow clients were not cut off")
    told = sum(answer.startswith(b"HTTP/1.1 408 ") for answer in answers.values())
    expect(told == SLOW, f"only {told} of {SLOW} slow clients were told 408")
    expect(min(ended.values()) > HEAD_TIMEOUT - 0.5, f"a slow client was cut off after {min(ended.values()):.1f} s")
    print(f"{SLOW} slow clients got 408 after {min(ended.values()):.1f} to {max(ended.values()):.1f} s")


def check_stalled_reader(server):
    """A client that stops reading 1 GiB: what does not fit into the kernel's buffers stays in the file."""
    before, _ = processes.memory(server.pid)
    with connections.connect(server.port) as connection:
        connection.sendall(b"GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n")
        connection.recv(4096)
        # Another request is answered only after the loop has done what it could for the first.
        processes.first_answer(server.port, "/small.txt")
        after, _ = processes.memory(server.pid)
    expect(after - before < works.MIB, f"a stalled reader costs {after - before} octets")
    print(f"a client that stops reading 1 GiB costs {max(0, after - before)} octets")


def cut_downloads(port, count=50):
    """Clients that go away in the middle."""
    for number in range(count):
        with connections.connect(port, number) as connection:
            connection.sendall(b"GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n")
            connection.recv(65536)


if __name__ == "__main__":
    main()
