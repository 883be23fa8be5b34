import Glibc
import Martlet
import TestSupport
import Testing

/// Opens a file for a response.
func openFile(_ path: String) throws -> OpenFile {
    let fd = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard fd >= 0 else { throw SystemError(operation: "open \(path)") }
    return try OpenFile(fd: fd)
}

/// Descriptors of this process that are open on `path`.
func openDescriptors(of path: String) -> Int {
    (0..<4096).count { fd in
        var target = [CChar](repeating: 0, count: 4096)
        let count = unsafe readlink("/proc/self/fd/\(fd)", &target, target.count)
        return count > 0
            && String(decoding: target[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self).hasPrefix(path)
    }
}

@Suite("Files as content: whole, or visibly cut", .timeLimit(.patient))
struct FileContentTests {
    private static let size = 24 << 20
    private static let head = "HTTP/1.1 200 OK\r\nDate: *\r\nContent-Length: \(size)\r\n\r\n"

    /// Serves a big file to a client that reads a little, changes the file, and returns what the client gets in all.
    private static func serve(
        _ makeBody: @escaping @Sendable (OpenFile) -> Response.Body,
        change: @escaping @Sendable (String) throws -> Void,
        check: @escaping @Sendable (_ received: [UInt8], _ log: CapturedLog) -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("big", [UInt8](repeating: UInt8(ascii: "a"), count: size))
        try await withServer(Immediate { _ in Response(body: makeBody(try openFile(path))) }) { server in
            let socket = try server.connect(receiveBuffer: 8192)
            try socket.send(get())
            var received = try socket.receive(exactly: 100_000)
            try change(path)
            do {
                while true {
                    let bytes = try socket.receive()
                    if bytes.isEmpty || received.count >= size + 1000 { break }
                    received += bytes
                    if received.count == size + head.utf8.count + 28 { break }
                }
            } catch let error as SystemError where error.code == ECONNRESET {}
            check(received, server.log)
        }
    }

    private static let wholeFile: @Sendable (OpenFile) -> Response.Body = { .file($0, 0..<size) }
    private static let parts: @Sendable (OpenFile) -> Response.Body = { file in
        .parts([
            .file(file, 0..<size / 2), .bytes([]), .file(file, size / 2..<size - 1000), .file(file, size - 1000..<size),
        ])
    }

    @Test("a file that grows while it is sent, as logs do, is sent as long as it was")
    func appended() async throws {
        try await Self.serve(Self.wholeFile) { path in
            let fd = unsafe open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
            _ = unsafe write(fd, "more", 4)
            close(fd)
        } check: { received, _ in
            let content = received.count { $0 == UInt8(ascii: "a") }
            #expect(content >= Self.size)
        }
    }

    @Test("a file that becomes shorter while it is sent cuts the connection short", arguments: [true, false])
    func truncated(inParts: Bool) async throws {
        try await Self.serve(inParts ? Self.parts : Self.wholeFile) { path in
            #expect(unsafe truncate(path, off_t(Self.size / 2)) == 0)
        } check: { received, log in
            #expect(received.count < Self.size)
            #expect(log.contains("a file changed while it was sent"))
        }
    }

    @Test("a file that is rewritten in place while it is sent cuts the connection short", arguments: [true, false])
    func rewritten(inParts: Bool) async throws {
        try await Self.serve(inParts ? Self.parts : Self.wholeFile) { path in
            let fd = unsafe open(path, O_WRONLY)
            defer { close(fd) }
            let other = [UInt8](repeating: UInt8(ascii: "b"), count: 1 << 20)
            for _ in 0..<Self.size >> 20 { #expect(unsafe write(fd, other, other.count) == other.count) }
        } check: { received, log in
            #expect(received.count < Self.size)
            #expect(log.contains("a file changed while it was sent"))
        }
    }

    @Test("a file that is replaced by another while it is sent arrives whole as it was", arguments: [true, false])
    func replaced(inParts: Bool) async throws {
        try await Self.serve(inParts ? Self.parts : Self.wholeFile) { path in
            let fd = unsafe open(path + ".new", O_WRONLY | O_CREAT, 0o600)
            #expect(unsafe write(fd, "new", 3) == 3)
            close(fd)
            #expect(unsafe rename(path + ".new", path) == 0)
        } check: { received, _ in
            #expect(masked(Array(received.prefix(Self.head.utf8.count + 28))) == Self.head)
            #expect(received.count == Self.head.utf8.count + 28 + Self.size)
            #expect(received.dropFirst(Self.head.utf8.count + 28).allSatisfy { $0 == UInt8(ascii: "a") })
        }
    }

    @Test("a small file that became shorter before it was read is a 500, and answers before it are kept")
    func truncatedSmall() async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("small", "hello")
        let handler = Immediate { request in
            guard request.head.rawPath == "/file" else { return .text("first") }
            let file = try openFile(path)
            _ = unsafe truncate(path, 2)
            return Response(body: .file(file, 0..<5))
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send(get() + get("/file") + get())
            let page = "500 Internal Server Error\nSomething went wrong in the server. Its log says what.\n"
            try socket.expect(ok("first") + answer("500 Internal Server Error", page, error: true) + ok("first"))
            #expect(server.log.contains("a file of the answer became shorter before it was read"))
        }
    }

    @Test("parts of files and memory, small and big, arrive in order")
    func parts() async throws {
        let directory = try TemporaryDirectory()
        let content = (0..<2_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 2) }
        let path = try directory.write("file", content)
        let handler = Immediate { _ in
            let file = try openFile(path)
            return Response(
                body: .parts([
                    .bytes(Array("small".utf8)), .file(file, 10..<20), .file(file, 0..<1_500_000), .bytes([]),
                    .bytes([UInt8](repeating: 7, count: 900_000)), .file(file, 5..<5), .file(file, 100..<200),
                    .bytes(Array("end".utf8)),
                ])
            )
        }
        var expected = Array("small".utf8)
        expected += content[10..<20]
        expected += content[0..<1_500_000]
        expected += [UInt8](repeating: 7, count: 900_000)
        expected += content[100..<200]
        expected += Array("end".utf8)
        try await withServer(handler) { [expected] server in
            let socket = try server.connect(receiveBuffer: 8192)
            try socket.send(get() + get("/", "Connection: close"))
            for option in ["", "Connection: close\r\n"] {
                try socket.expect("HTTP/1.1 200 OK\r\nDate: *\r\nContent-Length: \(expected.count)\r\n\(option)\r\n")
                #expect(try socket.receive(exactly: expected.count) == expected)
            }
            try socket.expectEnd()
        }
    }
}
