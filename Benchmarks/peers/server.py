"""Python's http.server as the benchmark runs it: server.py hello|files PORT FOLDER."""

import functools
import sys
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer


class Hello(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and content go in two segments; without this Nagle's algorithm holds the second one back for 40 ms.
    disable_nagle_algorithm = True
    content = b"Hello, world!\n"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(self.content)

    def log_message(self, *_):
        pass


class FileHandler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 1024
    daemon_threads = True

    def handle_error(self, *_):
        pass  # Clients that close in the middle, as load generators do.


if __name__ == "__main__":
    what, port, folder = sys.argv[1:]
    handler = Hello if what == "hello" else functools.partial(FileHandler, directory=folder)
    Server(("127.0.0.1", int(port)), handler).serve_forever()
