"""Python's HTTP clients against a server. Usage: clients.py URL; prints "ok"."""

import http.client
import json
import sys
import urllib.error
import urllib.parse
import urllib.request
from html.parser import HTMLParser

url = sys.argv[1]
lines = "".join(f"line {10_000 + n}\n" for n in range(10_000)).encode()
host = urllib.parse.urlsplit(url).netloc


def check(condition, what):
    if not condition:
        sys.exit(f"failed: {what}")


# http.client: many requests on one connection.
connection = http.client.HTTPConnection(host, timeout=20)
connection.request("GET", "/lines.txt")
socket = connection.sock
answer = connection.getresponse()
check(answer.status == 200 and answer.read() == lines, "GET")
tag = answer.headers["ETag"]
connection.request("HEAD", "/lines.txt")
answer = connection.getresponse()
check(answer.status == 200 and answer.read() == b"", "HEAD")
check(answer.headers["Content-Length"] == str(len(lines)), "length of HEAD")
connection.request("GET", "/lines.txt", headers={"If-None-Match": tag})
answer = connection.getresponse()
check(answer.status == 304 and answer.read() == b"", "304")
connection.request("GET", "/lines.txt", headers={"Range": "bytes=5-14"})
answer = connection.getresponse()
check(answer.status == 206 and answer.read() == lines[5:15], "206")
connection.request("GET", "/nosuch")
answer = connection.getresponse()
check(answer.status == 404 and b"404" in answer.read(), "404")
connection.request("POST", "/lines.txt", body=b"x" * 1000)
answer = connection.getresponse()
check(answer.status == 405 and answer.headers["Allow"] == "GET, HEAD, OPTIONS", "405")
answer.read()
connection.request("POST", "/lines.txt", body=iter([b"chunk", b"by", b"chunk"]), encode_chunked=True,
                   headers={"Transfer-Encoding": "chunked"})
check(connection.getresponse().read().startswith(b"405"), "405 for chunks")
connection.request("OPTIONS", "*")
answer = connection.getresponse()
check(answer.status == 204 and answer.read() == b"", "OPTIONS *")
check(connection.sock is socket, "all on one connection")

# urllib: redirects and errors.
with urllib.request.urlopen(url + "odd?x=1") as answer:
    check(answer.geturl() == url + "odd/?x=1", "redirect to the slash")
try:
    urllib.request.urlopen(url + "nosuch")
    check(False, "no error for 404")
except urllib.error.HTTPError as error:
    check(error.code == 404, "HTTPError 404")


# html.parser: the links of a listing, hostile names in it.
class Listing(HTMLParser):
    def __init__(self):
        super().__init__()
        self.links = []
        self.tags = set()
        self.handlers = []

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        for name, value in attributes:
            if name.startswith("on"):
                self.handlers.append(name)
            if tag == "a" and name == "href" and value.startswith("./") and "?" not in value:
                self.links.append(value)


with urllib.request.urlopen(url + "odd/") as answer:
    listing = Listing()
    listing.feed(answer.read().decode())
check("script" not in listing.tags and not listing.handlers, "no name becomes markup")
check(len(listing.links) == 4, f"four links: {listing.links}")
for link in listing.links:
    with urllib.request.urlopen(urllib.parse.urljoin(url + "odd/", link)) as answer:
        name = urllib.parse.unquote(link.removeprefix("./"))
        check(answer.read().decode() == f"content of {name}", link)

request = urllib.request.Request(url + "odd/", headers={"Accept": "application/json"})
with urllib.request.urlopen(request) as answer:
    entries = json.load(answer)["entries"]
check(sorted(e["href"] for e in entries) == sorted(listing.links), "JSON and HTML agree")
check(all(urllib.parse.unquote(e["href"])[2:] == e["name"] for e in entries), "names in JSON")
print("ok")
