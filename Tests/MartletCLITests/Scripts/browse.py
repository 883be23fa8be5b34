"""Loads pages in headless Chromium and tells what it complained of.

Usage: browse.py URL...; prints a line for each: its title, its links, and the complaints (console errors and warnings,
exceptions, failed requests). With MARTLET_SCREENSHOTS=FOLDER it also writes pictures, light and dark, 390 and 1280 wide.
Speaks the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/) over a WebSocket of its own.
"""

import base64
import contextlib
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.parse

PATIENCE = 60


class WebSocket:
    """A client just good enough for a local DevTools (RFC 6455)."""

    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=PATIENCE)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        self.stream = self.socket.makefile("rb")
        if b" 101 " not in self.stream.readline():
            sys.exit("Chromium refuses the WebSocket")
        while self.stream.readline() != b"\r\n":
            pass

    def send(self, text):
        data = text.encode()
        length = struct.pack("!BQ", 0xFF, len(data))  # Masked, with a length of eight octets.
        self.socket.sendall(b"\x81" + length + bytes(4) + data)

    def receive(self):
        message = b""
        while True:
            first, length = self.stream.read(2)
            length &= 0x7F
            if length == 126:
                length = struct.unpack("!H", self.stream.read(2))[0]
            elif length == 127:
                length = struct.unpack("!Q", self.stream.read(8))[0]
            data = self.stream.read(length)
            if first & 0x0F in (0, 1):
                message += data
                if first & 0x80:
                    return message.decode()


class Page:
    """One tab."""

    def __init__(self, browser):
        self.socket = browser
        self.number = 0
        self.session = None
        self.runs_scripts = True
        self.events = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        self.socket.send(json.dumps(message))
        while True:
            answer = json.loads(self.socket.receive())
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def load(self, url):
        self.events.clear()
        result = self.call("Page.navigate", url=url)
        if "errorText" in result:
            return
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(json.loads(self.socket.receive()))
        self.draw()

    def draw(self):
        """Two frames later whatever the page draws at once is there."""
        if self.runs_scripts:
            self.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        return result["result"].get("value")

    def complaints(self):
        found = []
        for event in self.events:
            method, values = event.get("method"), event.get("params", {})
            if method == "Runtime.consoleAPICalled" and values["type"] in ("error", "warning", "assert"):
                found.append(f"console {values['type']}")
            elif method == "Runtime.exceptionThrown":
                found.append(values["exceptionDetails"]["text"])
            elif method == "Log.entryAdded" and values["entry"]["level"] in ("error", "warning"):
                found.append(f"{values['entry']['text']} ({values['entry'].get('url', '')})")
            elif method == "Network.loadingFailed" and not values.get("canceled"):
                found.append(f"request failed: {values['errorText']}")
            elif method == "Network.responseReceived" and values["response"]["status"] >= 400:
                found.append(f"{values['response']['status']} for {values['response']['url']}")
        return found

    def picture(self, width, scheme, path):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=844 if width < 600 else 800,
                  deviceScaleFactor=1, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.draw()
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=width < 600)["data"]
        path.write_bytes(base64.b64decode(data))


@contextlib.contextmanager
def chromium():
    """Starts Chromium and gives the address of its DevTools."""
    program = shutil.which("chromium") or sys.exit("chromium is missing: sudo apt-get install chromium")
    profile = tempfile.mkdtemp(prefix="martlet-chromium.")
    browser = subprocess.Popen(
        [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-proxy-server",
         "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        announced = pathlib.Path(profile, "DevToolsActivePort")
        deadline = time.monotonic() + PATIENCE
        while not (announced.exists() and announced.read_text().count("\n") >= 1):
            if browser.poll() is not None or time.monotonic() > deadline:
                sys.exit("Chromium does not start")
            time.sleep(0.05)
        port, path = announced.read_text().split("\n")[:2]
        devtools = f"ws://127.0.0.1:{port}{path}"
        yield devtools
        WebSocket(devtools).send(json.dumps({"id": 0, "method": "Browser.close"}))
        browser.wait(PATIENCE)
    finally:
        browser.kill()
        browser.wait()
        shutil.rmtree(profile, ignore_errors=True)


def main():
    with chromium() as devtools:
        page = Page(WebSocket(devtools))
        pictures = os.environ.get("MARTLET_SCREENSHOTS")
        for number, url in enumerate(sys.argv[1:]):
            page.load(url)
            # A page titled "loading" still has something to do that the load event does not wait for.
            title = page.evaluate("""new Promise(function look(done) {
                document.title === "loading" ? setTimeout(look, 10, done) : done(document.title)
            })""")
            links = page.evaluate("document.links.length")
            for width in (390, 1280) if pictures else ():
                for scheme in ("light", "dark"):
                    page.picture(width, scheme, pathlib.Path(pictures, f"{number}-{width}-{scheme}.png"))
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                page.events.append({"method": "Log.entryAdded",
                                    "params": {"entry": {"level": "error", "text": "wider than the window"}}})
            complaints = page.complaints()
            print(f"{title!r}, {links} links, complaints: {'; '.join(complaints) or 'none'}")


if __name__ == "__main__":
    main()
