"""Real servers for `martlet front` to stand in front of.

    peers.py python|waitress|django|nginx FOLDER      prints its port and serves FOLDER until it is killed

All have the same files. Python's, waitress and Django answer as the functions below say, nginx by its configuration.
"""

import http.server
import logging
import os
import random
import socket
import sys
import time

FILES = {
    "a.txt": b"hello\n",
    "a b.txt": b"x",
    "empty": b"",
    "big.bin": random.Random(1).randbytes(400_000),
    "folder/text.txt": b"All work and no play makes Jack a dull boy.\n" * 2000,
}


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *arguments):
        pass

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
            for piece in pieces(content):
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


def pieces(content):
    return (content[start : start + 7000] for start in range(0, len(content), 7000))


def python():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


def application(environ, start_response):
    """A small application by WSGI."""
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    if method in ("POST", "PUT"):
        content = environ["wsgi.input"].read()
        fields = [("X-Length", str(len(content))), ("X-Host", environ["HTTP_HOST"])]
        if path != "/chunked":
            fields.append(("Content-Length", str(len(content))))
        start_response("200 Taken", fields)
        return pieces(content)
    if method == "DELETE":
        start_response("204 Gone", [])
        return []
    if path == "/old":
        start_response("302 Found", [("Location", "/a.txt?new"), ("Content-Length", "0"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        return []
    content = FILES.get(path[1:])
    if content is None:
        start_response("404 Not Found", [("Content-Type", "text/plain"), ("Content-Length", "5")])
        return [] if method == "HEAD" else [b"None\n"]
    tag = f'"{len(content)}"'
    if environ.get("HTTP_IF_NONE_MATCH") == tag or "HTTP_IF_MODIFIED_SINCE" in environ:
        start_response("304 Not Modified", [("ETag", tag)])
        return []
    start_response("200 OK", [("ETag", tag), ("Content-Type", "text/plain"), ("Content-Length", str(len(content)))])
    return [] if method == "HEAD" else [content]


def waitress():
    import waitress

    server = waitress.create_server(application, host="127.0.0.1", port=0)
    print(server.effective_port, flush=True)
    server.run()


def django():
    import django
    from django.conf import settings
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
    from django.urls import path, re_path
    from django.views.static import serve as static

    def echo(request):
        if request.method == "DELETE":
            return HttpResponse(status=204)
        if request.path == "/chunked":  # Without a length: until the connection ends.
            return StreamingHttpResponse(pieces(request.body), headers={"X-Length": len(request.body)})
        return HttpResponse(request.body, headers={"X-Length": len(request.body)}, reason="Taken")

    def slashed(request):
        return HttpResponse("Django has a folder here.\n")

    class Runserver(WSGIRequestHandler):
        disable_nagle_algorithm = True

        def log_message(self, *arguments):
            pass

    routes = [
        path("echo", echo),
        path("chunked", echo),
        path("gone", echo),
        path("old", lambda request: HttpResponseRedirect("/a.txt?new")),
        path("folder/", slashed),
        re_path("^(?P<path>.+)$", static, {"document_root": os.getcwd()}),
    ]
    middleware = [f"django.middleware.{name}" for name in ("http.ConditionalGetMiddleware", "common.CommonMiddleware")]
    settings.configure(SECRET_KEY="x", ALLOWED_HOSTS=["*"], ROOT_URLCONF=tuple(routes), MIDDLEWARE=middleware)
    settings.LOGGING_CONFIG = None
    django.setup()
    # What `manage.py runserver` runs, on a port that is free.
    server = ThreadedWSGIServer(("127.0.0.1", 0), Runserver, ipv6=False)
    server.daemon_threads = True
    logging.disable()
    server.set_app(get_wsgi_application())
    print(server.server_address[1], flush=True)
    server.serve_forever()


NGINX = """
daemon off;
master_process off;
error_log stderr crit;
pid nginx.pid;
events {}
http {
    access_log off;
    types { text/plain txt; }
    client_body_temp_path temp;
    proxy_temp_path temp;
    fastcgi_temp_path temp;
    uwsgi_temp_path temp;
    scgi_temp_path temp;
    gzip on;
    gzip_types text/plain;
    gzip_proxied any;
    gzip_comp_level 1;
    server {
        listen 127.0.0.1:PORT reuseport;
        root .;
        location = /echo { add_header X-Length $http_content_length; return 200 "taken\\n"; }
        location = /chunked { add_header X-Coding $http_transfer_encoding; return 201 "taken\\n"; }
        location = /gone { return 204; }
        location = /old { return 302 /a.txt?new; }
        location = /folder/ { autoindex on; }
    }
}
"""


def nginx():
    # Bound here too, so that the port is free for nginx and for nobody else.
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    reserved.bind(("127.0.0.1", 0))
    reserved.set_inheritable(True)
    port = reserved.getsockname()[1]
    with open("nginx.conf", "w") as file:
        file.write(NGINX.replace("PORT", str(port)))
    parent = os.getpid()
    if os.fork() == 0:
        while os.getppid() == parent:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                print(port, flush=True)
                break
            except ConnectionRefusedError:
                time.sleep(0.01)
        os._exit(0)
    folder = os.getcwd()
    os.execv("/usr/sbin/nginx", ["nginx", "-p", folder, "-c", f"{folder}/nginx.conf", "-e", "stderr"])


kind, folder = sys.argv[1:]
os.chdir(folder)
for name, content in FILES.items():
    os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
    with open(name, "wb") as file:
        file.write(content)
    os.utime(name, (1_600_000_000, 1_600_000_000))
{"python": python, "waitress": waitress, "django": django, "nginx": nginx}[kind]()
