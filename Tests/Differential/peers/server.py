"""Python's http.server: files, and an echo of how a request was understood. HTTP/1.1, so that connections stay."""

import functools
import http.server
import sys


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.route() == "/echo":
            self.echo()
        elif self.route() in ("/deaf", "/page"):
            self.answer("not read\n")
        else:
            super().do_GET()

    def route(self):
        return self.path.split("?")[0].removeprefix("http://b.test")

    def echo(self):
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("latin-1")
        host = (self.headers["Host"] or "").split(":")[0]
        self.answer(f"method={self.command} target={self.path} host={host} content={content}\n")

    def do_POST(self):
        if self.route() in ("/deaf", "/page"):
            self.answer("not read\n")
        elif self.route() == "/echo":
            self.echo()
        else:
            self.send_error(404)

    do_PUT = do_DELETE = do_POST

    def answer(self, text):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(text.encode("latin-1", "replace"))))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text.encode("latin-1", "replace"))

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass


port, folder = sys.argv[1:]
Server(("127.0.0.1", int(port)), functools.partial(Handler, directory=folder)).serve_forever()
