"""The servers that are compared, and how each is started for a work."""

import getpass
import os
import pathlib
import re
import shutil
import string
import subprocess

from processes import Server, free_port

HERE = pathlib.Path(__file__).resolve().parent
NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else shutil.which("python3")


def binary_folder():
    """Where `swift build -c release` puts programs; $BIN says otherwise."""
    if folder := os.environ.get("BIN"):
        return pathlib.Path(folder)
    return HERE.parent / ".build" / "release"


class Martlet:
    name = "Martlet"

    def __init__(self, folder, root):
        self.root = root
        self.log = folder / "martlet.log"

    def hello(self, port):
        return [str(binary_folder() / "hello"), str(port), "1"]

    def files(self, port, logs=False):
        log = ["--log-file", str(self.log)] if logs else []
        return [str(binary_folder() / "martlet"), str(self.root), "-q", "-p", str(port), "--bind", "127.0.0.1",
                "--threads", "1", *log]  # fmt: skip

    def command(self, work, port):
        if work.handlers:
            return [str(binary_folder() / "handlers"), str(port), str(self.root)]
        return self.hello(port) if work.is_hello else self.files(port, work.logs)

    def version(self):
        return _first_line([str(binary_folder() / "martlet"), "--version"])


class Nginx:
    name = "nginx"

    def __init__(self, folder, root):
        self.folder = folder / "nginx"
        self.folder.mkdir()
        self.root = root

    def command(self, work, port):
        user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
        values = {
            "folder": self.folder,
            "port": port,
            "root": self.root,
            "access_log": self.folder / "access.log" if work.logs else "off",
            "user": user,
        }
        text = string.Template((HERE / "nginx.conf").read_text()).substitute(values)
        path = self.folder / f"{port}.conf"
        path.write_text(text.replace("nginx.pid", f"{port}.pid"))
        return [NGINX, "-p", str(self.folder), "-c", str(path)]

    def version(self):
        text = subprocess.run([NGINX, "-v"], capture_output=True, text=True, timeout=10).stderr
        return re.sub(r".*nginx/", "nginx ", text.strip())


class Python:
    name = "Python"

    def __init__(self, folder, root):
        self.root = root

    def command(self, work, port):
        what = "hello" if work.is_hello else "files"
        return [PYTHON, str(HERE / "python_server.py"), what, str(port), str(self.root)]

    def version(self):
        return _first_line([PYTHON, "--version"]) + " http.server"


ALL = {"martlet": Martlet, "nginx": Nginx, "python": Python}


def start(peer, work, cpu):
    """Starts `peer` for `work` on one CPU and waits until it answers."""
    port = free_port()
    server = Server(peer.command(work, port), port, cpu, work.path)
    server.wait_until_it_answers()
    return server


def _first_line(command):
    result = subprocess.run(command, capture_output=True, text=True, timeout=10)
    return (result.stdout or result.stderr).strip().splitlines()[0]
