"""Compares 1,000 mixed requests through a gateway with direct ones, byte for byte.

    front.py KIND DIRECT FRONT [CA]      asks both ports, FRONT by TLS if there is a CA; exits 1 when an answer differs

KIND is that of peers.py: what a server cannot do is not asked of it.
"""

import collections
import random
import socket
import ssl
import sys


class Answers:
    """The answers of one server, by one connection as long as it lasts."""

    def __init__(self, port, authority=None):
        self.port = port
        self.context = ssl.create_default_context(cafile=authority) if authority else None
        self.file = None
        self.connections = 0

    def connect(self):
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.context:
            self.socket = self.context.wrap_socket(self.socket, server_hostname="localhost")
        self.file = self.socket.makefile("rb")
        self.connections += 1

    def ask(self, request, method):
        if not self.file:
            self.connect()
        self.socket.sendall(request)
        while True:
            status = self.file.readline()
            fields = []
            while (line := self.file.readline()) not in (b"\r\n", b""):
                fields.append(line)
            if not status.startswith(b"HTTP/1.1 1"):
                break
        named = {}
        for line in fields:
            name, value = line.split(b":", 1)
            named[name.lower()] = value.strip()
        code = int(status.split()[1])
        content = b""
        closes = named.get(b"connection", b"").lower() == b"close"
        if method == "HEAD" or code in (204, 304):
            pass
        elif named.get(b"transfer-encoding") == b"chunked":
            while size := int(self.file.readline(), 16):
                content += self.file.read(size)
                assert self.file.readline() == b"\r\n"
            assert self.file.readline() == b"\r\n"
        elif b"content-length" in named:
            length = int(named[b"content-length"])
            content = self.file.read(length)
            assert len(content) == length
        else:
            content = self.file.read()
            closes = True
        if closes or b"\r\nConnection: close\r\n" in request[:1000]:
            assert self.file.read() == b""
            self.file.close()
            self.socket.close()
            self.file = None
        # How content is framed, and Via, are each hop's own, and Date is the time: all else has to be the same, in the
        # same order.
        own = (b"via:", b"transfer-encoding:", b"content-length:", b"connection:", b"keep-alive:")
        kept = [b"Date\r\n" if line.startswith(b"Date: ") else line for line in fields if not line.lower().startswith(own)]
        return status, kept, content


def chunked(content):
    parts = [content[start : start + 30_000] for start in range(0, len(content), 30_000)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def requests(kind, random):
    files = ["a.txt", "big.bin", "empty", "folder/text.txt", "a%20b.txt", "folder/../a.txt", "a.txt?x=%2F&y"]
    others = ["", "folder/", "folder", "none", "old", "?x=%2F&y"]
    conditions = [
        "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT", "If-Modified-Since: Mon, 01 Jan 2001 00:00:00 GMT",
        'If-None-Match: "6"', "If-None-Match: *", 'If-Match: "x"', "If-Unmodified-Since: Mon, 01 Jan 2001 00:00:00 GMT",
    ]  # fmt: skip
    # After a 412, nginx closes without a word.
    conditions = conditions[:4] if kind == "nginx" else conditions
    # Django's runserver sends content with HEAD, waitress closes without a word.
    probe = "GET" if kind in ("django", "waitress") else "HEAD"
    ranges = ["0-0", "1-", "-3", "5-100", "9999999-"]
    for number in range(1000):
        fields = [f"X-Number: {number}", "Accept: */*"]
        content = b""
        what = random.randrange(10)
        if what < 6:
            method = random.choice(["GET", "GET", "GET", probe])
            path = random.choice(files if random.randrange(3) else others)
            if random.randrange(4) == 0:
                fields.append(random.choice(conditions))
            if random.randrange(4) == 0:
                fields.append(f"Range: bytes={random.choice(ranges)}")
            if random.randrange(4) == 0:
                fields.append("Accept-Encoding: gzip")
        elif what < 9:
            method, path = random.choice(["POST", "PUT"]), random.choice(["echo", "chunked"])
            content = random.randbytes(random.choice([0, 1, 100, 5000, 20_000, 200_000]))
            # Django's runserver takes no chunks.
            if kind != "django" and random.randrange(3) == 0:
                fields.append("Transfer-Encoding: chunked")
                content = chunked(content)
            else:
                fields.append(f"Content-Length: {len(content)}")
        else:
            method, path = "DELETE", "gone"
        if random.randrange(20) == 0:
            fields.append("Connection: close")
        head = [f"{method} /{path} HTTP/1.1", "Host: localhost", *fields, "", ""]
        yield method, "\r\n".join(head).encode() + content


def main(kind, direct, front, authority=None):
    direct, front = Answers(int(direct)), Answers(int(front), authority)
    counts = collections.Counter()
    for method, request in requests(kind, random.Random(7)):
        one, other = direct.ask(request, method), front.ask(request, method)
        if one != other:
            print("asked:", request[:300], "direct:", one[:2], len(one[2]), "front:", other[:2], len(other[2]), sep="\n")
            sys.exit(1)
        counts[int(one[0].split()[1])] += 1
    print(f"{counts.total()} answers are the same")
    print(*(f"{count} of {status}" for status, count in sorted(counts.items())), f"by {front.connections} connections", sep=", ")


main(*sys.argv[1:])
