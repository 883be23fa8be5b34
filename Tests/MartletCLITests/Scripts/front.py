"""Compares 1,000 mixed requests through a gateway with direct ones, byte for byte.

    front.py serve FOLDER              serves FOLDER with Python's http.server and a few handlers; prints the port
    front.py compare DIRECT FRONT      asks both ports and compares; exits 1 when an answer differs
"""

import http.server
import os
import random
import socket
import sys
import threading


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def date_time_string(self, timestamp=None):
        return super().date_time_string(0 if timestamp is None else timestamp)

    def do_POST(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            content = b""
            while size := int(self.rfile.readline(), 16):
                content += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            content = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200, "Taken")
        self.send_header("X-Length", str(len(content)))
        if self.path.startswith("/chunked"):
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for start in range(0, len(content), 7000):
                piece = content[start : start + 7000]
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    do_PUT = do_POST

    def do_DELETE(self):
        self.send_response(204)
        self.end_headers()


class Answers:
    """The answers on one connection."""

    def __init__(self, port):
        self.port = port
        self.file = None

    def ask(self, request, method):
        if not self.file:
            self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=60)
            self.file = self.socket.makefile("rb")
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
        if method == "HEAD" or code in (204, 304):
            pass
        elif named.get(b"transfer-encoding") == b"chunked":
            while size := int(self.file.readline(), 16):
                content += self.file.read(size)
                self.file.readline()
            self.file.readline()
        else:
            content = self.file.read(int(named[b"content-length"]))
        if named.get(b"connection", b"").lower() == b"close":
            self.file = None
        # How content is framed, and Via, are each hop's own; all else has to be the same, in the same order.
        own = (b"via:", b"transfer-encoding:", b"content-length:", b"connection:")
        kept = [line for line in fields if not line.lower().startswith(own)]
        return status, kept, content


def requests(random):
    names = ["", "a.txt", "big.bin", "empty", "folder/", "folder", "none", "a%20b.txt", "folder/../a.txt", "?x=%2F&y"]
    for number in range(1000):
        kind = random.randrange(10)
        fields = f"Host: test\r\nX-Number: {number}\r\n"
        content = b""
        if kind < 6:
            method, path = random.choice(["GET", "GET", "GET", "HEAD"]), "/" + random.choice(names)
            if random.randrange(4) == 0:
                fields += "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT\r\n"
        elif kind < 9:
            method, path = random.choice(["POST", "PUT"]), random.choice(["/echo", "/chunked"])
            content = random.randbytes(random.choice([0, 1, 100, 5000, 20_000, 300_000]))
            if random.randrange(3) == 0:
                fields += "Transfer-Encoding: chunked\r\n"
                pieces = [content[start : start + 30_000] for start in range(0, len(content), 30_000)]
                content = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
            else:
                fields += f"Content-Length: {len(content)}\r\n"
        else:
            method, path = "DELETE", "/gone"
        yield method, f"{method} {path} HTTP/1.1\r\n{fields}\r\n".encode() + content


def compare(direct, front):
    direct, front = Answers(direct), Answers(front)
    for method, request in requests(random.Random(7)):
        one, other = direct.ask(request, method), front.ask(request, method)
        if one != other:
            print("asked:", request[:200], "direct:", one[:2], len(one[2]), "front:", other[:2], len(other[2]), sep="\n")
            sys.exit(1)
    print("1000 answers are the same")


def serve(folder):
    os.chdir(folder)
    os.makedirs("folder", exist_ok=True)
    for name, content in {"a.txt": b"hello\n", "big.bin": random.Random(1).randbytes(3 << 20), "empty": b"", "a b.txt": b"x"}.items():
        with open(name, "wb") as file:
            file.write(content)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    server.serve_forever()


if sys.argv[1] == "serve":
    serve(sys.argv[2])
else:
    compare(int(sys.argv[2]), int(sys.argv[3]))
