"""What is asked of the servers, and what a right answer is."""

import dataclasses
import hashlib
import pathlib
import re
import socket
import subprocess

KIB = 1024
MIB = 1024 * KIB
HERE = pathlib.Path(__file__).resolve().parent
#: Requests that a client sends at once where it pipelines.
DEPTH = 16
FORM = (
    b"name=Ada+Lovelace&email=ada%40example.org&city=London&subject=The+Analytical+Engine&agree=1&"
    b"message=It+might+act+upon+other+things+besides+number%2C+were+objects+found+whose+mutual+relations+could+be+"
    b"expressed%3A+music%2C+for+one."
)
BROWSER = (
    "Connection: keep-alive",
    "sec-ch-ua: \"Chromium\";v=\"140\", \"Not=A?Brand\";v=\"24\"",
    "sec-ch-ua-mobile: ?0",
    "sec-ch-ua-platform: \"Linux\"",
    "Upgrade-Insecure-Requests: 1",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8",
    "Sec-Fetch-Site: same-origin",
    "Sec-Fetch-Mode: navigate",
    "Sec-Fetch-User: ?1",
    "Sec-Fetch-Dest: document",
    "Referer: http://localhost/",
    "Accept-Encoding: gzip, deflate, br, zstd",
    "Accept-Language: en-GB,en;q=0.9,de;q=0.8",
    "Cookie: session=7f3d1c9a5b2e4680; theme=dark",
)  # fmt: skip
#: Who serves files.
ALL = ("martlet", "lighttpd", "nginx", "go", "hummingbird", "flyingfox", "python")


@dataclasses.dataclass(frozen=True)
class Work:
    name: str
    about: str
    path: str
    #: What the answer has to be; or, where that is each server's own, the words that it has to hold.
    content: bytes | tuple
    peers: tuple = ALL
    #: The most that Martlet may cost, in what nginx costs for `target_of`, by default the same work.
    target: float | None = None
    target_of: str | None = None
    connections: int = 64
    status: int = 200
    fields: tuple = ()
    form: bytes | None = None
    logs: bool = False
    closes: bool = False
    validates: bool = False
    pipelines: bool = False
    handlers: bool = False
    secure: bool = False
    #: The port that nginx passes /passed on to.
    backend: int | None = None

    def url(self, port):
        return f"{'https' if self.secure else 'http'}://127.0.0.1:{port}{self.path}"

    @property
    def is_hello(self):
        return self.path == "/hello"

    def request_fields(self, port):
        """The fields of the request; the validator is the server's own."""
        fields = list(self.fields)
        if self.validates:
            fields.append(_condition(self.url(port)))
        if self.closes:
            fields.append("Connection: close")
        return fields

    def script(self):
        """What wrk is told beyond its command line: arguments and environment."""
        if self.pipelines:
            return ["-s", str(HERE / "pipelined.lua")], {}
        if self.form:
            return ["-s", str(HERE / "form.lua")], {"CONTENT": self.form.decode()}
        return [], {}

    def check(self, port):
        """Asks once and compares; raises when the answer is not the right one."""
        head, content = curl(self.url(port), self.request_fields(port), self.form)
        status = int(head.split()[1])
        if status != self.status:
            raise ValueError(f"{self.name}: status {status}, not {self.status}")
        if isinstance(self.content, tuple):
            if missing := set(self.content) - set(re.findall(rb"[\w.-]+", content)):
                raise ValueError(f"{self.name}: {len(missing)} words are missing, such as {min(missing)!r}")
        elif content != self.content:
            raise ValueError(f"{self.name}: {len(content)} octets, not the {len(self.content)} expected")
        if self.pipelines:
            _check_pipelined(port, self.path, self.content)


def curl(url, fields=(), form=None):
    """The head and the content of an answer; whoever gives it."""
    command = ["curl", "--silent", "--show-error", "--include", "--insecure", "--max-time", "20", url]
    for field in fields:
        command += ["--header", field]
    if form:
        command += ["--data-binary", "@-"]
    answer = subprocess.run(command, input=form, capture_output=True, timeout=25, check=True).stdout
    head, _, content = answer.partition(b"\r\n\r\n")
    return head.decode("latin-1"), content


