#!/usr/bin/env python3
"""The functions on the stack of a handler in Python's servers: scripts/backtraces.sh --peers calls this.

Counted are those from the handler to the root of its thread, both included, but for Python's own `threading`: as in
docs/how-it-works.md. Each server is asked once over loopback, in a process of its own.
"""
import importlib.metadata
import os
import re
import socket
import subprocess
import sys
import threading
import time
import traceback
import urllib.request

stack = []


def report():
    """Called by the handlers: keeps who called them, innermost first."""
    stack.extend(reversed(traceback.extract_stack()[:-1]))


def application(environ, start_response):
    report()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


def handler_class():
    from http.server import BaseHTTPRequestHandler

    class Hello(BaseHTTPRequestHandler):
        def do_GET(self):
            report()
            self.send_response(200)
            self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"hello")

    return Hello


def http_server(port):
    from http.server import HTTPServer

    HTTPServer(("127.0.0.1", port), handler_class()).serve_forever()


def threading_http_server(port):
    from http.server import ThreadingHTTPServer

    ThreadingHTTPServer(("127.0.0.1", port), handler_class()).serve_forever()


def waitress(port):
    import waitress

    waitress.serve(application, host="127.0.0.1", port=port)


def cherrypy(port):
    import cherrypy

    class Root:
        @cherrypy.expose
        def index(self):
            report()
            return "hello"

    cherrypy.config.update({"server.socket_port": port, "engine.autoreload.on": False})
    cherrypy.quickstart(Root())


def django(port):
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.http import HttpResponse
    from django.urls import path

    def view(request):
        report()
        return HttpResponse("hello")

    urls = type(sys)("urls")
    urls.urlpatterns = [path("", view)]
    # The applications and the middleware that `django-admin startproject` writes, but for the admin pages.
    settings.configure(
        DEBUG=True,
        SECRET_KEY="none",
        ROOT_URLCONF=urls,
        STATIC_URL="static/",
        INSTALLED_APPS=[f"django.contrib.{name}" for name in "auth contenttypes sessions messages staticfiles".split()],
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
        ],
    )
    django.setup()
    call_command("runserver", f"127.0.0.1:{port}", use_reloader=False, skip_checks=True)


SERVERS = {
    "http.server.HTTPServer": http_server,
    "http.server.ThreadingHTTPServer": threading_http_server,
    "waitress": waitress,
    "cherrypy": cherrypy,
    "django": django,
}


def is_counted(frame):
    """Neither Python's thread start nor what this script does to start a server."""
    if frame.filename.endswith("/threading.py"):
        return False
    own = os.path.samefile(frame.filename, __file__)
    return not own or frame.name in ("do_GET", "application", "index", "view")


def shown(path):
    for root in ("/site-packages/", f"/python{sys.version_info[0]}.{sys.version_info[1]}/"):
        if root in path:
            return path.split(root)[-1]
    return os.path.basename(path)


def ask(port):
    """Asks once, as soon as the server answers; then shows the stack and ends the process."""
    deadline = time.monotonic() + 30
    while not stack and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10).read()
        except OSError:
            time.sleep(0.05)
    frames = [frame for frame in stack if is_counted(frame)]
    for number, frame in enumerate(frames):
        print(f"{number:>3}  {frame.name:<40} {shown(frame.filename)}")
    print(f"     {len(frames)} functions", flush=True)
    os._exit(0 if frames else 1)


def version(name):
    if name.startswith("http.server"):
        return "of Python " + sys.version.split()[0]
    return importlib.metadata.version(name)


def main(names):
    if names:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        threading.Thread(target=ask, args=(port,), daemon=True).start()
        SERVERS[names[0]](port)
        return
    for name in SERVERS:
        print(f"{name} {version(name)}", flush=True)
        result = subprocess.run([sys.executable, __file__, name], capture_output=True, text=True)
        if result.returncode != 0:
            sys.exit(result.stderr)
        print("\n".join(re.findall(r"^ +\d+ .*$", result.stdout, re.M)))


main(sys.argv[1:])
