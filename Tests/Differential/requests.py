"""The requests of the differential test: bytes, what Martlet answers, and why where most other servers answer otherwise.

case(ID, NAME, BYTES, EXPECTED, RFC...) where
- BYTES: latin-1 text; a tuple where the client waits for an answer before it sends the next part.
- EXPECTED: the statuses in order, and `kept` (the next request on the connection is answered) or `closed`.
- RFC: ids of docs/standards/requirements.tsv.
- echo: how the echo must say that it understood the request, such as "host=b.test".
- has, lacks: text that the answers hold, or do not.
- eof: the client ends its sending side after the request.
- whole: the outcome depends on how the bytes are cut, so they are sent at once only.
- alone: must stand at the beginning of the connection.
- skip: servers that cannot be asked, such as those without a file server.

Where most others answer otherwise, the tool wants the reason that the RFC gives: because(REASON, ID...) behind the cases.

/hello.txt, /digits.txt (ten octets) and the like are files; /echo says how it understood a request of any method;
/deaf takes POST and /page GET, and neither reads content.
"""

import re

class Case:
    def __init__(self, topic, id, name, wire, expect, rfc, **options):
        self.topic, self.id, self.name, self.rfc = topic, id, name, rfc
        self.parts = [part.encode("latin-1") for part in ((wire,) if isinstance(wire, str) else wire)]
        self.expect = expect
        self.echo = options.pop("echo", None)
        self.has = options.pop("has", ())
        self.lacks = options.pop("lacks", ())
        self.why = None
        self.eof = options.pop("eof", False)
        self.whole = options.pop("whole", False)
        self.alone = options.pop("alone", False)
        self.skip = options.pop("skip", ())
        methods = options.pop("methods", None)
        assert not options, f"{id}: unknown {options}"
        first = re.match(rb"(?:\r?\n)*([A-Za-z]+) ", self.parts[0])
        self.methods = [m.encode() for m in methods] if methods else [first[1] if first else b"GET"]

    @property
    def expected(self):
        *statuses, state = self.expect.split()
        return [int(status) for status in statuses], state

    @property
    def key(self):
        return self.echo.split("=")[0] if self.echo else None

    @property
    def outcome(self):
        """Martlet's, spelled as Outcome.text spells it."""
        return self.expect + (f" {self.echo}" if self.echo else "")


CASES = []
_topic = ""


def topic(name):
    global _topic
    _topic = name


def case(id, name, wire, expect, *rfc, **options):
    CASES.append(Case(_topic, id, name, wire, expect, rfc, **options))


def because(reason, *ids):
    for id in ids:
        [named] = [case for case in CASES if case.id == id]
        named.why = reason


def request(method, target, *fields, content="", version="HTTP/1.1", host="Host: a.test"):
    lines = [f"{method} {target} {version}", *([host] if host else []), *fields]
    return "".join(line + "\r\n" for line in lines) + "\r\n" + content


def get(*fields, target="/hello.txt", **parts):
    return request("GET", target, *fields, **parts)


def post(*fields, content="", target="/echo", **parts):
    return request("POST", target, *fields, content=content, **parts)


def chunked(content, *fields, **parts):
    return post("Transfer-Encoding: chunked", *fields, content=content, **parts)


NO_FILES = ("node",)

# ---------------------------------------------------------------------------------------------------------------------
topic("The request line")

case("line-plain", "a plain GET", "GET /hello.txt HTTP/1.1\r\nHost: a.test\r\n\r\n", "200 kept", "9112-9.3-01")
case("line-empty-1", "one empty line before it", "\r\n" + get(), "200 kept", "9112-2.2-05")
case("line-empty-2", "two empty lines before it", "\r\n\r\n" + get(), "200 kept", "9112-2.2-05")
case("line-empty-9", "nine empty lines before it", "\r\n" * 9 + get(), "400 closed", "9112-2.2-05", "9110-17.5-01")
case("line-empty-lf", "an empty line that ends with LF alone before it", "\n" + get(), "400 closed", "9112-2.2-02")
case("line-empty-bare-cr", "a CR alone before it", "\r" + get(), "400 closed", "9112-2.2-04")
case("line-leading-space", "a space before it", " " + get(), "400 closed", "9112-3.2-02", "9112-3-01")
case("line-lf", "ends with LF alone", "GET /hello.txt HTTP/1.1\nHost: a.test\r\n\r\n", "400 closed", "9112-2.2-02")
case("line-bare-cr", "ends with CR alone", "GET /hello.txt HTTP/1.1\rHost: a.test\r\n\r\n", "400 closed", "9112-2.2-04")
case("line-cr-inside", "a CR in the target", "GET /hello\r.txt HTTP/1.1\r\nHost: a.test\r\n\r\n", "400 closed", "9112-2.2-04")
case("line-crcrlf", "ends with CR CR LF", "GET /hello.txt HTTP/1.1\r\r\nHost: a.test\r\n\r\n", "400 closed", "9112-2.2-04")
case("line-two-spaces", "two spaces before the target", "GET  /hello.txt HTTP/1.1\r\nHost: a.test\r\n\r\n", "400 closed", "9112-3-01")
case("line-two-spaces-version", "two spaces before the version", "GET /hello.txt  HTTP/1.1\r\nHost: a.test\r\n\r\n", "400 closed", "9112-3-01")
case("line-tab", "a tab instead of the first space", "GET\t/hello.txt HTTP/1.1\r\nHost: a.test\r\n\r\n", "400 closed", "9112-3-01")
case("line-tab-version", "a tab instead of the second space", "GET /hello.txt\tHTTP/1.1\r\nHost: a.test\r\n\r\n", "400 closed", "9112-3-01")
case("line-vt", "a vertical tab instead of the first space", "GET\x0b/hello.txt HTTP/1.1\r\nHost: a.test\r\n\r\n", "400 closed", "9112-3-01")
case("line-ff", "a form feed instead of the second space", "GET /hello.txt\x0cHTTP/1.1\r\nHost: a.test\r\n\r\n", "400 closed", "9112-3-01")
case("line-trailing-space", "a space after the version", "GET /hello.txt HTTP/1.1 \r\nHost: a.test\r\n\r\n", "400 closed", "9112-3-01", "9112-2.3-02")
case("line-extra-word", "a word after the version", "GET /hello.txt HTTP/1.1 please\r\nHost: a.test\r\n\r\n", "400 closed", "9112-3.2-02")
case("line-space-in-target", "a space in the target", "GET /hello .txt HTTP/1.1\r\nHost: a.test\r\n\r\n", "400 closed", "9112-3.2-01", "9112-3.2-03")
case("line-nul", "NUL in the target", "GET /hello\0.txt HTTP/1.1\r\nHost: a.test\r\n\r\n", "400 closed", "9112-3.2-01")
case("line-no-target", "no target", "GET HTTP/1.1\r\nHost: a.test\r\n\r\n", "400 closed", "9112-3.2-02")
case("line-empty-target", "two spaces and no target", "GET  HTTP/1.1\r\nHost: a.test\r\n\r\n", "400 closed", "9112-3.2-02")
case("line-method-only", "a method and nothing else", "GET\r\n\r\n", "400 closed", "9112-3.2-02")
case("line-word", "one word that is no method", "hello?\r\n\r\n", "400 closed", "9112-3.2-02")
case("line-http09", "HTTP/0.9: no version", "GET /hello.txt\r\n\r\n", "400 closed", "9112-C.1-01")
case("line-http09-fields", "no version, but fields", "GET /hello.txt\r\nHost: a.test\r\n\r\n", "400 closed", "9112-C.1-01")
case("line-status-line", "a status line", "HTTP/1.1 200 OK\r\nHost: a.test\r\n\r\n", "400 closed", "9112-2.1-01")
for id, name, version, expect, *rfc in [
    ("1.0", "HTTP/1.0", "HTTP/1.0", "200 closed", "9112-9.3-03"),
    ("1.2", "HTTP/1.2", "HTTP/1.2", "200 kept", "9110-6.2-04"),
    ("1.9", "HTTP/1.9", "HTTP/1.9", "200 kept", "9110-6.2-04"),
    ("2.0", "HTTP/2.0", "HTTP/2.0", "505 closed", "9110-6.2-03"),
    ("3.0", "HTTP/3.0", "HTTP/3.0", "505 closed", "9110-6.2-03"),
    ("0.9", "HTTP/0.9 written out", "HTTP/0.9", "505 closed", "9110-6.2-03"),
    ("9.9", "HTTP/9.9", "HTTP/9.9", "505 closed", "9110-6.2-03"),
    ("1", "HTTP/1", "HTTP/1", "400 closed", "9112-2.3-02"),
    ("1.", "HTTP/1.", "HTTP/1.", "400 closed", "9112-2.3-02"),
    ("1.10", "HTTP/1.10", "HTTP/1.10", "400 closed", "9112-2.3-02"),
    ("01.1", "HTTP/01.1", "HTTP/01.1", "400 closed", "9112-2.3-02"),
    ("1.1a", "HTTP/1.1a", "HTTP/1.1a", "400 closed", "9112-2.3-02"),
    ("1,1", "HTTP/1,1", "HTTP/1,1", "400 closed", "9112-2.3-02"),
    ("-1.1", "HTTP/-1.1", "HTTP/-1.1", "400 closed", "9112-2.3-02"),
    ("plus", "HTTP/+1.1", "HTTP/+1.1", "400 closed", "9112-2.3-02"),
    ("lower", "http/1.1", "http/1.1", "400 closed", "9112-2.3-01"),
    ("mixed", "Http/1.1", "Http/1.1", "400 closed", "9112-2.3-01"),
    ("other", "ICY/1.1", "ICY/1.1", "400 closed", "9112-2.3-01"),
    ("space", "HTTP / 1.1", "HTTP / 1.1", "400 closed", "9112-2.3-02"),
]:
    case(f"version-{id}", f"version: {name}", get(version=version), expect, *rfc)
because(
    "What is no request line is answered 400, and the connection closes, since where the next request begins would be a guess "
    "(RFC 9112 §2.2, §3). One empty line before it ought to be skipped; more than eight are not what any client sends.",
    "line-empty-9", "line-empty-bare-cr", "line-two-spaces-version",
)
because(
    "HTTP/0.9 has not been part of HTTP since RFC 9112 (§2.3, appendix C.1): a request line has a version.",
    "line-http09", "line-http09-fields",
)


# ---------------------------------------------------------------------------------------------------------------------
topic("Methods")

