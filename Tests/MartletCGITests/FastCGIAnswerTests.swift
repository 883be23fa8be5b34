import Martlet
import MartletCGI
import MartletReactor
import MartletWire
import TestSupport
import Testing

/// What applications may say, octet by octet.
@Suite("FastCGI, literally", .timeLimit(.patient)) struct FastCGIAnswerTests {
    static let head = "Content-Type: text/plain\r\n\r\n"

    /// Runs a site in front of a fake application.
    private func withApplication(
        options: ApplicationOptions = ApplicationOptions(),
        _ body: @escaping @concurrent @Sendable (FastCGISite, FakeApplication) async throws -> Void
    ) async throws {
        let application = try FakeApplication()
        let handler = try FastCGI(application.place, options: options)
        try await withFastCGISite(handler) { site in try await body(site, application) }
    }

    /// The answer to a GET when the application says this and then no more.
    private func answer(_ octets: [UInt8], _ site: FastCGISite, _ application: FakeApplication) throws -> [UInt8] {
        let client = try site.connect()
        try client.send("GET /x HTTP/1.0\r\nHost: a\r\n\r\n")
        let connection = try application.accept()
        _ = try connection.receiveRequest()
        try connection.send(octets)
        connection.finishSending()
        return try client.receiveAll(untilReset: true)
    }

    @Test("a request is BEGIN_REQUEST, its variables and its content, each stream with its end")
    func request() async throws {
        try await withApplication { site, application in
            let client = try site.connect()
            try client.send("POST /a%20b/c?q=1 HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\nX-Y: z\r\n\r\nhello")
            let connection = try application.accept()
            let request = try connection.receiveRequest()
            #expect(request.beginBody == [0, 1, 1, 0, 0, 0, 0, 0])
            #expect(request.content == Array("hello".utf8))
            #expect(request["REQUEST_METHOD"] == "POST")
            #expect(request["SCRIPT_NAME"] == "")
            #expect(request["PATH_INFO"] == "/a b/c")
            #expect(request["QUERY_STRING"] == "q=1")
            #expect(request["REQUEST_URI"] == "/a%20b/c?q=1")
            #expect(request["CONTENT_LENGTH"] == "5")
            #expect(request["SERVER_NAME"] == "a.test")
            #expect(request["HTTP_X_Y"] == "z")
            #expect(request["SCRIPT_FILENAME"] == nil)
            try connection.send(record(6, Self.head + "ok") + endRecord())
            let text = String(decoding: try client.receive(through: "0\r\n\r\n"), as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(text.hasSuffix("\r\n\r\n2\r\nok\r\n0\r\n\r\n"))
        }
    }

    @Test("padding, empty ends of streams and interleaved standard error make no difference")
    func interleaved() async throws {
        try await withApplication { site, application in
            let octets =
                record(7, "first li") + record(6, "Content-Ty", padding: 255) + record(7, "ne\nsecond\r\nthi")
                + record(6, "pe: text/plain\n\nhel", padding: 1) + record(7, "rd") + record(7) + record(6, "lo")
                + record(6, padding: 8) + endRecord()
            let text = String(decoding: try answer(octets, site, application), as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(text.hasSuffix("\r\n\r\nhello"))
            try await eventually("the log has all lines") { site.log.contains("third") }
            let lines = site.log.lines.filter { $0.contains("script /") }
            #expect(lines.map { $0.split(separator: ": ").last ?? "" } == ["first line", "second", "third"])
        }
    }

    private static let faults: [([UInt8], String)] = [
        (record(6, "x", version: 2), "version 2"), (Array("HTTP/1.1 200 OK\r\n\r\n".utf8), "version 72"),
        (record(6, "x", id: 2), "for the request 2"), (record(6, "x", id: 0), "for the request 0"),
        (record(99, "x"), "unknown type 99"), (record(4, "x"), "type 4 may not come here"),
        (record(3, "abc"), "has 3 octets"), (endRecord(protocol: 9), "status 9 is unknown"),
        (record(6, "Content-Type: a/b\n"), "ended before the answer"),
        (record(6, "Content-Type", length: 65_535), "ended before the answer"),
        ([1, 6, 0], "ended before the answer"), ([], "ended without an answer"),
        (endRecord(), "wrote nothing"), (record(6) + endRecord(), "wrote nothing"),
        (record(6, "Content-Type: a/b\n") + endRecord(), "ends before the empty line"),
        (record(6) + record(6, "Content-Type: a/b\n\n"), "behind the end of its stream"),
        (endRecord(protocol: 3), "no responder"),
    ]

    @Test(
        "what are no records is a 502, and the log has the reason",
        arguments: faults
    )
    func broken(octets: [UInt8], reason: String) async throws {
        try await withApplication { site, application in
            let text = String(decoding: try answer(octets, site, application), as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 502 Bad Gateway\r\n"))
            #expect(site.log.contains(reason), "\(site.log.lines)")
        }
    }

    @Test(
        "an application that takes no more requests is a 503",
        arguments: [(UInt8(1), "takes no more"), (2, "overloaded")]
    )
    func overloaded(status: UInt8, reason: String) async throws {
        try await withApplication { site, application in
            let text = String(decoding: try answer(endRecord(protocol: status), site, application), as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
            #expect(text.contains("\r\nRetry-After: 1\r\n"))
            #expect(site.log.contains(reason))
        }
    }

    private static let endings: [[UInt8]] = [
        [], record(6, "x", version: 3), record(6, "more", length: 9), record(6, "y", id: 3),
        endRecord(protocol: 2),
    ]

    @Test(
        "an answer that breaks off in its content cannot look complete",
        arguments: endings
    )
    func cut(rest: [UInt8]) async throws {
        try await withApplication { site, application in
            let client = try site.connect()
            try client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let connection = try application.accept()
            _ = try connection.receiveRequest()
            try connection.send(record(6, Self.head + "hello") + rest)
            connection.finishSending()
            let text = String(decoding: try client.receiveAll(untilReset: true), as: UTF8.self)
            #expect(!text.hasSuffix("0\r\n\r\n"))
            try #expect(connection.receiveAll(untilReset: true).isEmpty)
        }
    }

    @Test("a status of the application's other than 0 is logged, and the answer stands")
    func applicationStatus() async throws {
        try await withApplication { site, application in
            let octets = record(6, Self.head + "ok") + endRecord(application: 3)
            let text = String(decoding: try answer(octets, site, application), as: UTF8.self)
            #expect(text.hasSuffix("\r\n\r\nok"))
            try await eventually("it is logged") { site.log.contains("ended with the status 3") }
        }
    }

    @Test("what an application says on its standard error is bounded: so much of a line, so many lines")
    func boundedErrors() async throws {
        try await withApplication { site, application in
            let long = String(repeating: "l", count: 5000)
            let many = (0..<300).map { "line \($0)\n" }.joined()
            let octets =
                record(7, long + "\n") + record(7, many) + record(6, Self.head) + endRecord()
            _ = try answer(octets, site, application)
            let lines = site.log.lines.filter { $0.contains("script /") }
            #expect(lines.count == 101)
            #expect(lines.allSatisfy { $0.utf8.count < 1100 })
        }
    }

    // MARK: Connections

    @Test("a connection serves one request after the other")
    func keepsConnection() async throws {
        try await withApplication { site, application in
            let client = try site.connect()
            var connection: TestSocket?
            for number in 0..<3 {
                try client.send("GET /\(number) HTTP/1.1\r\nHost: a\r\n\r\n")
                let used = try connection ?? application.accept()
                try #expect(used.receiveRequest()["PATH_INFO"] == "/\(number)")
                try used.send(record(6, Self.head + "\(number)") + record(6) + endRecord())
                let text = String(decoding: try client.receive(through: "0\r\n\r\n"), as: UTF8.self)
                #expect(text.hasSuffix("\r\n\(number)\r\n0\r\n\r\n"))
                connection = used
            }
            #expect(!application.hasConnection)
        }
    }

    /// Leaves a connection at rest.
    private func warmUp(_ client: TestSocket, _ application: FakeApplication) throws -> TestSocket {
        try client.send("GET /warm HTTP/1.1\r\nHost: a\r\n\r\n")
        let connection = try application.accept()
        _ = try connection.receiveRequest()
        try connection.send(record(6, Self.head) + endRecord())
        _ = try client.receive(through: "0\r\n\r\n")
        return connection
    }

    @Test("one that died at rest is replaced, without a word in the log", arguments: ["GET", "POST"])
    func stale(method: String) async throws {
        try await withApplication { site, application in
            let client = try site.connect()
            let connection = try warmUp(client, application)
            connection.finishSending()
            try #expect(connection.receive().isEmpty)
            try client.send("\(method) /2 HTTP/1.1\r\nHost: a\r\n\r\n")
            let next = try application.accept()
            try #expect(next.receiveRequest()["PATH_INFO"] == "/2")
            try next.send(record(6, Self.head + "ok") + endRecord())
            try #expect(String(decoding: client.receive(through: "0\r\n\r\n"), as: UTF8.self).contains("\r\nok\r\n"))
            #expect(site.log.lines.isEmpty)
        }
    }

    @Test(
        "one that dies under the request is replaced once, where that can do no harm",
        arguments: [("GET", "", true), ("PUT", "ok", true), ("POST", "ok", false), ("POST", "", false)]
    )
    func diesUnderRequest(method: String, content: String, isAgain: Bool) async throws {
        try await withApplication { site, application in
            let client = try site.connect()
            let connection = try warmUp(client, application)
            let length = content.isEmpty ? "" : "Content-Length: \(content.utf8.count)\r\n"
            try client.send("\(method) /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(length)\r\n\(content)")
            try #expect(connection.receiveRequest().content == Array(content.utf8))
            connection.reset()
            guard isAgain else {
                let text = String(decoding: try client.receiveAll(), as: UTF8.self)
                #expect(text.hasPrefix("HTTP/1.1 502 Bad Gateway\r\n"))
                return #expect(!application.hasConnection)
            }
            let next = try application.accept()
            try #expect(next.receiveRequest().content == Array(content.utf8))
            next.reset()
            let text = String(decoding: try client.receiveAll(), as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 502 Bad Gateway\r\n"))
            #expect(!application.hasConnection)
        }
    }

    @Test("no request is sent again once an octet of an answer came")
    func notAfterAnOctet() async throws {
        try await withApplication { site, application in
            let client = try site.connect()
            let connection = try warmUp(client, application)
            try client.send("GET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            _ = try connection.receiveRequest()
            try connection.send([1])
            connection.finishSending()
            try #expect(String(decoding: client.receiveAll(), as: UTF8.self).hasPrefix("HTTP/1.1 502 "))
            #expect(!application.hasConnection)
        }
    }

    @Test("octets behind END_REQUEST are taken for no answer")
    func extra() async throws {
        try await withApplication { site, application in
            let client = try site.connect()
            try client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
            let connection = try application.accept()
            _ = try connection.receiveRequest()
            try connection.send(record(6, Self.head) + endRecord() + record(6, Self.head + "evil") + endRecord())
            _ = try client.receive(through: "0\r\n\r\n")
            try client.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
            let next = try application.accept()
            try #expect(next.receiveRequest()["PATH_INFO"] == "/2")
            try next.send(record(6, Self.head + "good") + endRecord())
            try #expect(!String(decoding: client.receive(through: "0\r\n\r\n"), as: UTF8.self).contains("evil"))
        }
    }

    @Test("with none kept, each request asks for its connection to be closed")
    func keepsNone() async throws {
        var options = ApplicationOptions()
        options.keptConnections = 0
        try await withApplication(options: options) { site, application in
            let client = try site.connect()
            for _ in 0..<2 {
                try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                let connection = try application.accept()
                try #expect(connection.receiveRequest().beginBody == [0, 1, 0, 0, 0, 0, 0, 0])
                try connection.send(record(6, Self.head) + endRecord())
                _ = try client.receive(through: "0\r\n\r\n")
                try #expect(connection.receive().isEmpty)
            }
        }
    }

    @Test("an application that nobody reaches is a 502, one that is silent a 504")
    func unreachable() async throws {
        let handler = try FastCGI("127.0.0.1:\(freePort())")
        try await withFastCGISite(handler) { site in
            try #expect(site.ask("/").status == 502)
            #expect(site.log.contains("connecting failed"))
        }
        var options = ApplicationOptions()
        options.firstOctetTimeout = .milliseconds(50)
        try await withApplication(options: options) { site, application in
            let client = try site.connect()
            try client.send("GET / HTTP/1.0\r\n\r\n")
            let connection = try application.accept()
            _ = try connection.receiveRequest()
            try #expect(site.take(client).status == 504)
            #expect(site.log.contains("no answer in time"))
            // It is closed, so that the application can stop working.
            _ = try connection.receiveAll(untilReset: true)
        }
    }

    // MARK: Content

    @Test("content goes on while its client sends it, and what is sent in chunks has its length first")
    func uploads() async throws {
        try await withApplication { site, application in
            let client = try site.connect()
            try client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nfour")
            let connection = try application.accept()
            _ = try connection.receiveRecord()
            while try connection.receiveRecord().0.contentLength > 0 {}
            try #expect(connection.receiveRecord().1 == Array("four".utf8))
            try client.send("more")
            try #expect(connection.receiveRecord().1 == Array("more".utf8))
            try #expect(connection.receiveRecord().0.contentLength == 0)
            try connection.send(record(6, Self.head) + endRecord())
            _ = try client.receive(through: "0\r\n\r\n")

            try client.send("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n")
            try client.send("4\r\nmore\r\n0\r\n\r\n")
            let request = try connection.receiveRequest()
            #expect(request["CONTENT_LENGTH"] == "8")
            #expect(request["HTTP_TRANSFER_ENCODING"] == nil)
            #expect(request.content == Array("fourmore".utf8))
            try connection.send(record(6, Self.head) + endRecord())
            _ = try client.receive(through: "0\r\n\r\n")
        }
    }

    @Test("an application that answers while content comes gets all of it, and its answer is whole")
    func duplex() async throws {
        try await withApplication { site, application in
            let client = try site.connect()
            try client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nfour")
            let connection = try application.accept()
            _ = try connection.receiveRecord()
            while try connection.receiveRecord().0.contentLength > 0 {}
            try #expect(connection.receiveRecord().1 == Array("four".utf8))
            try connection.send(record(6, Self.head + "one "))
            try connection.send(record(6, "two "))
            try client.send("more")
            try #expect(connection.receiveRecord().1 == Array("more".utf8))
            try #expect(connection.receiveRecord().0.contentLength == 0)
            try connection.send(record(6, "three") + endRecord())
            let text = String(decoding: try client.receive(through: "\r\n0\r\n\r\n"), as: UTF8.self)
            #expect(text.contains("one"))
            #expect(text.contains("three"))
        }
    }

    @Test("an application that ends before it has the content has its answer sent, and its connection closed")
    func endsEarly() async throws {
        try await withApplication { site, application in
            let client = try site.connect()
            try client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nfour")
            let connection = try application.accept()
            _ = try connection.receiveRecord()
            try connection.send(record(6, "Status: 413\r\n" + Self.head + "no") + endRecord())
            let text = String(decoding: try client.receiveAll(untilReset: true), as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 413"))
            #expect(text.contains("no"))
            _ = try connection.receiveAll(untilReset: true)
        }
    }

    @Test("content that is malformed is refused, and the application told")
    func malformedContent() async throws {
        try await withApplication { site, application in
            let client = try site.connect()
            try client.send("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
            try #expect(String(decoding: client.receiveAll(), as: UTF8.self).hasPrefix("HTTP/1.1 400 "))
            #expect(!application.hasConnection)
        }
    }

    @Test("a client that goes away has the request aborted and the connection closed")
    func clientGone() async throws {
        try await withApplication { site, application in
            for answer in [[], record(6, Self.head + "x")] {
                let client = try site.connect()
                try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                let connection = try application.accept()
                _ = try connection.receiveRequest()
                if !answer.isEmpty {
                    try connection.send(answer)
                    _ = try client.receive(through: "x\r\n")
                }
                client.reset()
                let last = try connection.receiveAll(untilReset: true)
                #expect(last == [1, 2, 0, 1, 0, 0, 0, 0])
            }
            #expect(!site.log.lines.contains { $0.hasPrefix("warning") || $0.hasPrefix("error") })
        }
    }

    @Test("an answer to HEAD leaves its connection fit for the next request")
    func head() async throws {
        try await withApplication { site, application in
            let client = try site.connect()
            try client.send("HEAD /1 HTTP/1.1\r\nHost: a\r\n\r\n")
            let connection = try application.accept()
            try #expect(connection.receiveRequest()["REQUEST_METHOD"] == "HEAD")
            try connection.send(record(6, Self.head + "content that is not wanted") + endRecord())
            try #expect(String(decoding: client.receive(through: "\r\n\r\n"), as: UTF8.self).hasPrefix("HTTP/1.1 200 "))
            try client.send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
            try #expect(connection.receiveRequest()["PATH_INFO"] == "/2")
        }
    }

    @Test("an application that goes on and on when no more is wanted is given up")
    func endless() async throws {
        var options = ApplicationOptions()
        options.idleTimeout = .milliseconds(500)
        try await withApplication(options: options) { site, application in
            let client = try site.connect()
            try client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
            let connection = try application.accept()
            _ = try connection.receiveRequest()
            try connection.send(record(6, Self.head))
            try #expect(String(decoding: client.receive(through: "\r\n\r\n"), as: UTF8.self).hasPrefix("HTTP/1.1 200 "))
            // Every record is heard, and is no content that would come to an end.
            #expect(throws: (any Error).self) {
                while true { try connection.send(record(7, "still here\n")) }
            }
        }
    }

    @Test(
        "no dot segment reaches PATH_INFO between encoded slashes",
        .rfc("3875-4.1.5-03", "3875-9.8-01", "3875-9.8-02"),
        arguments: [ApplicationScripts.application, .file("/srv/app/api.php")]
    )
    func dotSegments(scripts: ApplicationScripts) async throws {
        let application = try FakeApplication()
        let handler = try Router { try Route("/app/**", FastCGI(application.place, scripts)) }
        try await withFastCGISite(handler) { site in
            for path in ["/app/..%2F..%2Fetc/passwd", "/app/x%2f%2e%2e%2F%2e%2e", "/app/a%2F.", "/app/%2F..%2F..%2Fx"] {
                try #expect(site.ask(path).status == 404, "\(path)")
            }
            #expect(!application.hasConnection)
            let client = try site.connect()
            try client.send("GET /app/a%2Fb/..c%2F...%2Fd HTTP/1.0\r\nHost: a\r\n\r\n")
            try #expect(application.accept().receiveRequest()["PATH_INFO"] == "/a/b/..c/.../d")
        }
    }

    @Test("credentials are passed on when asked for, and variables can be set")
    func variables() async throws {
        let request = "GET / HTTP/1.0\r\nHost: a\r\nAuthorization: Basic YTpi\r\nProxy: evil\r\n\r\n"
        try await withApplication { site, application in
            let client = try site.connect()
            try client.send(request)
            let heard = try application.accept().receiveRequest()
            #expect(heard["HTTP_AUTHORIZATION"] == nil)
            #expect(heard["HTTP_PROXY"] == nil)
        }
        var options = ApplicationOptions()
        options.passesAuthorization = true
        options.variables = ["APP_ENV": "test", "SERVER_SOFTWARE": "mine"]
        try await withApplication(options: options) { site, application in
            let client = try site.connect()
            try client.send(request)
            let heard = try application.accept().receiveRequest()
            #expect(heard["HTTP_AUTHORIZATION"] == "Basic YTpi")
            #expect(heard["APP_ENV"] == "test")
            #expect(heard.variables.filter { $0.name == "SERVER_SOFTWARE" }.map(\.value) == ["mine"])
        }
    }
}
