import Glibc
import Martlet
import MartletReactor
import TestSupport
import Testing

private let type = "Content-Type: multipart/form-data; boundary=\"b\""

/// A part as a browser writes it.
private func part(_ name: String, filename: String? = nil, _ content: String) -> String {
    let file = filename.map { "; filename=\"\($0)\"\r\nContent-Type: application/octet-stream" } ?? ""
    return "--b\r\nContent-Disposition: form-data; name=\"\(name)\"\(file)\r\n\r\n\(content)\r\n"
}

@Suite("Multipart forms are read part by part", .timeLimit(.patient))
struct MultipartTests {
    @Test("each part tells its name, type and content, in order", .rfc("7578-4.4-01", "7578-4.8-01"))
    func parts() async throws {
        let handler = Waiting { request in
            var text = ""
            for try await part in try request.multipart() {
                text += "\(part.name) \(part.filename ?? "-") \(part.contentType) \(part.isFile) "
                text += "\(part.fields[.init("X-Y")!] ?? "-") \(try await part.text())\n"
            }
            return .text(text)
        }
        try await withServer(handler) { server in
            let content =
                "preamble\r\n" + part("a", "1") + part("a", "") + part("f", filename: "../b.bin", "x\r\n--c")
                + "--b\r\nX-Y: z\r\ncontent-disposition: form-data; name=t\r\nContent-Type: text/html\r\n\r\n<p>\r\n"
                + "--b--\r\nepilogue"
            let answer = try server.post(type, content: content)
            #expect(
                answer.text == """
                    a - text/plain; charset=utf-8 false - 1
                    a - text/plain; charset=utf-8 false - \n\
                    f b.bin application/octet-stream true - x\r\n--c
                    t - text/html false z <p>\n
                    """
            )
        }
    }

    @Test(
        "a part that is not read is passed over, and the connection goes on behind the epilogue",
        .rfc("9110-8.3.3-02")
    )
    func skip() async throws {
        let handler = Waiting { request in
            guard request.method == .post else { return .text("next") }
            var names: [String] = []
            var passed: Multipart.Part?
            for try await part in try request.multipart() {
                names.append(part.name)
                if let passed {
                    await #expect(throws: Multipart.Part.PassedPart.self) { try await passed.collect(upTo: 9) }
                }
                passed = part
            }
            return .text(names.joined())
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            let content = part("a", "1") + part("b", "2") + part("c", "3") + "--b--\r\n" + "epilogue"
            let head = "POST / HTTP/1.1\r\nHost: a\r\n\(type)\r\nContent-Length: \(content.utf8.count)\r\n\r\n"
            for octet in (head + content).utf8 { try socket.send([octet]) }
            try socket.expect(ok("abc"))
            try socket.send(head + content + get())
            try socket.expect(ok("abc") + ok("next"))
        }
    }

    @Test("content comes as it arrives, each chunk only when asked for")
    func stream() async throws {
        let chunks = Record<String>()
        let handler = Waiting { request in
            for try await part in try request.multipart() {
                for try await chunk in part.content { chunks.append(String(decoding: chunk, as: UTF8.self)) }
            }
            return .text("done")
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send("POST / HTTP/1.1\r\nHost: a\r\n\(type)\r\nTransfer-Encoding: chunked\r\n\r\n")
            func send(_ text: String) throws {
                try socket.send(String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n")
            }
            try send(String(part("a", "abc").dropLast()))
            try await eventually("the first chunk is read") { chunks.all == ["abc"] }
            // The CR might have begun a boundary.
            try send("\r\rdef\r\n--")
            try await eventually("the second is read") { chunks.all.joined() == "abc\r\rdef" }
            try send("b--")
            try socket.send("0\r\n\r\n")
            try socket.expect(ok("done"))
            #expect(chunks.all.joined() == "abc\r\rdef")
        }
    }

    @Test(
        "no limit is passed",
        arguments: [
            (part("a", "12345"), 200), (part("a", "123456"), 413), (part("a", filename: "x", "1234567890"), 200),
            (part("a", filename: "x", "12345678901"), 413), (part("a", "1") + part("b", "2"), 200),
            (part("a", "1") + part("b", "2") + part("c", "3"), 413), (String(repeating: "-", count: 300), 413),
        ]
    )
    func limits(parts: String, status: Int) async throws {
        let handler = Waiting { request in
            var limits = MultipartLimits()
            (limits.parts, limits.field, limits.file, limits.total) = (2, 5, 10, 300)
            // Passed over, the parts count as well.
            for try await _ in try request.multipart(limits) {}
            return .text("")
        }
        try await withServer(handler) { server in
            let content = parts + "--b--"
            try #expect(server.post(type, content: content).status == status)
            // The same without a length to go by.
            let head =
                "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(type)\r\nTransfer-Encoding: chunked\r\n\r\n"
            let size = String(content.utf8.count, radix: 16)
            let answer = try server.answer(to: head + "\(size)\r\n\(content)\r\n0\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
        }
    }

    @Test("a part that is collected keeps to the limit given")
    func collect() async throws {
        let handler = Waiting { request in
            for try await part in try request.multipart() { _ = try await part.collect(upTo: 3) }
            return .text("")
        }
        try await withServer(handler) { server in
            try #expect(server.post(type, content: part("a", "123") + "--b--").status == 200)
            try #expect(server.post(type, content: part("a", "1234") + "--b--").status == 413)
        }
    }

    @Test("a malformed form stays malformed, however often it is read")
    func sticky() async throws {
        let handler = Waiting { request in
            var parts = try request.multipart().makeAsyncIterator()
            let part = try #require(try await parts.next())
            for _ in 0..<2 {
                await #expect(throws: HTTPError.self) { while try await part.content.makeNext() != nil {} }
                await #expect(throws: HTTPError.self) { _ = try await parts.next() }
            }
            return .text("so it was")
        }
        try await withServer(handler) { server in
            try #expect(server.post(type, content: part("a", "1") + "--bad\r\n").text == "so it was")
        }
    }
}

extension Multipart.Part.Content {
    fileprivate func makeNext() async throws -> [UInt8]? {
        var iterator = makeAsyncIterator()
        return try await iterator.next()
    }
}