case("method-head", "HEAD", request("HEAD", "/hello.txt"), "200 kept", "9110-9.3.2-01", has=("Content-Length: 6\r\n",))
case("method-head-404", "HEAD of nothing", request("HEAD", "/nothing"), "404 kept", "9110-9.3.2-01")
case("method-head-400", "HEAD with two Hosts", request("HEAD", "/hello.txt", "Host: b.test"), "400 closed", "9110-9.3.2-01")
case("method-head-echo", "HEAD of a dynamic page", request("HEAD", "/page"), "200 kept", "9110-9.3.2-02")
case("method-lower", "get", request("get", "/hello.txt"), "501 kept", "9110-9.1-04", "9110-9.1-02")
case("method-mixed", "Get", request("Get", "/hello.txt"), "501 kept", "9110-9.1-04")
case("method-unknown", "an unknown method on a file", request("SPRING", "/hello.txt"), "501 kept", "9110-9.1-02")
case("method-unknown-page", "an unknown method on a page", request("SPRING", "/page"), "501 kept", "9110-9.1-02")
case("method-unknown-content", "an unknown method with content", request("SPRING", "/hello.txt", "Content-Length: 5", content="hello"), "501 kept", "9110-9.1-02", "9112-9.3-05")
case("method-m-search", "M-SEARCH, a method with a hyphen", request("M-SEARCH", "/hello.txt"), "501 kept", "9110-9.1-02")
case("method-token", "a method of odd token characters", request("!#$%&'*+-.^_`|~", "/hello.txt"), "501 kept", "9112-3.1-01")
case("method-colon", "a method with a colon", request("GET:", "/hello.txt"), "400 closed", "9112-3.1-01")
case("method-paren", "a method with parentheses", request("G(E)T", "/hello.txt"), "400 closed", "9112-3.1-01")
case("method-quoted", "a method in quotes", request('"GET"', "/hello.txt"), "400 closed", "9112-3.1-01")
case("method-utf8", "a method with octets above 127", request("G\xc3\x89T", "/hello.txt"), "400 closed", "9112-3.1-01")
case("method-nul", "a method with NUL", request("G\0T", "/hello.txt"), "400 closed", "9112-3.1-01")
case("method-long-32", "a method of 32 octets", request("A" * 32, "/hello.txt"), "501 kept", "9112-3-02")
case("method-long-33", "a method of 33 octets", request("A" * 33, "/hello.txt"), "501 closed", "9112-3-02")
case("method-long-9000", "a method of 9,000 octets", request("A" * 9000, "/hello.txt"), "501 closed", "9112-3-02")
case("method-post-file", "POST to a file", post("Content-Length: 5", content="hello", target="/hello.txt"), "405 kept", "9110-9.1-03", "9110-10.2.1-01", has=("Allow: GET, HEAD, OPTIONS\r\n",))
case("method-put-file", "PUT to a file", request("PUT", "/hello.txt", "Content-Length: 5", content="hello"), "405 kept", "9110-9.1-03", has=("Allow: ",))
case("method-put-range", "PUT with Content-Range to a file", request("PUT", "/hello.txt", "Content-Range: bytes 0-4/6", "Content-Length: 5", content="hello"), "400 closed", "9110-14.5-01", "9110-9.1-03")
case("method-delete-file", "DELETE of a file", request("DELETE", "/hello.txt"), "405 kept", "9110-9.1-03", has=("Allow: ",))
case("method-patch-file", "PATCH of a file", request("PATCH", "/hello.txt", "Content-Length: 5", content="hello"), "405 kept", "9110-9.1-03", has=("Allow: ",))
case("method-post-page", "POST to a page that has only GET", post("Content-Length: 5", content="hello", target="/page"), "405 kept", "9110-9.1-03", "9110-15.5.6-01", has=("Allow: GET, HEAD, OPTIONS\r\n",))
case("method-get-deaf", "GET of what only takes POST", get(target="/deaf"), "405 kept", "9110-9.1-03", has=("Allow: POST, OPTIONS\r\n",))
case("method-trace", "TRACE", request("TRACE", "/hello.txt"), "405 kept", "9110-9.3.8-01", lacks=("TRACE /hello.txt",))
case("method-trace-page", "TRACE of a page", request("TRACE", "/page"), "405 kept", "9110-9.3.8-01", lacks=("TRACE /page",))
case("method-trace-content", "TRACE with content", request("TRACE", "/hello.txt", "Content-Length: 5", content="hello"), "405 kept", "9110-9.3.8-01")
case("method-options", "OPTIONS of a file", request("OPTIONS", "/hello.txt"), "204 kept", "9110-9.3.7-01", has=("Allow: GET, HEAD, OPTIONS\r\n",), lacks=("Content-Length",))
case("method-options-page", "OPTIONS of a page", request("OPTIONS", "/page"), "204 kept", "9110-9.3.7-01", has=("Allow: ",))
case("method-options-star", "OPTIONS *", request("OPTIONS", "*"), "204 kept", "9110-9.3.7-02", "9112-3.2.4-01", has=("Allow: ",))
case("method-options-content", "OPTIONS * with content", request("OPTIONS", "*", "Content-Length: 5", content="hello"), "204 kept", "9110-9.3.7-02", "9112-9.3-05")
case("method-connect", "CONNECT", request("CONNECT", "b.test:443", host="Host: b.test:443"), "501 closed", "9110-9.3.6-02", has=("Content-Length: ",))
case("method-connect-path", "CONNECT with a path", request("CONNECT", "/hello.txt"), "400 closed", "9112-3.2.3-01")
case("method-connect-no-port", "CONNECT without port", request("CONNECT", "b.test"), "400 closed", "9110-9.3.6-01")
case("method-connect-empty-port", "CONNECT with an empty port", request("CONNECT", "b.test:"), "400 closed", "9110-9.3.6-01")
case("method-connect-big-port", "CONNECT to port 65536", request("CONNECT", "b.test:65536"), "400 closed", "9110-9.3.6-01")
case("method-get-content", "GET with content", request("GET", "/echo", "Content-Length: 5", content="hello"), "200 kept", "9110-9.3.1-02", "9112-6-01", echo="content=hello")
case("method-delete-content", "DELETE with content", request("DELETE", "/echo", "Content-Length: 5", content="hello"), "200 kept", "9112-6-01", echo="content=hello")
case("method-head-content", "HEAD with content", request("HEAD", "/hello.txt", "Content-Length: 5", content="hello"), "200 kept", "9112-6-01")
case("method-query", "QUERY on a file", request("QUERY", "/hello.txt", "Content-Length: 5", content="hello"), "405 kept", "9110-9.1-03")
because(
    "A part stored as the whole destroys it. A server that does not know the use of Content-Range in PUT has to refuse it, so it is 400 before any handler is asked (RFC 9110 §14.5).",
    "method-put-range",
)
because(
    "A method that the server does not know is a 501 (RFC 9110 §9.1), and methods are case-sensitive. The request itself is "
    "valid and its end known, so the connection stays (RFC 9112 §9.3).",
    "method-lower", "method-mixed", "method-unknown", "method-unknown-page", "method-unknown-content", "method-m-search",
    "method-token", "method-long-32",
)
because(
    "A method that is known but not allowed here is a 405 with Allow (RFC 9110 §9.1, §15.5.6). The others give the page "
    "whatever the method, as far as their handler does not look.",
    "method-post-file", "method-post-page", "method-get-deaf",
)
because("TRACE is off by default, since it reflects what a script must not see (RFC 9110 §9.3.8).", "method-trace", "method-trace-page")
because(
    "An answer to OPTIONS that has no content is a 204 here; RFC 9110 §9.3.7 asks for Allow and leaves the status open. `*` is "
    "the server as a whole.",
    "method-options", "method-options-page", "method-options-star",
)


# ---------------------------------------------------------------------------------------------------------------------
topic("The request target")

case("target-absolute", "absolute-form", get(target="http://a.test/echo"), "200 kept", "9112-3.2.2-02", echo="host=a.test")
case("target-absolute-host", "absolute-form with another Host", get(target="http://b.test/echo"), "200 kept", "9112-3.2.2-01", echo="host=b.test")
case("target-absolute-no-host", "absolute-form without Host", get(target="http://b.test/echo", host=None), "400 closed", "9112-3.2-04")
case("target-absolute-two-hosts", "absolute-form with two Hosts", get("Host: c.test", target="http://b.test/echo"), "400 closed", "9112-3.2-05")
case("target-absolute-bad-host", "absolute-form with an invalid Host", get(target="http://b.test/echo", host="Host: a test"), "400 closed", "9112-3.2-06")
case("target-absolute-upper", "absolute-form with an upper-case scheme", get(target="HTTP://b.test/echo"), "200 kept", "9110-4.2.3-02", echo="host=b.test")
case("target-absolute-port", "absolute-form with a port", get(target="http://b.test:8080/hello.txt"), "200 kept", "9112-3.2.2-02")
case("target-absolute-root", "absolute-form without path", get(target="http://b.test"), "200 kept", "9110-4.2.3-02", "3986-6.2.3-01")
case("target-absolute-query", "absolute-form with a query and no path", get(target="http://b.test?q"), "200 kept", "3986-6.2.3-01")
case("target-absolute-empty", "absolute-form with an empty host", get(target="http:///hello.txt"), "400 closed", "9110-4.2.1-02")
case("target-absolute-userinfo", "absolute-form with user information", get(target="http://me:pw@b.test/hello.txt"), "400 closed", "9110-4.2.4-02")
case("target-absolute-bad-port", "absolute-form with port 99999", get(target="http://b.test:99999/hello.txt"), "400 closed", "9112-3.2-02")
case("target-absolute-no-slashes", "http:hello.txt", get(target="http:hello.txt"), "400 closed", "9112-3.2-02")
case("target-absolute-https", "https in clear text", get(target="https://a.test/hello.txt"), "421 closed", "9110-7.4-01", "9110-15.5.20-01")
case("target-absolute-ftp", "ftp://", get(target="ftp://a.test/hello.txt"), "421 closed", "9110-7.4-01")
case("target-absolute-post", "absolute-form with POST", post("Content-Length: 5", content="hello", target="http://b.test/echo"), "200 kept", "9112-3.2.2-02", echo="content=hello")
case("target-star-get", "* with GET", get(target="*"), "400 closed", "9110-7.1-01")
case("target-star-more", "OPTIONS */x", request("OPTIONS", "*/x"), "400 closed", "9112-3.2-02")
case("target-authority-get", "authority-form with GET", get(target="a.test:80"), "400 closed", "9110-7.1-01")
case("target-relative", "a path without its first slash", get(target="hello.txt"), "400 closed", "9112-3.2-02")
case("target-query", "a query", get(target="/hello.txt?a=b"), "200 kept", "3986-3.4-01")
case("target-query-odd", "/ and ? in a query", get(target="/hello.txt?a/b?c"), "200 kept", "3986-3.4-01")
case("target-query-percent", "a stray % in a query", get(target="/hello.txt?a=%zz"), "200 kept", "9110-2.4-02")
case("target-query-only", "a query on the root", get(target="/?q"), "200 kept", "3986-3.4-01")
case("target-fragment", "a fragment", get(target="/hello.txt#top"), "400 closed", "3986-3.5-01")
case("target-encoded-fragment", "an encoded #", get(target="/%23"), "404 kept", "3986-2.2-01")
case("target-percent-bad", "% and no hex digits", get(target="/hello%zz.txt"), "400 closed", "3986-2.1-03")
case("target-percent-end", "% at the end", get(target="/hello.txt%"), "400 closed", "3986-2.1-03")
case("target-percent-one", "% and one digit", get(target="/hello.txt%4"), "400 closed", "3986-2.1-03")
case("target-percent-u", "%u0041", get(target="/%u0041"), "400 closed", "3986-2.1-03")
case("target-nul", "%00", get(target="/hello.txt%00"), "400 closed", "3986-7.3-02")
case("target-nul-end", "%00 before an extension", get(target="/hello.txt%00.html"), "400 closed", "3986-7.3-02")
case("target-crlf", "%0d%0a", get(target="/hello%0d%0aX:%20y"), "404 kept", "3986-7.2-01", lacks=("\r\nX: y",))
case("target-unreserved", "%2e instead of a dot", get(target="/hello%2etxt"), "200 kept", "3986-2.3-01", skip=NO_FILES)
case("target-unreserved-case", "%2E in upper case", get(target="/hello%2Etxt"), "200 kept", "3986-2.1-01", skip=NO_FILES)
case("target-letter", "an encoded letter", get(target="/%68ello.txt"), "200 kept", "3986-2.3-01", skip=NO_FILES)
case("target-quote", "a double quote", get(target='/"hello"'), "400 closed", "3986-3.3-01")
case("target-angle", "< and >", get(target="/<b>"), "400 closed", "3986-3.3-01")
case("target-backslash", "a backslash", get(target="/folder\\hello.txt"), "400 closed", "3986-3.3-01")
case("target-brace", "{ and }", get(target="/{id}"), "400 closed", "3986-3.3-01")
case("target-bar", "|", get(target="/a|b"), "400 closed", "3986-3.3-01")
case("target-caret", "^ and `", get(target="/a^`b"), "400 closed", "3986-3.3-01")
case("target-bracket", "[ and ] in the path", get(target="/a[1]"), "404 kept", "9110-2.4-02")
case("target-quote-query", "a double quote in the query", get(target='/hello.txt?"a"'), "200 kept", "9110-2.4-02")
case("target-utf8", "octets above 127", get(target="/\xc3\xa9"), "400 closed", "9112-3.2-01")
case("target-utf8-query", "octets above 127 in the query", get(target="/hello.txt?\xc3\xa9"), "400 closed", "9112-3.2-01")
case("target-del", "DEL", get(target="/a\x7fb"), "400 closed", "9112-3.2-01")
case("target-bell", "BEL", get(target="/a\x07b"), "400 closed", "9112-3.2-01")
case("target-sub-delims", "all sub-delims in a path", get(target="/!$&'()*+,;=:@-._~"), "404 kept", "3986-3.3-03")
case("target-8000", "a target of 8,000 octets", get(target="/" + "a" * 7999), "404 kept", "9110-4.1-01", "9112-3-04", skip=NO_FILES)
case("target-8000-query", "a query that makes 8,000 octets", get(target="/hello.txt?" + "a" * 7989), "200 kept", "9110-4.1-01")
case("target-line-8192", "a request line of 8,192 octets", get(target="/hello.txt?" + "a" * (8192 - 24)), "200 kept", "9112-3-04")
case("target-line-8193", "a request line of 8,193 octets", get(target="/hello.txt?" + "a" * (8193 - 24)), "414 closed", "9112-3-03")
case("target-70000", "a target of 70,000 octets", get(target="/" + "a" * 69999), "414 closed", "9112-3-03")
because(
    "An http URL with an empty host is invalid and must be refused (RFC 9110 §4.2.1); a port has at most 16 bits, so 99999 "
    "names no port.",
    "target-absolute-empty", "target-absolute-bad-port",
)
because(
    "What came in the clear must not be answered as https, nor as any other scheme (RFC 9110 §7.4): 421 (§15.5.20).",
    "target-absolute-https", "target-absolute-ftp",
)
because("A request target has no fragment (RFC 9112 §3.2; RFC 3986 §3.5): the request line is invalid, 400.", "target-fragment")
because(
    "These octets must be percent-encoded in a path, and octets above 127 anywhere in a target (RFC 3986 §3.3, §2): an invalid "
    "request line gets 400 and is not corrected (RFC 9112 §3.2).",
    "target-quote", "target-angle", "target-backslash", "target-brace", "target-bar", "target-caret", "target-utf8",
    "target-utf8-query",
)
because("A request line longer than the limit, here 8,192 octets, gets 414; at least 8,000 are recommended (RFC 9112 §3).", "target-line-8193")


