import Martlet
import MartletCGI
import TestSupport
import Testing

/// What becomes of a script's output (RFC 3875 §6). Every answer is read by the strictest of readers.
@Suite("CGI: answers", .timeLimit(.patient), .rfc("3875-3.1-01"))
struct AnswerTests {
    /// A script that prints what is given to printf.
    private static func printing(_ output: String) -> String {
        "#!/bin/sh\nprintf '\(output)'\n"
    }

    @Test(
        "a document: 200 unless Status says otherwise, one Date, one Server, framing by the server",
        .rfc("3875-6.2.1-01", "3875-6.2.1-02", "3875-6.3.3-01", "3875-6.3.4-01", "3875-6.3.4-02", "3875-6.3.4-03")
    )
    func document() async throws {
        try await withSite { site in
            try site.write(
                "a.cgi",
                Self.printing(
                    "content-type: text/x-mine; charset=odd\\nX-A: 1\\nDate: yesterday\\nServer: script/1\\n"
                        + "Connection: keep-alive\\nKeep-Alive: 99\\nX-CGI-Note: hidden\\n\\nhello\\n"
                )
            )
            let answer = try site.get("a.cgi")
            #expect(answer.status == 200)
            #expect(answer["content-type"] == ["text/x-mine; charset=odd"])
            #expect(answer["x-a"] == ["1"])
            #expect(answer["date"].count == 1)
            #expect(answer["date"] != ["yesterday"])
            #expect(answer["server"] == ["Martlet"])
            #expect(answer["connection"] == ["close"])
            #expect(answer["keep-alive"].isEmpty)
            #expect(answer["x-cgi-note"].isEmpty)
            #expect(answer["status"].isEmpty)
            #expect(answer.text == "hello\n")

            try site.write("b.cgi", Self.printing("Status: 418 Short and stout\\r\\nContent-Type: a/b\\r\\n\\r\\ntea"))
            let octets = try site.octets("GET /cgi-bin/b.cgi HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(octets.starts(with: "HTTP/1.1 418 Short and stout\r\n".utf8))
            #expect(try StrictAnswer.one(in: octets).text == "tea")
            #expect(try StrictAnswer.one(in: octets)["status"].isEmpty)
        }
    }

    @Test("Content-Type passes as it is, and none is guessed", .rfc("3875-6.3.1-01", "3875-6.3.1-02"))
    func types() async throws {
        try await withSite { site in
            try site.write("none.cgi", Self.printing("Status: 200 OK\\n\\n<html>"))
            try site.write("odd.cgi", Self.printing("Content-Type: Text/HTML; charset=X-Odd\\n\\n<html>"))
            let none = try site.get("none.cgi")
            #expect(none["content-type"].isEmpty)
            #expect(none.text == "<html>")
            #expect(try site.get("odd.cgi")["content-type"] == ["Text/HTML; charset=X-Odd"])
        }
    }

    @Test(
        "a redirect of the client: 302, or the script's status with its document",
        .rfc("3875-6.2.3-01", "3875-6.2.4-01")
    )
    func clientRedirect() async throws {
        try await withSite { site in
            try site.write("a.cgi", Self.printing("Location: https://example.com/a#b\\n\\n"))
            let alone = try site.plain("a.cgi")
            #expect(alone.status == 302)
            #expect(alone["Location"] == "https://example.com/a#b")
            #expect(alone.content.isEmpty)
            try site.write(
                "b.cgi",
                Self.printing("Status: 301 Gone there\\nLocation: http://x/\\nContent-Type: text/plain\\n\\nthere")
            )
            let document = try site.plain("b.cgi")
            #expect(document.lines[0] == "HTTP/1.1 301 Gone there")
            #expect(document["Location"] == "http://x/")
            #expect(document.text == "5\r\nthere\r\n0\r\n\r\n")
            try site.write("c.cgi", Self.printing("Status: 302 Found\\nLocation: /login?next=%%2F\\n\\n"))
            #expect(try site.get("c.cgi")["location"] == ["/login?next=%2F"])
        }
    }

    @Test("a redirect within the server is answered as if that had been asked for", .rfc("3875-6.2.2-01"))
    func localRedirect() async throws {
        try await withSite(serving: { scripts, options in
            try Router {
                Route("/cgi-bin/**", try CGI(scripts.path, options: options))
                Route("/page") { request in
                    .text("\(request.method.rawValue) \(request.query ?? "") \(request.fields[.cookie] ?? "")")
                }
            }
        }) { site in
            try site.write("page.cgi", Self.printing("Location: /page?a=b%%20c\\n\\n"))
            let page = try site.get("page.cgi", "Cookie: x=y\r\n")
            #expect(page.status == 200)
            #expect(page["location"].isEmpty)
            #expect(page.text == "GET a=b%20c x=y")
            // What was posted is gone: it is a GET.
            #expect(try site.post("page.cgi", "content").text == "GET a=b%20c ")
            #expect(try site.get("page.cgi", method: "HEAD").status == 200)

            try site.write("env.cgi", printEnvironment)
            try site.write("other.cgi", Self.printing("Location: /cgi-bin/env.cgi/x?q\\n\\n"))
            let other = try site.get("other.cgi/y?z").variables
            #expect(other["SCRIPT_NAME"] == "/cgi-bin/env.cgi")
            #expect(other["PATH_INFO"] == "/x")
            #expect(other["QUERY_STRING"] == "q")
            #expect(other["REQUEST_URI"] == "/cgi-bin/env.cgi/x?q")

            try site.write("round.cgi", "#!/bin/sh\necho >> rounds\nprintf 'Location: /cgi-bin/round.cgi\\n\\n'\n")
            #expect(try site.get("round.cgi").status == 502)
            #expect(site.scripts.text(of: "rounds")?.count == 11)
            try site.write("bad.cgi", Self.printing("Location: /a b#c\\n\\n"))
            #expect(try site.get("bad.cgi").status == 502)
            try site.write("gone.cgi", Self.printing("Location: /nowhere\\n\\n"))
            #expect(try site.get("gone.cgi").status == 404)
        }
    }

    @Test("a redirect within the server takes as many fields along as the server takes")
    func localRedirectOfMuch() async throws {
        try await withSite(configure: { $0.limits.fieldCount = 300 }) { site in
            try site.write("a.cgi", Self.printing("Location: /cgi-bin/env.cgi\\n\\n"))
            try site.write("env.cgi", printEnvironment)
            let fields = (0..<200).map { "X-\($0): \($0)\r\n" }.joined()
            #expect(try site.get("a.cgi", fields).variables["HTTP_X_199"] == "199")
        }
    }

    @Test("scripts that lead to each other take turns in the one place that there is", .rfc("3875-6.2.2-01"))
    func localRedirectInTurn() async throws {
        var options = CGIOptions()
        options.processes = 1
        options.queueTimeout = .seconds(30)
        try await withSite(options: options) { site in
            try site.write("a.cgi", Self.printing("Location: /cgi-bin/b.cgi\\n\\n"))
            try site.write("b.cgi", Self.printing("Location: /cgi-bin/c.cgi\\n\\n"))
            try site.write("c.cgi", Self.printing("Content-Type: text/plain\\n\\nat last"))
            let answer = try site.get("a.cgi")
            #expect(answer.status == 200)
            #expect(answer.text == "at last")
        }
    }

    @Test("HEAD gets the head alone, whatever the script writes", .rfc("3875-4.3.3-01"))
    func head() async throws {
        try await withSite { site in
            try site.write(
                "a.cgi",
                "#!/bin/sh\nprintf 'Content-Type: a/b\\n\\n'\necho $REQUEST_METHOD\nhead -c 300000 /dev/zero\n"
            )
            let client = try site.connect()
            try client.send("HEAD /cgi-bin/a.cgi HTTP/1.1\r\nHost: a\r\n\r\n")
            let head = try client.receive(through: "\r\n\r\n")
            #expect(try StrictAnswer.one(in: head, to: "HEAD").status == 200)
            // Nothing of the content comes before the next answer.
            try client.send("HEAD /cgi-bin/b.cgi HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            try site.write("b.cgi", Self.printing("Content-Type: a/b\\nContent-Length: 77\\n\\n"))
            let rest = try client.receiveAll()
            #expect(String(decoding: rest, as: UTF8.self).hasPrefix("HTTP/1.1 "))
            let length = try site.get("b.cgi", method: "HEAD")
            #expect(length["content-length"] == ["77"])
        }
    }

    @Test("204 and 304 have no content, whatever the script writes")
    func noContent() async throws {
        try await withSite { site in
            for status in [204, 304] {
                try site.write("a\(status).cgi", Self.printing("Status: \(status) Nothing\\nX-A: b\\n\\nsomething"))
                let answer = try site.get("a\(status).cgi")
                #expect(answer.status == status)
                #expect(answer.content.isEmpty)
                #expect(answer["x-a"] == ["b"])
            }
        }
    }

    @Test(
        "what is no answer is a 502 that says nothing of it; the log has the script's name and the reason",
        .rfc("3875-6.2-01", "3875-6.3-01"),
        arguments: [
            ("", "it wrote nothing"), ("Content-Type: text/plain\\n", "ends before the empty line"),
            ("<html>no head at all</html>\\n\\n", "no header field"), ("\\nsecret", "none of Content-Type"),
            ("HTTP/1.1 200 OK\\nContent-Type: a/b\\n\\nsecret", "no header field"),
            ("Content-Type: a/b\\nContent-Type: a/b\\n\\nsecret", "twice"),
            ("Location: secret\\n\\n", "neither a path"),
            ("Status: 99 Low\\n\\n", "Status"), ("Status: 101 Switching\\n\\n", "Status"),
            ("Content-Type: a/b\\nTransfer-Encoding: chunked\\n\\n", "Transfer-Encoding"),
            ("Content-Type: a/b\\nX-A: b\\rX-C: secret\\n\\n", "CR without LF"),
            ("Content-Type: a/b\\nContent-Length: -1\\n\\n", "Content-Length"),
            ("Content-Type: a/b\\n X-A: folded\\n\\n", "no header field"),
            ("Content-Type: a/b\\nBad Name: secret\\n\\n", "no header field"),
            ("Location: /a\\nSet-Cookie: secret=1\\n\\n", "with other fields"),
        ]
    )
    func malformed(output: String, reason: String) async throws {
        try await withSite { site in
            try site.write("bad.cgi", Self.printing(output))
            let answer = try site.get("bad.cgi")
            #expect(answer.status == 502)
            #expect(!answer.text.contains("secret"))
            #expect(answer.fields.allSatisfy { !$0.value.contains("secret") })
            let told = site.log.lines.contains {
                $0.hasPrefix("warning: script /cgi-bin/bad.cgi: ") && $0.contains(reason)
            }
            #expect(told, "\(site.log.lines)")
        }
    }

    @Test("a head without end is a 502")
    func endlessHead() async throws {
        try await withSite { site in
            try site.write(
                "a.cgi",
                "#!/bin/sh\nwhile :; do echo 'X-A: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb'; done\n"
            )
            #expect(try site.get("a.cgi").status == 502)
            try site.write("b.cgi", "#!/bin/sh\nexec cat /dev/zero\n")
            #expect(try site.get("b.cgi").status == 502)
        }
    }

    @Test("the content is as long as its Content-Length, or is cut")
    func length() async throws {
        try await withSite { site in
            try site.write("right.cgi", Self.printing("Content-Type: a/b\\nContent-Length: 5\\n\\nhello"))
            let right = try site.get("right.cgi")
            #expect(right["content-length"] == ["5"])
            #expect(right.text == "hello")
            try site.write("long.cgi", Self.printing("Content-Type: a/b\\nContent-Length: 5\\n\\nhello world"))
            #expect(try site.get("long.cgi").text == "hello")
            #expect(site.log.contains("script /cgi-bin/long.cgi: it wrote more than its Content-Length of 5"))
            try site.write("short.cgi", Self.printing("Content-Type: a/b\\nContent-Length: 50\\n\\nhello"))
            let client = try site.connect()
            try client.send("GET /cgi-bin/short.cgi HTTP/1.1\r\nHost: a\r\n\r\n")
            let octets = try client.receiveAll(untilReset: true)
            #expect(throws: (any Error).self) { try StrictAnswer.one(in: octets) }
            #expect(site.log.contains("script /cgi-bin/short.cgi: it wrote 45 octets less than its Content-Length"))
        }
    }

    @Test("content passes octet for octet, whatever it is", .rfc("3875-6.4-02"))
    func unmodified() async throws {
        try await withSite { site in
            try site.write(
                "a.py",
                "#!/usr/bin/python3\nimport sys\nsys.stdout.buffer.write(b'Content-Type: a/b\\n\\n' + bytes(range(256)) * 5000)\n"
            )
            let content = try site.get("a.py").content
            #expect(content == (0..<5000).flatMap { _ in (0...255).map(UInt8.init) })
        }
    }

    @Test("content without a length keeps the connection, and the next request is answered")
    func keepAlive() async throws {
        try await withSite { site in
            try site.write("a.cgi", Self.printing("Content-Type: a/b\\n\\nhello"))
            let client = try site.connect()
            for _ in 0..<5 {
                try client.send("GET /cgi-bin/a.cgi HTTP/1.1\r\nHost: a\r\n\r\n")
                let octets = try client.receive(through: "0\r\n\r\n")
                #expect(try StrictAnswer.one(in: octets).text == "hello")
            }
        }
    }

    @Test("a 401 without a challenge is the script's affair, but still has one Date and one Server")
    func lacking() async throws {
        try await withSite { site in
            try site.write(
                "a.cgi",
                Self.printing("Status: 401 Who\\nContent-Type: a/b\\nServer: x\\nDate: y\\nContent-Length: 2\\n\\nno")
            )
            let answer = try site.get("a.cgi")
            #expect(answer.status == 401)
            #expect(answer["server"] == ["Martlet"])
            #expect(answer["date"].count == 1)
            #expect(answer["content-length"] == ["2"])
            #expect(answer.text == "no")
        }
    }

    // MARK: NPH

    @Test(
        "what an nph- script writes reaches the client as it is, at once",
        .rfc("3875-5.2-01", "3875-5.2-02", "3875-5.2-03")
    )
    func raw() async throws {
        try await withSite { site in
            let output = "HTTP/1.0 299 Odd\\nx: y\\r\\n\\nraw \\001 octets"
            try site.write("nph-a.cgi", "#!/bin/sh\nprintf '\(output)'\nread line < go\nprintf 'more'\n")
            try site.scripts.makeFIFO("go")
            let client = try site.connect()
            try client.send("GET /cgi-bin/nph-a.cgi HTTP/1.1\r\nHost: a\r\n\r\n")
            let first = "HTTP/1.0 299 Odd\nx: y\r\n\nraw \u{1} octets"
            #expect(try client.receive(exactly: first.utf8.count) == Array(first.utf8))
            try site.scripts.letGo("go")
            #expect(try client.receiveAll() == Array("more".utf8))
        }
    }

    @Test(
        "an nph- script gets all of the content, and a client that has finished sending its answer",
        .rfc("3875-4.2-05")
    )
    func rawContent() async throws {
        try await withSite { site in
            try site.write(
                "nph-cat.cgi",
                "#!/bin/sh\nprintf 'HTTP/1.1 200 OK\\r\\n\\r\\n%s:' $CONTENT_LENGTH\nexec cat\n"
            )
            for chunked in [false, true] {
                let content = [UInt8](repeating: 0x61, count: 200_000)
                let client = try site.connect()
                try client.send("POST /cgi-bin/nph-cat.cgi HTTP/1.1\r\nHost: a\r\n")
                if chunked {
                    try client.send("Transfer-Encoding: chunked\r\n\r\n30d40\r\n")
                    try client.send(content)
                    try client.send("\r\n0\r\n\r\n")
                } else {
                    try client.send("Content-Length: 200000\r\n\r\n")
                    try client.send(content)
                }
                client.finishSending()
                #expect(try client.receiveAll() == Array("HTTP/1.1 200 OK\r\n\r\n200000:".utf8) + content)
            }
        }
    }

    @Test("an nph- script that writes nothing is a 502")
    func rawNothing() async throws {
        try await withSite { site in
            try site.write("nph-a.cgi", "#!/bin/sh\nexit 1\n")
            #expect(try site.get("nph-a.cgi").status == 502)
            #expect(site.log.contains("script /cgi-bin/nph-a.cgi: it wrote nothing"))
        }
    }
}
