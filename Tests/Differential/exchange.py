"""Sends the bytes of a case to a server and says what came back."""

import re
import select
import socket
import time

PROBE = b"GET /probe.txt HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"
PROBE_CONTENT = b"the probe\n"
BEFORE = b"GET /hello.txt?before HTTP/1.1\r\nHost: a.test\r\n\r\n"

# Seconds. What is expected is waited for; where nothing is known, silence ends the wait.
LIMIT = 15
FIRST_ANSWER = 1.5
SILENCE = 0.5

STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-5][0-9][0-9])[ \r]")
ECHO = re.compile(rb"method=(?P<method>\S*) target=(?P<target>\S*) host=(?P<host>.*?) content=(?P<content>.*)\n", re.S)


class Answer:
    """One response: status, head and content as bytes."""

    def __init__(self, status, head, content):
        self.status, self.head, self.content = status, head, content

    @property
    def is_final(self):
        return self.status >= 200 or self.status == 101

    @property
    def is_probe(self):
        return self.status == 200 and self.content == PROBE_CONTENT


class Outcome:
    """What a server did with a case: its answers, and what became of the connection.

    `state` is kept (a probe behind the request was answered), closed, reset, or waits (it wants more octets).
    """

    def __init__(self, answers, state, rest=b"", raw=b""):
        self.answers, self.state, self.rest, self.raw = answers, state, rest, raw

    def text(self, key=None):
        """As in requests.py, such as "100 200 kept"; with `key`, how the echo says it was understood."""
        words = [str(answer.status) for answer in self.answers]
        if self.rest:
            if self.rest.startswith(b"HTTP/"):
                words.append("cut")
            else:
                words.append("garbage" if self.answers else "http/0.9")
        words.append(self.state)
        return " ".join(words) + self.understood(key)

    def understood(self, key):
        if key:
            for answer in self.answers:
                if echo := ECHO.search(answer.content):
                    value = echo[key]
                    # A server that cannot tell says "?".
                    return "" if value == b"?" else f" {key}={value.decode('latin-1')}"
        return ""


def split(data, methods, at_end):
    """The complete responses at the beginning of `data`, and the octets after them."""
    answers, methods = [], list(methods)
    while match := STATUS_LINE.match(data):
        status = int(match[1])
        head, found, rest = data.partition(b"\r\n\r\n")
        if not found:
            break
        fields = {}
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            fields[name.lower()] = value.strip()
        is_interim = 100 <= status < 200
        method = b"" if is_interim else methods.pop(0) if methods else b"GET"
        if status == 101:
            content, rest = rest, b""
        elif is_interim or status in (204, 304) or method == b"HEAD":
            content = b""
        elif fields.get(b"transfer-encoding", b"").lower() == b"chunked":
            content, rest = unchunk(rest)
        elif b"content-length" in fields:
            length = int(fields[b"content-length"])
            content, rest = (rest[:length], rest[length:]) if len(rest) >= length else (None, rest)
        else:
            content, rest = (rest, b"") if at_end else (None, rest)
        if content is None:
            break
        answers.append(Answer(status, head, content))
        data = rest
    return answers, data


def unchunk(data):
    """The content of a chunked message and what follows it; None while it is not complete."""
    content = b""
    while True:
        line, found, rest = data.partition(b"\r\n")
        if not found:
            return None, data
        size = int(line.split(b";")[0], 16)
        if size == 0:
            if rest.startswith(b"\r\n"):
                return content, rest[2:]
            _, found, rest = rest.partition(b"\r\n\r\n")
            return (content, rest) if found else (None, data)
        if len(rest) < size + 2:
            return None, data
        content, data = content + rest[:size], rest[size + 2:]


class Talk:
    """A connection to a server on this machine, for one case."""

    def __init__(self, port, methods):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=LIMIT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.methods = methods
        self.data = b""
        self.state = None  # Until it ends.
        self.deadline = time.monotonic() + LIMIT

    def send(self, octets, size):
        try:
            for start in range(0, len(octets), size):
                self.socket.sendall(octets[start:start + size])
        except OSError:
            pass  # It has closed; what it said before is still to be read.

    def finish(self):
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def answers(self):
        return split(self.data, self.methods, self.state is not None)

    def receive(self, timeout):
        """Whether octets came within the time."""
        if self.state or not select.select([self.socket], [], [], timeout)[0]:
            return False
        try:
            octets = self.socket.recv(1 << 16)
        except OSError:
            self.state = "reset"
            return False
        if not octets:
            self.state = "closed"
        self.data += octets
        return bool(octets)

    def receive_until(self, count):
        """Waits for `count` answers or the end; None: for the end."""
        while not self.state and (count is None or len(self.answers()[0]) < count):
            left = self.deadline - time.monotonic()
            if left <= 0:
                self.state = "waits"
            else:
                self.receive(left)

    def receive_until_silence(self):
        if self.receive(FIRST_ANSWER):
            while self.receive(SILENCE):
                pass

    def outcome(self):
        answers, rest = self.answers()
        state = self.state
        if answers and answers[-1].is_probe and not rest:
            answers.pop()
            state = "kept"
        return Outcome(answers, state, rest, self.data)


def check(port, case, octets_at_once, behind):
    """Sends a case to a server whose answer is known, and waits for no more than that."""
    statuses, state = case.expected
    count = len(statuses) + (1 if behind else 0)
    parts = list(case.parts)
    if behind:
        parts[0] = BEFORE + parts[0]
    talk = Talk(port, ([b"GET"] if behind else []) + case.methods)
    try:
        for index, part in enumerate(parts):
            if index:
                talk.receive_until(index + (1 if behind else 0))
            talk.send(part, octets_at_once or max(1, len(part)))
        if case.eof:
            talk.finish()
        if state == "kept":
            talk.receive_until(count)
            talk.send(PROBE, len(PROBE))
        talk.receive_until(None)
        return talk.outcome()
    finally:
        talk.socket.close()


def observe(port, case):
    """Sends a case to a server of which nothing is known."""
    talk = Talk(port, case.methods)
    try:
        for index, part in enumerate(case.parts):
            if index:
                talk.receive_until_silence()
            talk.send(part, max(1, len(part)))
        if case.eof:
            talk.finish()
        talk.receive_until_silence()
        if not talk.state:
            before = sum(answer.is_final for answer in talk.answers()[0])
            if before:
                talk.send(PROBE, len(PROBE))
                talk.receive_until_silence()
            # A reset now only says that the probe came too late.
            talk.state = {None: "waits", "reset": "closed"}.get(talk.state, talk.state)
        return talk.outcome()
    finally:
        talk.socket.close()