# ---------------------------------------------------------------------------------------------------------------------
topic("Paths and files")

case("path-root", "/", get(target="/"), "200 kept", "9112-3.2.2-02")
case("path-missing", "a file that is not there", get(target="/nothing.txt"), "404 kept", "9110-15.5-01")
case("path-case", "another case", get(target="/HELLO.txt"), "404 kept", "9110-4.2.3-02")
case("path-slash", "a file with a slash at the end", get(target="/hello.txt/"), "404 kept", "9110-15.5-01")
case("path-below-file", "something below a file", get(target="/hello.txt/x"), "404 kept", "9110-15.5-01")
case("path-folder", "a folder without its slash", get(target="/folder"), "301 kept", "9110-15.4.2-01", has=("Location: /folder/\r\n",), skip=NO_FILES)
case("path-folder-query", "a folder without its slash and a query", get(target="/folder?a=b"), "301 kept", "9110-15.4.2-01", has=("Location: /folder/?a=b\r\n",), skip=NO_FILES)
case("path-folder-slashes", "a folder behind two slashes", get(target="//folder"), "301 kept", "3986-3.3-02", has=("Location: /folder/\r\n",), lacks=("Location: //",), skip=NO_FILES)
case("path-folder-page", "a folder with a page", get(target="/folder/"), "200 kept", "9112-9.3-01", skip=NO_FILES)
case("path-folder-bare", "a folder without a page", get(target="/bare/"), "200 kept", "9112-9.3-01", skip=NO_FILES)
case("path-dot", "/./hello.txt", get(target="/./hello.txt"), "200 kept", "3986-5.2.4-01")
case("path-dots", "/folder/../hello.txt", get(target="/folder/../hello.txt"), "200 kept", "3986-5.2.4-01")
case("path-dots-encoded", "/folder/%2e%2e/hello.txt", get(target="/folder/%2e%2e/hello.txt"), "200 kept", "3986-6.2.2.3-01")
case("path-dots-mixed", "/folder/.%2E/hello.txt", get(target="/folder/.%2E/hello.txt"), "200 kept", "3986-6.2.2.3-01")
case("path-up", "/../outside.txt", get(target="/../outside.txt"), "404 kept", "9110-17.3-01", lacks=("outside of",))
case("path-up-hello", "/../hello.txt", get(target="/../hello.txt"), "200 kept", "3986-5.2.4-01")
case("path-up-encoded", "/%2e%2e/outside.txt", get(target="/%2e%2e/outside.txt"), "404 kept", "9110-17.3-01", lacks=("outside of",))
case("path-up-slash", "/..%2foutside.txt", get(target="/..%2foutside.txt"), "404 kept", "9110-17.3-01", lacks=("outside of",))
case("path-up-folder", "/folder/../../outside.txt", get(target="/folder/../../outside.txt"), "404 kept", "9110-17.3-01", lacks=("outside of",))
case("path-up-double", "/%252e%252e/outside.txt: decoded once", get(target="/%252e%252e/outside.txt"), "404 kept", "3986-2.4-02", lacks=("outside of",))
case("path-up-backslash", "/..%5coutside.txt", get(target="/..%5coutside.txt"), "404 kept", "3986-7.3-03", lacks=("outside of",))
case("path-up-overlong", "/%c0%ae%c0%ae/outside.txt", get(target="/%c0%ae%c0%ae/outside.txt"), "404 kept", "9110-17.3-01", lacks=("outside of",))
case("path-up-parameter", "/..;/outside.txt", get(target="/..;/outside.txt"), "404 kept", "3986-3.3-03", lacks=("outside of",))
case("path-slash-encoded", "/folder%2findex.html", get(target="/folder%2findex.html"), "404 kept", "3986-2.2-01", skip=NO_FILES)
case("path-slashes", "/folder//index.html", get(target="/folder//index.html"), "200 kept", "9110-2.4-02", skip=NO_FILES)
case("path-slashes-first", "//hello.txt", get(target="//hello.txt"), "200 kept", "9110-2.4-02", skip=NO_FILES)
case("path-space", "/a%20b.txt", get(target="/a%20b.txt"), "200 kept", "3986-2.4-01", skip=NO_FILES)
case("path-plus", "/a+b.txt: a plus is no space", get(target="/a+b.txt"), "404 kept", "3986-3.3-03")
case("path-twice", "/%2541.txt is %41.txt", get(target="/%2541.txt"), "200 kept", "3986-2.4-02", skip=NO_FILES)
case("path-not-twice", "/%41.txt is A.txt", get(target="/%41.txt"), "404 kept", "3986-2.4-02")
case("path-future", "a file from the future", get(target="/future.txt"), "200 kept", "9110-8.8.2.1-03", lacks=("Last-Modified: Fri, 01 Jan 2100",), skip=NO_FILES)
because(
    "Paths are split before they are decoded, so %2F is part of a name and separates nothing (RFC 3986 §2.2, §2.4). No file "
    "has such a name.",
    "path-slash-encoded",
)


# ---------------------------------------------------------------------------------------------------------------------
topic("Host")

for id, name, lines, expect, *rfc in [
    ("none", "no Host", [], "400 closed", "9112-3.2-04"),
    ("two", "two Hosts", ["Host: a.test", "Host: b.test"], "400 closed", "9112-3.2-05"),
    ("two-equal", "the same Host twice", ["Host: a.test", "Host: a.test"], "400 closed", "9112-3.2-05"),
    ("two-case", "Host and hOST", ["Host: a.test", "hOST: b.test"], "400 closed", "9112-3.2-05"),
    ("two-apart", "two Hosts far apart", ["Host: a.test", "A: b", "Host: b.test"], "400 closed", "9112-3.2-05"),
    ("two-empty", "a Host and an empty one", ["Host: a.test", "Host:"], "400 closed", "9112-3.2-05"),
    ("lower", "host in lower case", ["host: a.test"], "200 kept", "9110-5.1-01"),
    ("no-space", "no space before the name", ["Host:a.test"], "200 kept", "9112-5.1-03"),
    ("spaces", "spaces and tabs around the name", ["Host: \t a.test \t "], "200 kept", "9112-5.1-03"),
    ("upper", "a name in upper case", ["Host: A.TEST"], "200 kept", "9110-4.2.3-02"),
    ("port", "a port", ["Host: a.test:8000"], "200 kept", "9112-3.2-06"),
    ("empty-port", "an empty port", ["Host: a.test:"], "200 kept", "3986-3.2.3-02"),
    ("dot", "a dot at the end", ["Host: a.test."], "200 kept", "9112-3.2-06"),
    ("address", "an IPv4 address", ["Host: 127.0.0.1"], "200 kept", "3986-3.2.2-02"),
    ("ipv6", "an IPv6 address", ["Host: [::1]"], "200 kept", "3986-3.2.2-01"),
    ("ipv6-port", "an IPv6 address with a port", ["Host: [::1]:8000"], "200 kept", "3986-3.2.2-01"),
    ("underscore", "an underscore", ["Host: a_b.test"], "200 kept", "9112-3.2-06"),
    ("encoded", "a percent-encoding", ["Host: a%2e.test"], "200 kept", "9112-3.2-06"),
    ("empty", "an empty Host", ["Host:"], "200 kept", "9112-3.3-04"),
    ("space-inside", "a space inside", ["Host: a test"], "400 closed", "9112-3.2-06"),
    ("tab-inside", "a tab inside", ["Host: a\ttest"], "400 closed", "9112-3.2-06"),
    ("comma", "two names with a comma", ["Host: a.test, b.test"], "400 closed", "9112-3.2-06"),
    ("comma-close", "two names with a comma and no space", ["Host: a.test,b.test"], "400 closed", "9112-3.2-06"),
    ("userinfo", "user information", ["Host: me@a.test"], "400 closed", "9110-4.2.4-02"),
    ("path", "a path", ["Host: a.test/x"], "400 closed", "9112-3.2-06"),
    ("url", "a URL", ["Host: http://a.test"], "400 closed", "9112-3.2-06"),
    ("query", "a query", ["Host: a.test?x"], "400 closed", "9112-3.2-06"),
    ("fragment", "a fragment", ["Host: a.test#x"], "400 closed", "9112-3.2-06"),
    ("bad-port", "a port that is no number", ["Host: a.test:http"], "400 closed", "9112-3.2-06"),
    ("negative-port", "port -1", ["Host: a.test:-1"], "400 closed", "9112-3.2-06"),
    ("big-port", "port 65536", ["Host: a.test:65536"], "400 closed", "9112-3.2-06"),
    ("huge-port", "a port of 30 digits", ["Host: a.test:" + "9" * 30], "400 closed", "9112-3.2-06"),
    ("two-ports", "two ports", ["Host: a.test:80:81"], "400 closed", "9112-3.2-06"),
    ("only-port", "a port without a name", ["Host: :80"], "400 closed", "9112-3.2-06"),
    ("ipv6-open", "an IPv6 address without its last bracket", ["Host: [::1"], "400 closed", "9112-3.2-06"),
    ("ipv6-bare", "an IPv6 address without brackets", ["Host: ::1"], "400 closed", "3986-3.2.2-01"),
    ("ipv6-bad", "an IPv6 address with letters", ["Host: [::g]"], "400 closed", "9112-3.2-06"),
    ("ipv6-zone", "an IPv6 address with a zone", ["Host: [fe80::1%25eth0]"], "400 closed", "3986-3.2.2-01"),
    ("quote", "a double quote", ['Host: "a.test"'], "400 closed", "9112-3.2-06"),
    ("angle", "angle brackets", ["Host: <a.test>"], "400 closed", "9112-3.2-06"),
    ("backslash", "a backslash", ["Host: a.test\\b"], "400 closed", "9112-3.2-06"),
    ("utf8", "octets above 127", ["Host: \xc3\xa9.test"], "400 closed", "9112-3.2-06"),
    ("nul", "NUL", ["Host: a\0.test"], "400 closed", "9110-5.5-03"),
    ("dotdot", "a path that leads up", ["Host: ../../etc"], "400 closed", "9112-3.2-06"),
    ("percent", "a stray %", ["Host: a%.test"], "400 closed", "9112-3.2-06"),
    ("folded", "a folded Host", ["Host: a.test,", " b.test"], "400 closed", "9112-5.2-02"),
]:
    case(f"host-{id}", name, get(*lines, target="/echo", host=None), expect, *rfc)
