"""What is asked of the servers, and what a right answer is."""

import dataclasses
import hashlib
import subprocess

KIB = 1024
MIB = 1024 * KIB


@dataclasses.dataclass(frozen=True)
class Work:
    name: str
    about: str
    path: str
    content: bytes
    connections: int = 64
    status: int = 200
    fields: tuple = ()
    logs: bool = False
    closes: bool = False
    by_tag: bool = False
    handlers: bool = False
    peers: tuple = ("martlet", "nginx", "python")

    @property
    def is_hello(self):
        return self.path == "/hello"

    def request_fields(self, port):
        """The fields of the request; the entity tag is the server's own."""
        fields = list(self.fields)
        if self.by_tag:
            fields.append(f"If-None-Match: {_entity_tag(port, self.path)}")
        if self.closes:
            fields.append("Connection: close")
        return fields

    def check(self, port):
        """Asks once with curl and compares; raises when the answer is not the right one."""
        head, content = _curl(port, self.path, self.request_fields(port))
        status = int(head.split()[1])
        if status != self.status:
            raise ValueError(f"{self.name}: status {status}, not {self.status}")
        if content != self.content:
            raise ValueError(f"{self.name}: {len(content)} octets, not the {len(self.content)} expected")


def _curl(port, path, fields):
    command = ["curl", "--silent", "--show-error", "--include", "--max-time", "10", f"http://127.0.0.1:{port}{path}"]
    for field in fields:
        command += ["--header", field]
    answer = subprocess.run(command, capture_output=True, timeout=15, check=True).stdout
    head, _, content = answer.partition(b"\r\n\r\n")
    return head.decode("latin-1"), content


def _entity_tag(port, path):
    head, _ = _curl(port, path, [])
    for line in head.splitlines():
        name, _, value = line.partition(":")
        if name.lower() == "etag":
            return value.strip()
    raise ValueError(f"{path} has no ETag")


def content(count):
    """`count` octets that look random and are the same every time."""
    blocks = (hashlib.sha512(number.to_bytes(8, "big")).digest() for number in range(-(-count // 64)))
    return b"".join(blocks)[:count]


def make(root):
    """Writes the files into `root`; the works in the order of the table."""
    large = content(10 * MIB)
    small = large[:KIB]
    (root / "file1k.html").write_bytes(small)
    (root / "file100k.bin").write_bytes(large[: 100 * KIB])
    (root / "file10m.bin").write_bytes(large)
    middle = 5 * MIB
    span = f"Range: bytes={middle}-{middle + KIB - 1}"
    hello = b"Hello, world!\n"
    servers = ("martlet", "nginx")
    works = [
        Work("hello", "a canned answer, 64 connections", "/hello", hello),
        Work("hello1", "the same, one connection", "/hello", hello, connections=1),
        Work("close", "the same, a new connection for each request", "/hello", hello, closes=True),
        Work("route", "the same by a route", "/route", hello, handlers=True, peers=("martlet",)),
        Work("async", "the same by a route to an async function", "/async", hello, handlers=True, peers=("martlet",)),
        Work("resource", "the same by a route to a GET of a type", "/resource", hello, handlers=True,
             peers=("martlet",)),
        Work("middleware", "the same behind three middlewares", "/middleware", hello, handlers=True,
             peers=("martlet",)),
        Work("file1k", "a file of 1 KiB", "/file1k.html", small),
        Work("file1k-log", "the same, with an access log to a file", "/file1k.html", small, logs=True, peers=servers),
        Work("file100k", "a file of 100 KiB", "/file100k.bin", large[: 100 * KIB]),
        Work("file10m", "a file of 10 MiB, 4 connections", "/file10m.bin", large, connections=4),
        Work("range1k", "1 KiB out of 10 MiB, by Range", "/file10m.bin", large[middle : middle + KIB], status=206,
             fields=(span,), peers=servers),
        Work("304", "a file of 1 KiB that the client has, by ETag", "/file1k.html", b"", status=304, by_tag=True,
             peers=servers),
    ]  # fmt: skip
    return {work.name: work for work in works}
