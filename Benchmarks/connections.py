"""Many keep-alive connections from one thread."""

import resource
import selectors
import socket
import time


def raise_descriptor_limit():
    """As far as the system lets us; child processes inherit it. Returns the limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def connect(port, number=0):
    """A connection to 127.0.0.1. Source addresses vary with `number`, so that ports do not run short."""
    connection = socket.socket()
    connection.settimeout(20)
    connection.setsockopt(socket.IPPROTO_IP, getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24), 1)
    connection.bind((f"127.0.0.{2 + number // 5000}", 0))
    connection.connect(("127.0.0.1", port))
    return connection


def open_many(port, count):
    return [connect(port, number) for number in range(count)]


def content_length(head):
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def ask_all(connections, path, within=60.0, batch=256):
    """One GET on each connection; the contents of the answers. Raises when one is wrong or late."""
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    deadline = time.monotonic() + within
    contents = []
    for start in range(0, len(connections), batch):
        contents += _ask(connections[start : start + batch], request, deadline)
    return contents


def _ask(connections, request, deadline):
    received = {connection: b"" for connection in connections}
    contents = []
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            connection.sendall(request)
            selector.register(connection, selectors.EVENT_READ)
        while len(contents) < len(connections):
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"{len(connections) - len(contents)} connections got no answer in time")
            for key, _ in selector.select(left):
                connection = key.fileobj
                octets = connection.recv(65536)
                if not octets:
                    raise ConnectionError("a connection was closed instead of answered")
                received[connection] += octets
                head, separator, content = received[connection].partition(b"\r\n\r\n")
                if separator and len(content) >= content_length(head):
                    if not head.startswith(b"HTTP/1.1 200 "):
                        raise ConnectionError(f"the answer was {head[:60]!r}")
                    contents.append(content)
                    selector.unregister(connection)
    return contents