case("host-none-1.0", "no Host in HTTP/1.0", get(version="HTTP/1.0", host=None), "200 closed", "9112-3.3-04")
case("host-two-1.0", "two Hosts in HTTP/1.0", get("Host: b.test", version="HTTP/1.0"), "400 closed", "9112-3.2-05")
case("host-bad-1.0", "an invalid Host in HTTP/1.0", get(version="HTTP/1.0", host="Host: a/b"), "400 closed", "9112-3.2-06")
case("host-1.0", "a Host in HTTP/1.0", get(target="/echo", version="HTTP/1.0"), "200 closed", "9110-5.1-02", echo="host=a.test")
because(
    "A Host that is not `host` or `host:port` gets 400 (RFC 9112 §3.2, a MUST). The others of this column do not look.",
    "host-comma-close", "host-bad-port", "host-negative-port", "host-big-port", "host-huge-port", "host-two-ports",
    "host-ipv6-open", "host-ipv6-bad", "host-ipv6-zone", "host-percent",
)


# ---------------------------------------------------------------------------------------------------------------------
topic("Field lines")

for id, name, lines, expect, *rfc in [
    ("space-colon", "a space before the colon", ["A : b"], "400 closed", "9112-5.1-01"),
    ("tab-colon", "a tab before the colon", ["A\t: b"], "400 closed", "9112-5.1-01"),
    ("space-colon-length", "a space before Content-Length's colon", ["Content-Length : 0"], "400 closed", "9112-5.1-01"),
    ("space-colon-te", "a space before Transfer-Encoding's colon", ["Transfer-Encoding : chunked"], "400 closed", "9112-5.1-01"),
    ("no-colon", "no colon", ["hello"], "400 closed", "9112-5-01"),
    ("no-name", "no name", [": b"], "400 closed", "9112-5-01"),
    ("no-value", "no value", ["A:"], "200 kept", "9112-5.1-03"),
    ("folded", "a folded value (obs-fold)", ["A: b", " c"], "400 closed", "9112-5.2-02"),
    ("folded-tab", "a value folded with a tab", ["A: b", "\tc"], "400 closed", "9112-5.2-02"),
    ("folded-blank", "a line of a space alone", ["A: b", " "], "400 closed", "9112-5.2-02"),
    ("name-space", "a space in the name", ["A b: c"], "400 closed", "9112-5-01"),
    ("name-paren", "parentheses in the name", ["A(b): c"], "400 closed", "9112-5-01"),
    ("name-slash", "a slash in the name", ["A/b: c"], "400 closed", "9112-5-01"),
    ("name-quote", "quotes in the name", ['"A": c'], "400 closed", "9112-5-01"),
    ("name-at", "@ in the name", ["A@b: c"], "400 closed", "9112-5-01"),
    ("name-bracket", "brackets in the name", ["A[b]: c"], "400 closed", "9112-5-01"),
    ("name-utf8", "octets above 127 in the name", ["\xc3\xa9: c"], "400 closed", "9112-5-01"),
    ("name-nul", "NUL in the name", ["A\0: c"], "400 closed", "9112-5-01"),
    ("name-bell", "BEL in the name", ["A\x07: c"], "400 closed", "9112-5-01"),
    ("name-underscore", "an underscore in the name", ["A_b: c"], "200 kept", "9110-5.1-04"),
    ("name-token", "a name of odd token characters", ["!#$%&'*+-.^_`|~: c"], "200 kept", "9110-5.1-04"),
    ("value-nul", "NUL in the value", ["A: b\0c"], "400 closed", "9110-5.5-03"),
    ("value-cr", "a CR in the value", ["A: b\rc"], "400 closed", "9110-5.5-03", ),
    ("value-cr-line", "a CR and a field line in the value", ["A: b\rHost: b.test"], "400 closed", "9112-2.2-04"),
    ("value-crcr", "two CRs at the end", ["A: b\r"], "400 closed", "9112-2.2-04"),
    ("value-bell", "BEL in the value", ["A: b\x07c"], "400 closed", "9110-5.5-04"),
    ("value-escape", "ESC in the value", ["A: b\x1bc"], "400 closed", "9110-5.5-04"),
    ("value-del", "DEL in the value", ["A: b\x7fc"], "400 closed", "9110-5.5-04"),
    ("value-vt", "a vertical tab in the value", ["A: b\x0bc"], "400 closed", "9110-5.5-04"),
    ("value-latin1", "octets above 127 in the value", ["A: \xc3\xa9\xff"], "200 kept", "9110-5.5-02"),
    ("value-tab", "a tab in the value", ["A: b\tc"], "200 kept", "9112-5.1-03"),
    ("value-lf", "a line that ends with LF alone", ["A: b\nC: d"], "400 closed", "9112-2.2-02"),
    ("value-lf-host", "a second Host behind LF alone", ["A: b\nHost: b.test"], "400 closed", "9112-2.2-02"),
    ("value-8000", "a value of 8,000 octets", ["Referer: http://a.test/" + "a" * 7986], "200 kept", "9110-4.1-01"),
    ("value-60000", "a value of 60,000 octets", ["Cookie: " + "a" * 60000], "200 kept", "9110-5.4-01"),
    ("value-66000", "a value of 66,000 octets", ["Cookie: " + "a" * 66000], "431 closed", "9110-5.4-01", "6585-5-02"),
    ("name-66000", "a name of 66,000 octets", ["A" * 66000 + ": b"], "431 closed", "9110-5.4-01"),
    ("count-99", "100 fields", [f"A{i}: b" for i in range(99)], "200 kept", "9110-5.4-01"),
    ("count-100", "101 fields", [f"A{i}: b" for i in range(100)], "431 closed", "9110-5.4-01"),
    ("count-5000", "5,000 fields", ["A: b"] * 5000, "431 closed", "9110-5.4-01"),
    ("commas", "a list of 5,000 commas", ["Accept: " + "," * 5000 + "text/plain"], "200 kept", "9110-5.6.1.2-02"),
]:
    case(f"field-{id}", name, get(*lines), expect, *rfc)
case("field-first-space", "white space before the first field", "GET /hello.txt HTTP/1.1\r\n Host: a.test\r\n\r\n", "400 closed", "9112-2.2-08")
case("field-first-tab", "a tab before the first field", "GET /hello.txt HTTP/1.1\r\n\tA: b\r\nHost: a.test\r\n\r\n", "400 closed", "9112-2.2-08")
case("field-first-blank", "a line of spaces behind the request line", "GET /hello.txt HTTP/1.1\r\n  \r\nHost: a.test\r\n\r\n", "400 closed", "9112-2.2-08")
case("field-end-lf", "an empty line that is LF alone", "GET /hello.txt HTTP/1.1\r\nHost: a.test\r\n\n", "400 closed", "9112-2.2-02")
case("field-all-lf", "every line ends with LF alone", "GET /hello.txt HTTP/1.1\nHost: a.test\n\n", "400 closed", "9112-2.2-02")
case("field-end-cr", "an empty line that is CR alone", "GET /hello.txt HTTP/1.1\r\nHost: a.test\r\n\rGET", "400 closed", "9112-2.2-04")
case("field-utf16", "a head in UTF-16", "G\0E\0T\0 \0/\0 \0H\0T\0T\0P\0/\0001\0.\0001\0\r\0\n\0", "400 closed", "9112-2.2-01")
because(
    "A server refuses a folded line with 400, or replaces the fold by spaces (RFC 9112 §5.2). Refusing cannot be understood "
    "in two ways (§11.2).",
    "field-folded", "field-folded-tab",
)
because("The limit is 100 fields; more get 431 (RFC 9110 §5.4; RFC 6585 §5).", "field-count-100")
because(
    "Lines end with CRLF. To take LF alone is allowed, CR alone is invalid (RFC 9112 §2.2); both are refused, since who sees "
    "other line ends than the program in front sees other requests (§11.2).",
    "field-end-lf", "field-end-cr",
)


# ---------------------------------------------------------------------------------------------------------------------
topic("Content-Length")

case("length-plain", "a length and content", post("Content-Length: 5", content="hello"), "200 kept", "9112-6.3-04", echo="content=hello")
case("length-zero", "0", post("Content-Length: 0"), "200 kept", "9112-6.3-11", echo="content=")
case("length-none", "POST without length", post(), "200 kept", "9112-6.3-11", echo="content=")
case("length-zeros", "leading zeros", post("Content-Length: 0005", content="hello"), "200 kept", "9112-6.2-02", echo="content=hello")
case("length-many-zeros", "40 leading zeros", post("Content-Length: " + "0" * 40 + "5", content="hello"), "200 kept", "9110-8.6-07", echo="content=hello")
case("length-spaces", "white space around it", post("Content-Length: \t 5 \t", content="hello"), "200 kept", "9112-5.1-03", echo="content=hello")
for id, name, value, expect, *rfc in [
    ("plus", "+5", "+5", "400 closed", "9112-6.2-02"),
    ("minus", "-5", "-5", "400 closed", "9112-6.2-02"),
    ("minus-zero", "-0", "-0", "400 closed", "9112-6.2-02"),
    ("hex", "0x5", "0x5", "400 closed", "9112-6.2-02"),
    ("point", "5.0", "5.0", "400 closed", "9112-6.2-02"),
    ("exponent", "5e0", "5e0", "400 closed", "9112-6.2-02"),
    ("underscore", "0_5", "0_5", "400 closed", "9112-6.2-02"),
    ("empty", "no value", "", "400 closed", "9112-6.2-02"),
    ("letters", "letters", "five", "400 closed", "9112-6.2-02"),
    ("letters-after", "letters behind it", "5abc", "400 closed", "9112-6.2-02"),
    ("space-inside", "a space inside", "0 5", "400 closed", "9112-6.2-02"),
    ("quoted", "in quotes", '"5"', "400 closed", "9112-6.2-02"),
    ("semicolon", "a parameter", "5;a=b", "400 closed", "9112-6.2-02"),
    ("comma", "a comma behind it", "5,", "400 closed", "9112-6.2-02"),
    ("comma-before", "a comma before it", ",5", "400 closed", "9112-6.2-02"),
    ("list", "5, 5", "5, 5", "400 closed", "9110-8.6-10"),
    ("list-unlike", "5, 6", "5, 6", "400 closed", "9112-6.3-07"),
    ("nul", "NUL behind it", "5\0", "400 closed", "9110-5.5-03"),
    ("vt", "a vertical tab before it", "\x0b5", "400 closed", "9112-6.2-02"),
    ("nbsp", "a no-break space before it", "\xa05", "400 closed", "9112-6.2-02"),
    ("fullwidth", "a full-width 5", "\xef\xbc\x95", "400 closed", "9112-6.2-02"),
    ("superscript", "a superscript 5 in UTF-8", "\xe2\x81\xb5", "400 closed", "9112-6.2-02"),
    ("2-64", "2^64 + 5", "18446744073709551621", "400 closed", "9110-8.6-07"),
    ("2-63", "2^63", "9223372036854775808", "400 closed", "9110-8.6-07"),
    ("digits", "1,000 digits", "9" * 1000, "400 closed", "9110-8.6-07"),
    ("max", "2^63 - 1", "9223372036854775807", "413 closed", "9110-8.6-07", ),
    ("2-32", "2^32 + 5", "4294967301", "413 closed", "9110-8.6-07"),
]:
    case(f"length-{id}", name, post(f"Content-Length: {value}", content="hello"), expect, *rfc)
