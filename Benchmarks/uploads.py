"""Large uploads, each a thread."""

import threading

import connections
import works


class Upload(threading.Thread):
    """A client that sends `size` octets; `answer` is what came back."""

    #: The request line and the fields of its own.
    opening = ""
    #: What stands before and behind the octets.
    begin = b""
    end = b""

    def __init__(self, port, size):
        super().__init__(daemon=True)
        self.port = port
        self.size = size
        self.answer = b""

    def run(self):
        begin, end = self.begin, self.end
        length = len(begin) + self.size + len(end)
        head = f"{self.opening}\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
        block = works.content(works.MIB)
        try:
            with connections.connect(self.port) as connection:
                connection.settimeout(120)
                connection.sendall(head.encode() + begin)
                for start in range(0, self.size, len(block)):
                    connection.sendall(memoryview(block)[: min(len(block), self.size - start)])
                connection.sendall(end)
                while octets := connection.recv(4096):
                    self.answer += octets
        except OSError as error:
            self.answer += str(error).encode()


class PlainUpload(Upload):
    """The octets themselves, by PUT."""

    opening = "PUT /count HTTP/1.1"


class FormUpload(Upload):
    """One file as a form sends it."""

    opening = "POST /upload HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=border"
    begin = b'--border\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
    end = b"\r\n--border--\r\n"