def _check_pipelined(port, path, content):
    """As many answers as requests, each with the content, and then the end."""
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n"
    requests = f"{request}\r\n" * (DEPTH - 1) + f"{request}Connection: close\r\n\r\n"
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(requests.encode())
        while received.count(content) < DEPTH and (octets := connection.recv(65536)):
            received += octets
    counts = received.count(b"HTTP/1.1 200 "), received.count(b"\r\n\r\n" + content)
    if counts != (DEPTH, DEPTH):
        raise ValueError(f"{DEPTH} requests at once: {counts[0]} heads and {counts[1]} contents came back")


def _condition(url):
    """A field that makes the request conditional: by entity tag, or by date where the server has no tags."""
    head, _ = curl(url)
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head.splitlines())}
    if tag := fields.get("etag"):
        return f"If-None-Match: {tag}"
    if date := fields.get("last-modified"):
        return f"If-Modified-Since: {date}"
    raise ValueError(f"{url} has neither an ETag nor a Last-Modified")


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
    names = make_folder(root / "list", 200)
    middle = 5 * MIB
    span = f"Range: bytes={middle}-{middle + KIB - 1}"
    hello = b"Hello, world!\n"
    answered = b"Ada Lovelace: It might act upon other things besides number, were objects found whose mutual " \
               b"relations could be expressed: music, for one.\n"  # fmt: skip
    own = {"handlers": True, "peers": ("martlet",)}
    handlers = ("martlet", "nginx", "go", "hummingbird", "flyingfox", "python")
    works = [
        Work("hello", "a canned answer, 64 connections", "/hello", hello, ("limit", *handlers), target=0.90),
        Work("hello1", "the same, one connection", "/hello", hello, ("limit", "martlet", "nginx"), connections=1),
        Work("pipelined", f"the same, {DEPTH} requests at once", "/hello", hello,
             ("limit", *handlers), target=0.15, pipelines=True),
        Work("close", "the same, a new connection for each request", "/hello", hello, ("limit", *handlers), target=0.85,
             closes=True),
        Work("route", "the same by a route", "/route", hello, **own),
        Work("async", "the same by a route to an async function", "/async", hello, **own),
        Work("resource", "the same by a route to a GET of a type", "/resource", hello, **own),
        Work("middleware", "the same behind three middlewares", "/middleware", hello, **own),
        Work("file1k", "a file of 1 KiB", "/file1k.html", small, target=0.70),
        Work("file1k-browser", "the same with a browser's headers", "/file1k.html", small, target=0.75, fields=BROWSER),
        Work("file1k-log", "the same with an access log to a file", "/file1k.html", small,
             ("martlet", "lighttpd", "nginx"), logs=True),
        Work("file100k", "a file of 100 KiB", "/file100k.bin", large[: 100 * KIB], target=0.82),
        Work("file10m", "a file of 10 MiB, 4 connections", "/file10m.bin", large, target=1.00, connections=4),
        Work("range1k", "1 KiB out of 10 MiB, by Range", "/file10m.bin", large[middle : middle + KIB],
             ("martlet", "lighttpd", "nginx", "go", "hummingbird"), target=0.70, status=206, fields=(span,)),
        Work("tls1k", "the file of 1 KiB over TLS 1.3, keep-alive", "/file1k.html", small, ("martlet", "lighttpd", "nginx"),
             target=0.90, secure=True),
        Work("304", "a file of 1 KiB that the client has", "/file1k.html", b"", target=0.92, status=304,
             validates=True),
        Work("listing", f"a folder of {len(names)} entries", "/list/", names,
             ("martlet", "lighttpd", "nginx", "go", "python"), target=0.25),
        Work("form", f"a form of {len(FORM)} octets, sent and read", "/form", answered,
             ("martlet", "go", "hummingbird", "flyingfox"), target=1.2, target_of="hello", form=FORM, handlers=True),
    ]  # fmt: skip
    return {work.name: work for work in works}


def make_folder(folder, count):
    """Makes a folder of small files; their names."""
    folder.mkdir()
    names = tuple(f"entry-{number:06}.txt".encode() for number in range(count))
    for number, name in enumerate(names):
        (folder / name.decode()).write_bytes(b"a" * (number % 100))
    return names