case("length-twice", "twice the same", post("Content-Length: 5", "Content-Length: 5", content="hello"), "400 closed", "9112-6.3-07", "9112-11.2-01")
case("length-twice-unlike", "two lengths", post("Content-Length: 5", "Content-Length: 6", content="hello!"), "400 closed", "9112-6.3-08")
case("length-twice-zero", "0 and 5", post("Content-Length: 0", "Content-Length: 5", content="hello"), "400 closed", "9112-6.3-08")
case("length-get-bad", "-1 with GET", get("Content-Length: -1"), "400 closed", "9112-6.3-08")
case("length-get-list", "0, 0 with GET", get("Content-Length: 0, 0"), "400 closed", "9110-8.6-10")
case("length-short", "content that ends early", post("Content-Length: 10", content="hello"), "400 closed", "9112-6.3-10", "9112-8-02", eof=True, lacks=("content=hello",))
case("length-short-none", "content that never comes", post("Content-Length: 10"), "400 closed", "9112-6.3-10", eof=True)
case("length-short-file", "content for a file that ends early", get("Content-Length: 10", content="hello"), "200 closed", "9112-6.3-10", eof=True)
case("length-over", "more content than announced", post("Content-Length: 5", content="hello, world\r\n\r\n"), "200 400 closed", "9112-9.3-05", echo="content=hello")
case("length-over-crlf", "CRLF behind the content", post("Content-Length: 5", content="hello\r\n"), "200 kept", "9112-2.2-05", echo="content=hello")
case("length-large", "content of 100,000 octets", post("Content-Length: 100000", content="a" * 100000), "200 kept", "9112-7.1-01")
case("length-too-large", "content of 20 MiB, announced", post("Content-Length: 20971520"), "413 closed", "9110-15.5.14-01")
case("length-1.0", "HTTP/1.0 with content", post("Content-Length: 5", content="hello", version="HTTP/1.0"), "200 closed", "9112-9.3-03", echo="content=hello")
case("length-none-1.0", "HTTP/1.0 POST without length", post(content="hello", version="HTTP/1.0"), "200 closed", "9112-6.3-11", echo="content=")
because(
    "Content longer than the limit is refused before it is sent: 413, and the connection closes (RFC 9110 §15.5.14). The "
    "others have no limit, or wait for the content first.",
    "length-max", "length-2-32", "length-too-large",
)


# ---------------------------------------------------------------------------------------------------------------------
topic("Transfer-Encoding")

CHUNKS = "5\r\nhello\r\n0\r\n\r\n"
case("te-chunked", "chunked", chunked(CHUNKS), "200 kept", "9112-7.1-01", echo="content=hello")
case("te-get", "chunked with GET", get("Transfer-Encoding: chunked", content=CHUNKS, target="/echo"), "200 kept", "9112-6.1-01", echo="content=hello")
case("te-delete", "chunked with DELETE", request("DELETE", "/echo", "Transfer-Encoding: chunked", content=CHUNKS), "200 kept", "9112-6.1-01", echo="content=hello")
case("te-file", "chunked content for a file", get("Transfer-Encoding: chunked", content=CHUNKS), "200 kept", "9112-6.1-01", "9112-9.3-05")
for id, name, value, expect, *rfc in [
    ("upper", "CHUNKED", "CHUNKED", "200 kept", "9112-7-01"),
    ("mixed", "cHuNkEd", "cHuNkEd", "200 kept", "9112-7-01"),
    ("spaces", "spaces around chunked", "  chunked  ", "200 kept", "9112-5.1-03"),
    ("empty-members", "empty list members", ", chunked,", "200 kept", "9110-5.6.1.2-01"),
    ("tab", "a tab before chunked", ",\tchunked", "400 closed", "9112-11.2-01"),
    ("vt", "a vertical tab before chunked", "\x0bchunked", "400 closed", "9112-11.2-01"),
    ("identity", "identity", "identity", "400 closed", "9112-6.3-06"),
    ("identity-chunked", "identity, chunked", "identity, chunked", "501 closed", "9112-6.1-09"),
    ("chunked-identity", "chunked, identity", "chunked, identity", "400 closed", "9112-6.3-06"),
    ("gzip", "gzip", "gzip", "400 closed", "9112-6.3-06"),
    ("gzip-chunked", "gzip, chunked", "gzip, chunked", "501 closed", "9112-6.1-09"),
    ("chunked-gzip", "chunked, gzip", "chunked, gzip", "400 closed", "9112-6.3-06"),
    ("unknown-chunked", "foo, chunked", "foo, chunked", "501 closed", "9112-6.1-09"),
    ("twice", "chunked, chunked", "chunked, chunked", "400 closed", "9112-7.1-01"),
    ("xchunked", "xchunked", "xchunked", "400 closed", "9112-11.2-01"),
    ("chunkedx", "chunkedfoo", "chunkedfoo", "400 closed", "9112-11.2-01"),
    ("chunk", "chunk", "chunk", "400 closed", "9112-11.2-01"),
    ("quoted", '"chunked"', '"chunked"', "400 closed", "9112-11.2-01"),
    ("parameter", "chunked;a=b", "chunked;a=b", "400 closed", "9112-7.1-03"),
    ("space-inside", "chunked foo", "chunked foo", "400 closed", "9112-11.2-01"),
    ("empty", "no value", "", "400 closed", "9112-6.3-06"),
    ("nul", "NUL behind chunked", "chunked\0", "400 closed", "9110-5.5-03"),
    ("high", "an octet above 127 behind chunked", "chunked\xff", "400 closed", "9112-11.2-01"),
]:
    echo = "content=hello" if expect.startswith("200") else None
    case(f"te-{id}", name, post(f"Transfer-Encoding: {value}", content=CHUNKS), expect, *rfc, echo=echo)
