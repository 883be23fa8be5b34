"""Constant load of mixed requests whose every answer is checked; each failure is kept with its time."""

import collections
import dataclasses
import hashlib
import random
import socket
import ssl
import threading
import time

#: Seconds without an octet after which an answer counts as never given.
PATIENCE = 40
SMALL = b"".join(b"%d bottles of beer on the wall\n" % number for number in range(40))
LARGE = random.Random(7).randbytes(1 << 20)


def write_site(folder):
    """What the load asks for."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "small.txt").write_bytes(SMALL)
    (folder / "large.bin").write_bytes(LARGE)


class Wrong(Exception):
    """An answer that is not as it must be."""


@dataclasses.dataclass(frozen=True)
class Failure:
    """A request that was not answered as it must be."""

    begun: float
    ended: float
    request: str
    #: Which server answered, where the head came.
    replica: str
    problem: str


@dataclasses.dataclass
class Answer:
    """A final response."""

    status: int
    fields: dict
    content: bytes


class Client:
    """A connection that is made when needed."""

    def __init__(self, address, context=None, patience=PATIENCE):
        self.address = address
        self.context = context
        self.patience = patience
        self.socket = None
        self.buffer = b""
        self.replica = ""

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket, self.buffer = None, b""

    def ask(self, method, target, fields=(), keeps=True):
        """One request and its answer. A problem closes the connection."""
        self.replica = ""
        lines = [f"{method} {target} HTTP/1.1", "Host: localhost", *fields]
        if not keeps:
            lines.append("Connection: close")
        try:
            if not self.socket:
                self.socket = socket.create_connection(self.address, self.patience)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self.context:
                    self.socket = self.context.wrap_socket(self.socket, server_hostname="localhost")
            self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
            answer = self.read(method)
        except BaseException:
            self.close()
            raise
        if not keeps or answer.fields.get("connection", "").lower() == "close":
            self.close()
        return answer

    def read(self, method):
        while b"\r\n\r\n" not in self.buffer:
            self.more()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        self.replica = fields.get("x-replica", "")
        status = int(lines[0].split(" ", 2)[1])
        length = 0 if method == "HEAD" or status in (204, 304) else int(fields["content-length"])
        parts, missing = [self.buffer[:length]], length - len(self.buffer[:length])
        self.buffer = self.buffer[length:]
        while missing > 0:
            part = self.socket.recv(min(missing, 1 << 18))
            if not part:
                raise Wrong(f"cut off: {missing} of {length} octets are missing")
            parts.append(part)
            missing -= len(part)
        return Answer(status, fields, b"".join(parts))

    def more(self):
        part = self.socket.recv(65536)
        if not part:
            raise Wrong("closed without an answer" if not self.buffer else "cut off within a head")
        self.buffer += part


def expect(condition, problem):
    if not condition:
        raise Wrong(problem)


def small(client, keeps):
    answer = client.ask("GET", "/small.txt", keeps=keeps)
    expect(answer.status == 200, f"status {answer.status}")
    expect(answer.content == SMALL, "wrong content")


DIGEST = hashlib.sha256(LARGE).digest()


def large(client, keeps):
    answer = client.ask("GET", "/large.bin", keeps=keeps)
    expect(answer.status == 200, f"status {answer.status}")
    expect(hashlib.sha256(answer.content).digest() == DIGEST, "wrong content")


def head(client, keeps):
    answer = client.ask("HEAD", "/large.bin", keeps=keeps)
    expect(answer.status == 200, f"status {answer.status}")
    expect(answer.fields.get("content-length") == str(len(LARGE)), "wrong Content-Length")


def part(client, keeps):
    answer = client.ask("GET", "/large.bin", ["Range: bytes=5000-8999"], keeps)
    expect(answer.status == 206, f"status {answer.status}")
    expect(answer.content == LARGE[5000:9000], "wrong content")


def unchanged(client, keeps):
    answer = client.ask("GET", "/small.txt", ["If-None-Match: *"], keeps)
    expect(answer.status == 304, f"status {answer.status}")


#: Each with its weight.
REQUESTS = {small: 8, large: 1, head: 3, part: 3, unchanged: 3}


class Load:
    """Threads that ask, until told to stop."""

    def __init__(self, address, threads=8, pause=0.002, context=None, requests=None):
        self.address = address
        self.pause = pause
        self.context = context
        self.requests = requests or REQUESTS
        self.ending = threading.Event()
        self.lock = threading.Lock()
        self.count = 0
        self.slowest = 0.0
        self.failures = []
        self.replicas = collections.Counter()
        # Half of them keep their connection, and one of those is mostly idle.
        kinds = [(number % 2 == 0, 0.3 if number == 0 else pause) for number in range(threads)]
        self.threads = [threading.Thread(target=self.work, args=(number, *kind)) for number, kind in enumerate(kinds)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        for thread in self.threads:
            thread.join()

    def work(self, number, keeps, pause):
        choice = random.Random(number)
        client = Client(self.address, self.context)
        kinds, weights = zip(*self.requests.items())
        while not self.ending.is_set():
            kind = choice.choices(kinds, weights)[0]
            begun = time.monotonic()
            failure = None
            try:
                kind(client, keeps)
            except (OSError, ssl.SSLError, Wrong, KeyError, ValueError, IndexError) as problem:
                client.close()
                request = f"{kind.__name__}, {'kept' if keeps else 'new'} connection"
                what = f"{type(problem).__name__}: {problem}"
                failure = Failure(begun, time.monotonic(), request, client.replica, what)
            with self.lock:
                self.count += 1
                self.slowest = max(self.slowest, time.monotonic() - begun)
                self.replicas[client.replica] += 1
                if failure:
                    self.failures.append(failure)
            time.sleep(pause)
        client.close()

    def reset(self):
        """Begins to count anew; what was counted."""
        with self.lock:
            counted = (self.count, self.slowest, self.failures)
            self.count, self.slowest, self.failures = 0, 0.0, []
            return counted