case("te-two-lines", "chunked on two lines", post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked", content=CHUNKS), "400 closed", "9112-7.1-01")
case("te-identity-line", "chunked, and identity on another line", post("Transfer-Encoding: chunked", "Transfer-Encoding: identity", content=CHUNKS), "400 closed", "9112-6.3-06")
case("te-folded", "chunked on a folded line", post("Transfer-Encoding:", " chunked", content=CHUNKS), "400 closed", "9112-5.2-02")
case("te-length", "with Content-Length", post("Transfer-Encoding: chunked", "Content-Length: 15", content=CHUNKS), "400 closed", "9112-6.1-12", "9112-6.1-13")
case("te-length-first", "behind Content-Length", post("Content-Length: 5", "Transfer-Encoding: chunked", content=CHUNKS), "400 closed", "9112-6.1-12", "9112-6.1-13")
case("te-length-zero", "with Content-Length: 0", post("Content-Length: 0", "Transfer-Encoding: chunked", content=CHUNKS), "400 closed", "9112-6.1-12")
case("te-length-bad", "with an invalid Content-Length", post("Content-Length: abc", "Transfer-Encoding: chunked", content=CHUNKS), "400 closed", "9112-6.3-08")
case("te-length-identity", "identity with Content-Length", post("Content-Length: 5", "Transfer-Encoding: identity", content="hello"), "400 closed", "9112-6.3-06")
case("te-length-smuggle", "with Content-Length, and a request behind the chunks (CL.TE)", post("Content-Length: 44", "Transfer-Encoding: chunked", content="0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: a.test\r\n\r\n"), "400 closed", "9112-9.3-05", "9112-11.2-01")
case("te-length-smuggle-2", "with Content-Length, and a request in a chunk (TE.CL)", post("Content-Length: 4", "Transfer-Encoding: chunked", content="28\r\nGET /hidden HTTP/1.1\r\nHost: a.test\r\n\r\n\r\n0\r\n\r\n"), "400 closed", "9112-9.3-05", "9112-11.2-01")
case("te-underscore", "Transfer_Encoding is another field", post("Transfer_Encoding: chunked", "Content-Length: 15", content=CHUNKS), "200 kept", "9110-17.10-01", echo="content=5\r\nhello\r\n0\r\n\r\n")
case("te-1.0", "chunked in HTTP/1.0", chunked(CHUNKS, version="HTTP/1.0"), "400 closed", "9112-6.1-14")
case("te-1.0-keep", "chunked in HTTP/1.0 with keep-alive", chunked(CHUNKS, "Connection: keep-alive", version="HTTP/1.0"), "400 closed", "9112-6.1-14")
case("te-trailers-field", "TE: trailers", get("TE: trailers", "Connection: TE"), "200 kept", "9112-7.4-02")
case("te-te-gzip", "TE: gzip", get("TE: gzip", "Connection: TE"), "200 kept", "9112-7.4-02", lacks=("Transfer-Encoding: gzip",))
case("te-answer-1.1", "a streamed answer to HTTP/1.1", get(target="/stream"), "200 kept", "9112-6.3-12", has=("Transfer-Encoding: chunked\r\n",), skip=("nginx", "apache", "lighttpd", "go", "node", "python"))
case("te-answer-1.0", "a streamed answer to HTTP/1.0", get(target="/stream", version="HTTP/1.0"), "200 closed", "9112-6.1-10", lacks=("Transfer-Encoding",), skip=("nginx", "apache", "lighttpd", "go", "node", "python"))
case("te-answer-1.0-keep", "a streamed answer to HTTP/1.0 with keep-alive", get("Connection: keep-alive", target="/stream", version="HTTP/1.0"), "200 closed", "9112-6.1-10", lacks=("Transfer-Encoding",), skip=("nginx", "apache", "lighttpd", "go", "node", "python"))
because(
    "When Transfer-Encoding does not end in chunked the length cannot be known: the server must answer 400 and close "
    "(RFC 9112 §6.3). 501 is for a coding that is not known, before chunked (§6.1).",
    "te-identity", "te-chunked-identity", "te-gzip", "te-chunked-gzip", "te-xchunked", "te-chunkedx", "te-chunk", "te-quoted",
    "te-space-inside", "te-high", "te-length-identity",
)
because("A list may have empty members, and they are skipped (RFC 9110 §5.6.1.2, a MUST).", "te-empty-members")
because("chunked is applied once at most and has no parameters: an error, 400 (RFC 9112 §6.1, §7.1).", "te-twice", "te-parameter")
because(
    "A tab is white space in a list, but peers disagree on what follows it; ambiguous framing is refused with 400 (RFC 9112 §11.2).",
    "te-tab",
)
because(
    "Transfer-Encoding in HTTP/1.0 is faulty framing (RFC 9112 §6.1, a MUST): 400, and the connection closes.",
    "te-1.0",
)


# ---------------------------------------------------------------------------------------------------------------------
topic("Chunks")

for id, name, content, expect, *rfc in [
    ("none", "no chunk but the last", "0\r\n\r\n", "200 kept", "9112-7.1-01"),
    ("many", "a chunk for each octet", "1\r\nh\r\n1\r\ne\r\n1\r\nl\r\n1\r\nl\r\n1\r\no\r\n0\r\n\r\n", "200 kept", "9112-7.1-01"),
    ("zeros", "leading zeros", "0005\r\nhello\r\n000\r\n\r\n", "200 kept", "9112-7.1-04"),
    ("upper", "hex in upper case", "A\r\nhellohello\r\n0\r\n\r\n", "200 kept", "9112-7.1-04"),
    ("lower", "hex in lower case", "a\r\nhellohello\r\n0\r\n\r\n", "200 kept", "9112-7.1-04"),
    ("plus", "+5", "+5\r\nhello\r\n0\r\n\r\n", "400 closed", "9112-7.1-04"),
    ("minus", "-5", "-5\r\nhello\r\n0\r\n\r\n", "400 closed", "9112-7.1-04"),
    ("0x", "0x5", "0x5\r\nhello\r\n0\r\n\r\n", "400 closed", "9112-7.1-04"),
    ("underscore", "0_5", "0_5\r\nhello\r\n0\r\n\r\n", "400 closed", "9112-7.1-04"),
    ("space-before", "a space before the size", " 5\r\nhello\r\n0\r\n\r\n", "400 closed", "9112-7.1-04"),
    ("space-after", "a space behind the size", "5 \r\nhello\r\n0\r\n\r\n", "400 closed", "9112-7.1-04"),
    ("tab-after", "a tab behind the size", "5\t\r\nhello\r\n0\r\n\r\n", "400 closed", "9112-7.1-04"),
    ("empty", "no size", "\r\nhello\r\n0\r\n\r\n", "400 closed", "9112-7.1-04"),
    ("letters", "no hex digit", "xyz\r\nhello\r\n0\r\n\r\n", "400 closed", "9112-7.1-04"),
    ("point", "5.0", "5.0\r\nhello\r\n0\r\n\r\n", "400 closed", "9112-7.1-04"),
    ("comma", "5,5", "5,5\r\nhello\r\n0\r\n\r\n", "400 closed", "9112-7.1-04"),
    ("nul", "NUL behind the size", "5\0\r\nhello\r\n0\r\n\r\n", "400 closed", "9112-7.1-04"),
    ("2-64", "2^64 + 5", "10000000000000005\r\nhello\r\n0\r\n\r\n", "400 closed", "9112-7.1-02"),
    ("2-63", "2^63 + 5", "8000000000000005\r\nhello\r\n0\r\n\r\n", "400 closed", "9112-7.1-02"),
    ("f16", "16 Fs", "FFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n", "400 closed", "9112-7.1-02"),
    ("f17", "17 Fs", "FFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n", "400 closed", "9112-7.1-02"),
    ("2-32", "2^32 + 5 in 17 digits", "00000000100000005\r\nhello\r\n0\r\n\r\n", "400 closed", "9112-7.1-02"),
    ("lf", "the size ends with LF alone", "5\nhello\r\n0\r\n\r\n", "400 closed", "9112-2.2-02"),
    ("cr", "the size ends with CR alone", "5\rhello\r\n0\r\n\r\n", "400 closed", "9112-2.2-04"),
    ("all-lf", "all lines end with LF alone", "5\nhello\n0\n\n", "400 closed", "9112-2.2-02"),
    ("data-no-crlf", "no CRLF behind the data", "5\r\nhello0\r\n\r\n", "400 closed", "9112-7.1-05"),
    ("data-lf", "LF alone behind the data", "5\r\nhello\n0\r\n\r\n", "400 closed", "9112-7.1-05"),
    ("data-cr", "CR alone behind the data", "5\r\nhello\r0\r\n\r\n", "400 closed", "9112-7.1-05"),
    ("data-other", "two other octets behind the data", "5\r\nhelloXX0\r\n\r\n", "400 closed", "9112-7.1-05"),
    ("data-long", "more data than the size says", "5\r\nhello, world\r\n0\r\n\r\n", "400 closed", "9112-7.1-05"),
    ("data-short", "less data than the size says", "7\r\nhello\r\n0\r\n\r\n", "400 closed", "9112-7.1-05"),
    ("extension", "an extension", "5;a\r\nhello\r\n0\r\n\r\n", "200 kept", "9112-7.1.1-01"),
    ("extension-value", "an extension with a value", "5;a=b\r\nhello\r\n0;c=d\r\n\r\n", "200 kept", "9112-7.1.1-01"),
    ("extension-quoted", "an extension with a value in quotes", '5;a="b;\\"c"\r\nhello\r\n0\r\n\r\n', "200 kept", "9112-7.1.1-03"),
    ("extension-space", "white space around ; and =", "5 ; a = b\r\nhello\r\n0\r\n\r\n", "200 kept", "9112-7.1.1-03"),
    ("extension-empty", "a semicolon and no extension", "5;\r\nhello\r\n0\r\n\r\n", "400 closed", "9112-7.1.1-03"),
    ("extension-no-value", "an extension that ends with =", "5;a=\r\nhello\r\n0\r\n\r\n", "400 closed", "9112-7.1.1-03"),
    ("extension-lf", "LF in an extension", "5;a\nb\r\nhello\r\n0\r\n\r\n", "400 closed", "9112-7.1.1-03"),
    ("extension-cr", "CR in an extension", "5;a\rb\r\nhello\r\n0\r\n\r\n", "400 closed", "9112-7.1.1-03"),
    ("extension-quoted-crlf", "CRLF in a quoted value", '5;a="\r\nhello\r\n0\r\n\r\n"', "400 closed", "9112-7.1.1-03"),
    ("extension-nul", "NUL in an extension", "5;a\0\r\nhello\r\n0\r\n\r\n", "400 closed", "9112-7.1.1-03"),
    ("extension-4000", "an extension of 4,000 octets", "5;" + "a" * 4000 + "\r\nhello\r\n0\r\n\r\n", "200 kept", "9112-7.1.1-02"),
    ("extension-5000", "an extension of 5,000 octets", "5;" + "a" * 5000 + "\r\nhello\r\n0\r\n\r\n", "400 closed", "9112-7.1.1-02"),
    ("extension-sum", "20,000 octets of extensions on 10 chunks", ("1;" + "a" * 2000 + "\r\nx\r\n") * 10 + "0\r\n\r\n", "400 closed", "9112-7.1.1-02"),
    ("trailer", "a trailer", "5\r\nhello\r\n0\r\nA: b\r\n\r\n", "200 kept", "9112-7.1.2-01"),
    ("trailer-length", "a trailer that names a length", "5\r\nhello\r\n0\r\nContent-Length: 50\r\n\r\n", "200 kept", "9110-6.5.1-03"),
    ("trailer-te", "a trailer that names a coding", "5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n", "200 kept", "9110-6.5.1-03"),
    ("trailer-host", "a trailer that names a host", "5\r\nhello\r\n0\r\nHost: b.test\r\n\r\n", "200 kept", "9112-7.1.2-03"),
    ("trailer-auth", "a trailer that authenticates", "5\r\nhello\r\n0\r\nAuthorization: Basic YTpi\r\n\r\n", "200 kept", "9112-7.1.2-03"),
    ("trailer-no-colon", "a trailer without colon", "5\r\nhello\r\n0\r\nhello\r\n\r\n", "400 closed", "9112-5-01"),
    ("trailer-space", "a trailer with a space before the colon", "5\r\nhello\r\n0\r\nA : b\r\n\r\n", "400 closed", "9112-5.1-01"),
    ("trailer-folded", "a folded trailer", "5\r\nhello\r\n0\r\nA: b\r\n c\r\n\r\n", "400 closed", "9112-5.2-02"),
    ("trailer-nul", "NUL in a trailer", "5\r\nhello\r\n0\r\nA: \0\r\n\r\n", "400 closed", "9110-5.5-03"),
    ("trailer-lf", "a trailer that ends with LF alone", "5\r\nhello\r\n0\r\nA: b\n\r\n", "400 closed", "9112-2.2-02"),
    ("trailer-long", "a trailer of 9,000 octets", "5\r\nhello\r\n0\r\nA: " + "b" * 9000 + "\r\n\r\n", "431 closed", "9110-5.4-01"),
    ("trailer-many", "60 trailers", "5\r\nhello\r\n0\r\n" + "A: b\r\n" * 60 + "\r\n", "431 closed", "9110-5.4-01"),
    ("end-lf", "the last line is LF alone", "5\r\nhello\r\n0\r\n\n", "400 closed", "9112-2.2-02"),
]:
    echo = None
    if expect.startswith("200"):
        echo = "content=" + {"none": "", "upper": "hellohello", "lower": "hellohello"}.get(id, "hello")
    case(f"chunk-{id}", name, chunked(content), expect, *rfc, echo=echo)
case("chunk-cut", "the content ends before the last chunk", chunked("5\r\nhello\r\n"), "400 closed", "9112-8-02", eof=True, lacks=("content=hello",))
case("chunk-cut-data", "the content ends in a chunk", chunked("5\r\nhel"), "400 closed", "9112-8-02", eof=True, lacks=("content=hel",))
case("chunk-cut-last", "the content ends before the empty line", chunked("5\r\nhello\r\n0\r\n"), "400 closed", "9112-8-02", eof=True, lacks=("content=hello",))
case("chunk-bad-file", "a bad chunk for a file", get("Transfer-Encoding: chunked", content="xyz\r\n\r\n"), "200 closed", "9112-9.3-05")
case("chunk-bad-hidden", "a bad chunk with a request behind it", chunked("xyz\r\nGET /hidden HTTP/1.1\r\nHost: a.test\r\n\r\n"), "400 closed", "9112-9.3-05")
because(
    "White space may stand before the semicolon of an extension, an extension has a name, and a value where there is an equals "
    "sign (RFC 9112 §7.1.1). Anything else is an invalid chunk: 400 and close.",
    "chunk-space-after", "chunk-tab-after", "chunk-extension-empty", "chunk-extension-no-value", "chunk-extension-quoted-crlf",
)
because(
    "A chunk size has at most 16 digits here. Large numbers have to be expected and refused in time (RFC 9112 §7.1).",
    "chunk-2-32",
)
because(
    "The length of chunk extensions is to be limited (RFC 9112 §7.1.1), here to 4,096 octets a line and 16,384 a request; that "
    "of trailers as that of fields (RFC 9110 §5.4), here to 8,192 octets and 50 lines.",
    "chunk-extension-5000", "chunk-extension-sum", "chunk-trailer-long", "chunk-trailer-many",
)
because(
    "Trailers are field lines (RFC 9112 §7.1.2): no white space before the colon, no folding (§5.1, §5.2).",
    "chunk-trailer-space", "chunk-trailer-folded",
)
because(
    "The file does not depend on the content, so it is answered first; then the content turns out to be invalid, and the "
    "connection closes (RFC 9112 §9.3).",
    "chunk-bad-file",
)


# ---------------------------------------------------------------------------------------------------------------------
topic("Connections and pipelining")

HIDDEN = "GET /hidden HTTP/1.1\r\nHost: a.test\r\n\r\n"
case("keep-1.1", "HTTP/1.1 stays open", get(), "200 kept", "9112-9.3-02")
case("keep-close", "Connection: close", get("Connection: close"), "200 closed", "9112-9.6-03", "9112-9.6-04", has=("Connection: close\r\n",))
case("keep-close-upper", "Connection: CLOSE", get("Connection: CLOSE"), "200 closed", "9110-7.6.1-01")
case("keep-close-list", "close in a list", get("Connection: foo, close, bar"), "200 closed", "9112-9.3-02")
case("keep-close-lines", "close on the second line", get("Connection: foo", "Connection: close"), "200 closed", "9112-9.3-02")
case("keep-close-and-keep", "close and keep-alive", get("Connection: keep-alive, close"), "200 closed", "9112-9.3-02")
case("keep-closed", "closed is not close", get("Connection: closed"), "200 kept", "9112-9.3-02")
case("keep-foo", "an unknown option", get("Connection: foo"), "200 kept", "9112-9.3-02")
case("keep-1.0", "HTTP/1.0 closes", get(version="HTTP/1.0"), "200 closed", "9112-9.3-03")
case("keep-1.0-keep", "HTTP/1.0 with keep-alive", get("Connection: keep-alive", version="HTTP/1.0"), "200 kept", "9112-9.3-03", has=("Connection: keep-alive\r\n",))
case("keep-1.0-upper", "HTTP/1.0 with Keep-Alive", get("Connection: Keep-Alive", version="HTTP/1.0"), "200 kept", "9112-9.3-03")
case("keep-1.0-close", "HTTP/1.0 with keep-alive and close", get("Connection: keep-alive, close", version="HTTP/1.0"), "200 closed", "9112-9.3-02")
case("keep-404", "stays open after a 404", get(target="/nothing"), "404 kept", "9112-9.3-01")
case("keep-close-hidden", "a request behind one with close", get("Connection: close") + HIDDEN, "200 closed", "9112-9.6-05")
case("keep-1.0-hidden", "a request behind one of HTTP/1.0", get(version="HTTP/1.0") + HIDDEN, "200 closed", "9112-9.6-05")
case("pipe-two", "two requests at once", get() + get(target="/nothing"), "200 404 kept", "9112-9.3.2-02")
case("pipe-two-slow", "an echo and a file at once", post("Content-Length: 5", content="hello") + get(target="/nothing"), "200 404 kept", "9112-9.3.2-02", echo="content=hello")
case("pipe-ten", "ten requests at once", get() * 10, "200 " * 10 + "kept", "9112-9.3.2-02")
case("pipe-mixed", "GET, HEAD, POST and GET", get() + request("HEAD", "/hello.txt") + post("Content-Length: 5", content="hello") + get(target="/nothing"), "200 200 200 404 kept", "9112-9.3.2-02", methods=("GET", "HEAD", "POST", "GET"))
case("pipe-crlf", "an empty line between two requests", get() + "\r\n" + get(), "200 200 kept", "9112-2.2-05")
case("pipe-bad", "an invalid request behind a good one", get() + "hello?\r\n\r\n", "200 400 closed", "9112-9.3.2-02", "9112-2.2-09")
case("pipe-bad-first", "a request behind an invalid one", "hello?\r\n\r\n" + HIDDEN, "400 closed", "9112-2.2-09")
case("pipe-two-hosts-hidden", "a request behind one with two Hosts", get("Host: b.test") + HIDDEN, "400 closed", "9112-9.3-05")
case("pipe-http2-hidden", "a request behind one of HTTP/2.0", get(version="HTTP/2.0") + HIDDEN, "505 closed", "9112-9.3-05")
case("unread-get", "content for a file that looks like a request", get(f"Content-Length: {len(HIDDEN)}", content=HIDDEN), "200 kept", "9112-9.3-05", "9110-9.3.1-02")
case("unread-head", "content with HEAD that looks like a request", request("HEAD", "/hello.txt", f"Content-Length: {len(HIDDEN)}", content=HIDDEN), "200 kept", "9112-9.3-05")
case("unread-404", "content for nothing that looks like a request", post(f"Content-Length: {len(HIDDEN)}", content=HIDDEN, target="/nothing"), "405 kept", "9112-9.3-05")
case("unread-405", "content of POST to a file that looks like a request", post(f"Content-Length: {len(HIDDEN)}", content=HIDDEN, target="/hello.txt"), "405 kept", "9112-9.3-05")
case("unread-501", "content of an unknown method that looks like a request", request("SPRING", "/hello.txt", f"Content-Length: {len(HIDDEN)}", content=HIDDEN), "501 kept", "9112-9.3-05")
case("unread-deaf", "content that the handler ignores and looks like a request", post(f"Content-Length: {len(HIDDEN)}", content=HIDDEN, target="/deaf"), "200 kept", "9112-9.3-05")
case("unread-deaf-chunked", "chunked content that the handler ignores and looks like a request", chunked(f"{len(HIDDEN):x}\r\n{HIDDEN}\r\n0\r\n\r\n", target="/deaf"), "200 kept", "9112-9.3-05")
case("unread-deaf-1.0", "the same with HTTP/1.0 and keep-alive", post("Connection: keep-alive", f"Content-Length: {len(HIDDEN)}", content=HIDDEN, target="/deaf", version="HTTP/1.0"), "200 kept", "9112-9.3-05")
case("unread-options", "content of OPTIONS * that looks like a request", request("OPTIONS", "*", f"Content-Length: {len(HIDDEN)}", content=HIDDEN), "204 kept", "9112-9.3-05")
case("unread-304", "content with a condition that looks like a request", get("If-None-Match: *", f"Content-Length: {len(HIDDEN)}", content=HIDDEN), "304 kept", "9112-9.3-05", skip=NO_FILES)
case("unread-large", "100,000 octets of content for a file", get("Content-Length: 100000", content="a" * 100000), "200 kept", "9112-9.3-05")
case("unread-huge", "1,000,000 octets of content for a file", get("Content-Length: 1000000", content="a" * 1000000), "200 closed", "9112-9.6-08")
case("half-close", "a client that has said all and still listens", get(), "200 closed", "9112-9.6-09", eof=True)
case("half-close-echo", "the same with content", post("Content-Length: 5", content="hello"), "200 closed", "9112-9.6-09", eof=True, echo="content=hello")
case("cut-head", "a head that ends early", "GET /hello.txt HTTP/1.1\r\nHost: a.test\r\n", "closed", "9112-8-01", eof=True)
case("cut-line", "a request line that ends early", "GET /hel", "closed", "9112-8-01", eof=True)
case("cut-nothing", "nothing at all", "", "closed", "9112-9.5-03", eof=True)
case("upgrade-unknown", "Upgrade to something unknown", get("Upgrade: foo/2", "Connection: Upgrade"), "200 kept", "9110-7.8-01")
case("upgrade-h2c", "Upgrade to h2c", get("Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"), "200 kept", "9110-7.8-01")
case("upgrade-alone", "Upgrade without Connection", get("Upgrade: websocket"), "200 kept", "9110-7.6.1-06")
case("upgrade-1.0", "Upgrade in HTTP/1.0", get("Upgrade: websocket", "Connection: Upgrade", version="HTTP/1.0"), "200 closed", "9110-7.8-12")
case("connection-host", "Connection names Host", get("Connection: Host"), "200 kept", "9112-9.3-02")
case("connection-length", "Connection names Content-Length", post("Connection: Content-Length", "Content-Length: 5", content="hello"), "200 kept", "9112-9.3-05", echo="content=hello")
because(
    "Files can be read only: POST is not allowed on any path below, whether there is a file or not (RFC 9110 §15.5.6).",
    "unread-404", "unread-405",
)
because("The request is valid, only its method is not known: 501, and the content is read (RFC 9112 §9.3).", "unread-501")
because(
    "Unread content is received up to 256 KiB; beyond, the connection closes after the answer (RFC 9112 §9.3 allows either), "
    "in stages, so that the answer arrives (§9.6).",
    "unread-huge",
)
because("Nobody may be there any more: 400 may be sent before closing (RFC 9112 §8), and is not.", "cut-head")


# ---------------------------------------------------------------------------------------------------------------------
topic("Expect")

case("expect-continue", "100-continue", (post("Expect: 100-continue", "Content-Length: 5"), "hello"), "100 200 kept", "9110-10.1.1-08", echo="content=hello")
case("expect-case", "100-Continue", (post("Expect: 100-Continue", "Content-Length: 5"), "hello"), "100 200 kept", "9110-10.1.1-02", echo="content=hello")
case("expect-chunked", "100-continue with chunks", (chunked("", "Expect: 100-continue"), CHUNKS), "100 200 kept", "9110-10.1.1-08", echo="content=hello")
case("expect-sent", "100-continue, the content sent at once", post("Expect: 100-continue", "Content-Length: 5", content="hello"), "200 kept", "9110-10.1.1-04", echo="content=hello", whole=True)
case("expect-empty", "100-continue and Content-Length: 0", post("Expect: 100-continue", "Content-Length: 0"), "200 kept", "9110-10.1.1-04")
case("expect-get", "100-continue without content", get("Expect: 100-continue"), "200 kept", "9110-10.1.1-04")
case("expect-1.0", "100-continue in HTTP/1.0", post("Expect: 100-continue", "Content-Length: 5", content="hello", version="HTTP/1.0"), "200 closed", "9110-10.1.1-03", echo="content=hello")
case("expect-file", "100-continue where content is not wanted", post("Expect: 100-continue", "Content-Length: 5", target="/hello.txt"), "405 closed", "9110-10.1.1-07", "9110-10.1.1-06")
case("expect-404", "100-continue for nothing", post("Expect: 100-continue", "Content-Length: 5", target="/page"), "405 closed", "9110-10.1.1-07")
case("expect-deaf", "100-continue to a handler that does not read", post("Expect: 100-continue", "Content-Length: 5", target="/deaf"), "200 closed", "9110-10.1.1-07")
case("expect-large", "100-continue and too much content", post("Expect: 100-continue", "Content-Length: 99999999999"), "413 closed", "9110-10.1.1-07")
case("expect-bad-length", "100-continue and a bad length", post("Expect: 100-continue", "Content-Length: five"), "400 closed", "9112-6.3-08")
case("expect-unknown", "an unknown expectation", get("Expect: tea"), "417 closed", "9110-10.1.1-01")
case("expect-unknown-too", "100-continue and an unknown expectation", post("Expect: 100-continue, tea", "Content-Length: 5"), "417 closed", "9110-10.1.1-01")
case("expect-unknown-content", "an unknown expectation, and content that looks like a request", post("Expect: tea", f"Content-Length: {len(HIDDEN)}", content=HIDDEN), "417 closed", "9112-9.3-05")
because(
    "100 may be left out where content has begun to arrive, or there is none (RFC 9110 §10.1.1).",
    "expect-sent", "expect-empty", "expect-get",
)
because("Where the fields already decide, the final status comes at once, not 100 (RFC 9110 §10.1.1, a MUST).", "expect-large")
because(
    "417 may answer an expectation that is not known (RFC 9110 §10.1.1): who is asked for something says that it cannot.",
    "expect-unknown", "expect-unknown-too", "expect-unknown-content",
)


# ---------------------------------------------------------------------------------------------------------------------
topic("Ranges")

for id, name, value, expect, rfc, content in [
    ("first", "bytes=0-0", "bytes=0-0", "206 kept", "9110-14.1.2-01", "\r\n\r\n0"),
    ("middle", "bytes=2-5", "bytes=2-5", "206 kept", "9110-14.2-07", "\r\n\r\n2345"),
    ("open", "bytes=7-", "bytes=7-", "206 kept", "9110-14.1.2-03", "\r\n\r\n789"),
    ("past-end", "bytes=5-100", "bytes=5-100", "206 kept", "9110-14.1.2-03", "Content-Range: bytes 5-9/10\r\n"),
    ("suffix", "bytes=-3", "bytes=-3", "206 kept", "9110-14.2-07", "\r\n\r\n789"),
    ("suffix-long", "bytes=-100", "bytes=-100", "206 kept", "9110-14.1.2-04", "Content-Range: bytes 0-9/10\r\n"),
    ("suffix-zero", "bytes=-0", "bytes=-0", "416 kept", "9110-14.1.2-05", "Content-Range: bytes */10\r\n"),
    ("all", "bytes=0-", "bytes=0-", "206 kept", "9110-14.2-07", "Content-Range: bytes 0-9/10\r\n"),
    ("beyond", "bytes=10-", "bytes=10-", "416 kept", "9110-14.2-08", "Content-Range: bytes */10\r\n"),
    ("beyond-far", "a position of 20 digits", "bytes=99999999999999999999-", "416 kept", "9110-14.1.2-07", "Content-Range: bytes */10\r\n"),
    ("last-far", "a last position of 20 digits", "bytes=5-99999999999999999999", "206 kept", "9110-14.1.2-07", "Content-Range: bytes 5-9/10\r\n"),
    ("suffix-far", "a suffix of 20 digits", "bytes=-99999999999999999999", "206 kept", "9110-14.1.2-07", "Content-Range: bytes 0-9/10\r\n"),
    ("backwards", "bytes=5-2", "bytes=5-2", "200 kept", "9110-14.1.1-01", "0123456789"),
    ("one-backwards", "bytes=0-1,5-2", "bytes=0-1,5-2", "200 kept", "9110-14.1.1-02", "0123456789"),
    ("no-number", "bytes=-", "bytes=-", "200 kept", "9110-14.1.1-02", "0123456789"),
    ("empty", "bytes=", "bytes=", "200 kept", "9110-14.1.1-02", "0123456789"),
    ("letters", "bytes=a-b", "bytes=a-b", "200 kept", "9110-14.1.1-02", "0123456789"),
    ("hex", "bytes=0x0-0x1", "bytes=0x0-0x1", "200 kept", "9110-14.1.1-02", "0123456789"),
    ("plus", "bytes=+0-1", "bytes=+0-1", "200 kept", "9110-14.1.1-02", "0123456789"),
    ("single", "bytes=5", "bytes=5", "200 kept", "9110-14.1.1-02", "0123456789"),
    ("no-unit", "0-1", "0-1", "200 kept", "9110-14.1.1-02", "0123456789"),
    ("unit-case", "Bytes=0-1", "Bytes=0-1", "206 kept", "9110-14.1-01", "\r\n\r\n01"),
    ("unit-unknown", "lines=0-1", "lines=0-1", "200 kept", "9110-14.2-03", "0123456789"),
    ("unit-space", "bytes = 0-1", "bytes = 0-1", "200 kept", "9110-14.1.1-02", "0123456789"),
    ("spaces", "bytes= 0-1", "bytes= 0-1", "206 kept", "9110-5.6.1.2-01", "\r\n\r\n01"),
    ("two", "two ranges", "bytes=0-0,9-9", "206 kept", "9110-15.3.7.2-05", "Content-Range: bytes 0-9/10\r\n"),
    ("one-beyond", "two ranges, one beyond", "bytes=0-1,20-30", "206 kept", "9110-15.3.7.2-07", "Content-Range: bytes 0-1/10\r\n"),
    ("overlapping", "1,000 overlapping ranges", "bytes=" + "0-," * 999 + "0-", "200 kept", "9110-17.15-01", "0123456789"),
    ("overlapping-few", "20 overlapping ranges", "bytes=" + "0-," * 19 + "0-", "206 kept", "9110-15.3.7.2-05", "Content-Range: bytes 0-9/10\r\n"),
]:
    case(f"range-{id}", name, get(f"Range: {value}", target="/digits.txt"), expect, rfc, has=(content,), skip=NO_FILES)
case("range-multipart", "two ranges far apart", get("Range: bytes=0-0,9000-9000", target="/long.txt"), "206 kept", "9110-15.3.7.2-01", "9110-15.3.7.2-03", has=("multipart/byteranges; boundary=",), skip=NO_FILES)
case("range-head", "Range with HEAD", request("HEAD", "/digits.txt", "Range: bytes=0-1"), "200 kept", "9110-14.2-02", has=("Content-Length: 10\r\n",), skip=NO_FILES)
case("range-head-beyond", "an unsatisfiable range with HEAD", request("HEAD", "/digits.txt", "Range: bytes=20-"), "200 kept", "9110-14.2-02", skip=NO_FILES)
case("range-post", "Range with POST", post("Range: bytes=0-1", "Content-Length: 5", content="hello"), "200 kept", "9110-14.2-02", "9110-9.3.3-03", echo="content=hello")
case("range-404", "Range for nothing", get("Range: bytes=0-1", target="/nothing"), "404 kept", "9110-14.2-06", skip=NO_FILES)
case("range-empty-file", "a range of an empty file", get("Range: bytes=0-1", target="/empty.txt"), "416 kept", "9110-14.1.2-06", skip=NO_FILES)
case("range-empty-suffix", "a suffix of an empty file", get("Range: bytes=-5", target="/empty.txt"), "200 kept", "9110-14.2-05", skip=NO_FILES)
case("range-twice", "two Range lines", get("Range: bytes=0-0", "Range: bytes=2-2", target="/digits.txt"), "200 kept", "9110-14.1.1-02", skip=NO_FILES)
for id, name, value, expect, *rfc in [
    ("date", "If-Range with the date", "Wed, 01 Jan 2020 00:00:00 GMT", "206 kept", "9110-13.1.5-09"),
    ("date-later", "If-Range with a later date", "Wed, 01 Jan 2025 00:00:00 GMT", "200 kept", "9110-13.1.5-06"),
    ("date-earlier", "If-Range with an earlier date", "Tue, 01 Jan 2019 00:00:00 GMT", "200 kept", "9110-13.1.5-06"),
    ("tag", "If-Range with another tag", '"other"', "200 kept", "9110-13.1.5-08"),
    ("weak", "If-Range with a weak tag", 'W/"other"', "200 kept", "9110-13.1.5-07"),
    ("star", "If-Range: *", "*", "200 kept", "9110-13.1.5-08"),
    ("garbage", "If-Range with garbage", "hello", "200 kept", "9110-13.1.5-08"),
]:
    case(f"if-range-{id}", name, get("Range: bytes=0-1", f"If-Range: {value}", target="/digits.txt"), expect, *rfc, skip=NO_FILES)
case("if-range-alone", "If-Range without Range", get('If-Range: "other"', target="/digits.txt"), "200 kept", "9110-13.1.5-01", skip=NO_FILES)
because(
    "A last position past the end means the end, a suffix longer than the file the whole file, however large the number "
    "(RFC 9110 §14.1.2).",
    "range-last-far", "range-suffix-far",
)
because(
    "An invalid Range may be ignored or refused (RFC 9110 §14.2). Ignored, the client gets what it wanted; 416 is for a valid "
    "range that lies beyond the end (§15.5.17). Two lines are the list of both, which is invalid.",
    "range-backwards", "range-no-number", "range-letters", "range-hex", "range-single", "range-twice",
)
because("Overlapping ranges may be coalesced (RFC 9110 §15.3.7.2): what is left here is one range.", "range-overlapping-few")
because("Range is defined for GET only, and must be ignored elsewhere (RFC 9110 §14.2).", "range-head", "range-head-beyond")
because("In an empty file no first position is satisfiable (RFC 9110 §14.1.2): 416 (§15.5.17).", "range-empty-file")


# ---------------------------------------------------------------------------------------------------------------------
topic("Conditions")

SAME, LATER, EARLIER = (f"{day} 00:00:00 GMT" for day in ("Wed, 01 Jan 2020", "Wed, 01 Jan 2025", "Tue, 01 Jan 2019"))
for id, name, lines, expect, *rfc in [
    ("since-same", "If-Modified-Since, unchanged", [f"If-Modified-Since: {SAME}"], "304 kept", "9110-13.1.3-09"),
    ("since-later", "If-Modified-Since, a later date", [f"If-Modified-Since: {LATER}"], "304 kept", "9110-13.1.3-07"),
    ("since-earlier", "If-Modified-Since, an earlier date", [f"If-Modified-Since: {EARLIER}"], "200 kept", "9110-13.1.3-07"),
    ("since-850", "If-Modified-Since in RFC 850's form", ["If-Modified-Since: Wednesday, 01-Jan-20 00:00:00 GMT"], "304 kept", "9110-5.6.7-01"),
    ("since-asctime", "If-Modified-Since in asctime's form", ["If-Modified-Since: Wed Jan  1 00:00:00 2020"], "304 kept", "9110-5.6.7-01"),
    ("since-garbage", "If-Modified-Since that is no date", ["If-Modified-Since: yesterday"], "200 kept", "9110-13.1.3-02"),
    ("since-number", "If-Modified-Since as a number", ["If-Modified-Since: 1577836800"], "200 kept", "9110-13.1.3-02"),
    ("since-zone", "If-Modified-Since with another time zone", ["If-Modified-Since: Wed, 01 Jan 2020 00:00:00 CET"], "200 kept", "9110-13.1.3-02"),
    ("since-twice", "two If-Modified-Since", [f"If-Modified-Since: {SAME}", f"If-Modified-Since: {SAME}"], "200 kept", "9110-13.1.3-02"),
    ("since-empty", "If-Modified-Since without value", ["If-Modified-Since:"], "200 kept", "9110-13.1.3-02"),
    ("unmodified-same", "If-Unmodified-Since, unchanged", [f"If-Unmodified-Since: {SAME}"], "200 kept", "9110-13.1.4-06"),
    ("unmodified-earlier", "If-Unmodified-Since, an earlier date", [f"If-Unmodified-Since: {EARLIER}"], "412 kept", "9110-13.1.4-08"),
    ("unmodified-garbage", "If-Unmodified-Since that is no date", ["If-Unmodified-Since: yesterday"], "200 kept", "9110-13.1.4-02"),
    ("match-star", "If-Match: *", ["If-Match: *"], "200 kept", "9110-13.1.1-03"),
    ("match-other", "If-Match with another tag", ['If-Match: "other"'], "412 kept", "9110-13.1.1-06"),
    ("match-weak", "If-Match with a weak tag", ['If-Match: W/"other"'], "412 kept", "9110-13.1.1-01"),
    ("match-first", "If-Match goes before If-Unmodified-Since", ["If-Match: *", f"If-Unmodified-Since: {EARLIER}"], "200 kept", "9110-13.1.4-01"),
    ("none-star", "If-None-Match: *", ["If-None-Match: *"], "304 kept", "9110-13.1.2-03"),
    ("none-other", "If-None-Match with another tag", ['If-None-Match: "other"'], "200 kept", "9110-13.1.2-04"),
    ("none-first", "If-None-Match goes before If-Modified-Since", ['If-None-Match: "other"', f"If-Modified-Since: {SAME}"], "200 kept", "9110-13.1.3-01"),
    ("none-garbage", "If-None-Match without quotes", ["If-None-Match: other"], "200 kept", "9110-13.1.2-04"),
    ("none-empty", "If-None-Match without value", ["If-None-Match:"], "200 kept", "9110-13.1.2-04"),
    ("match-none", "If-Match goes before If-None-Match", ['If-Match: "other"', "If-None-Match: *"], "412 kept", "9110-13.2.2-01"),
    ("none-range", "a 304 goes before Range", ["If-None-Match: *", "Range: bytes=0-1"], "304 kept", "9110-14.2-06"),
    ("match-range", "a 412 goes before Range", ['If-Match: "other"', "Range: bytes=0-1"], "412 kept", "9110-14.2-06"),
]:
    has = ("ETag: ", "Cache-Control: ", "Date: ") if expect.startswith("304") else ()
    lacks = ("Content-Length",) if expect.startswith("304") else ()
    case(f"if-{id}", name, get(*lines), expect, *rfc, has=has, lacks=lacks, skip=NO_FILES)
case("if-head", "If-None-Match: * with HEAD", request("HEAD", "/hello.txt", "If-None-Match: *"), "304 kept", "9110-13.1.2-06", skip=NO_FILES)
case("if-404", "If-Match for nothing", get("If-Match: *", target="/nothing"), "404 kept", "9110-13.2.1-02", skip=NO_FILES)
case("if-404-none", "If-None-Match: * for nothing", get("If-None-Match: *", target="/nothing"), "404 kept", "9110-13.2.1-02", skip=NO_FILES)
case("if-405", "If-Match with a method that is not allowed", post('If-Match: "other"', "Content-Length: 5", content="hello", target="/hello.txt"), "405 kept", "9110-13.2.1-02", skip=NO_FILES)
case("if-301", "If-Match for a redirect", get('If-Match: "other"', target="/folder"), "301 kept", "9110-13.2.1-02", skip=NO_FILES)
case("if-options", "If-Match with OPTIONS", request("OPTIONS", "/hello.txt", 'If-Match: "other"'), "204 kept", "9110-13.2.1-05", skip=NO_FILES)
case("if-since-post", "If-Modified-Since with POST", post(f"If-Modified-Since: {SAME}", "Content-Length: 5", content="hello"), "200 kept", "9110-13.1.3-03", echo="content=hello")
because(
    "An If-Modified-Since that is not one valid HTTP date must be ignored (RFC 9110 §13.1.3). HTTP dates end with GMT (§5.6.7).",
    "if-since-zone", "if-since-twice",
)


# ---------------------------------------------------------------------------------------------------------------------
topic("Other protocols")

case("other-tls", "the beginning of a TLS handshake", "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + "\xa5" * 64, "400 closed", "9112-9.7-01")
case("other-http2", "the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", "505 closed", "9110-6.2-03")
case("other-ssh", "a client of SSH", "SSH-2.0-OpenSSH_9.2\r\n", "400 closed", "9112-2.2-09")
case("other-smtp", "a client of SMTP", "EHLO a.test\r\n", "400 closed", "9112-2.2-09")
case("other-rtsp", "a client of RTSP", "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n", "400 closed", "9112-2.3-01")
case("other-sip", "a client of SIP", "OPTIONS sip:a.test SIP/2.0\r\n\r\n", "400 closed", "9112-2.3-01")
case("other-proxy", "the PROXY protocol", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + get(), "400 closed", "9112-2.2-09")
case("other-json", "JSON", '{"method": "GET"}\r\n\r\n', "400 closed", "9112-2.2-09")
case("other-redis", "a client of Redis", "*1\r\n$4\r\nPING\r\n", "400 closed", "9112-2.2-09")
case("other-nul", "1,000 NULs", "\0" * 1000, "400 closed", "9112-2.2-09")
case("other-high", "1,000 octets above 127", "\xff" * 1000 + "\r\n", "400 closed", "9112-2.2-09")
because(
    "505 is the status for a major version that is not served (RFC 9110 §15.6.6); its content tells a client of HTTP/2 to use HTTP/1.1.",
    "other-http2",
)
