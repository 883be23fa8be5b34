import Glibc
import Martlet
import TestSupport
import Testing

@Suite("The stack is short enough to read", .enabled(if: !isSanitized), .timeLimit(.minutes(2)))
struct StackDepthTests {
    /// Starts the probe, makes its handler trap and returns the names of the functions in the backtrace, innermost
    /// first, without thunks.
    private static func backtrace(_ kind: String, request: String = get()) throws -> [String] {
        let child = try ChildProcess(
            builtExecutable("TrapProbe"),
            arguments: [kind],
            environment: [
                "SWIFT_BACKTRACE":
                    "enable=yes,color=no,interactive=no,threads=crashed,images=none,sanitize=no,limit=none"
            ]
        )
        let port = try #require(try child.readLine().flatMap { UInt16($0) })
        let socket = try TestSocket.connect(to: .loopback(port: port), timeout: .seconds(60))
        try socket.send(request)
        _ = try? socket.receiveAll()
        let result = try child.finish()
        let text = result.errorText + result.text
        // "3 [ra]  0x000056 Connection.ready(_:) + 123 in TrapProbe at /path/Connection.swift:80:9"
        return text.split(separator: "\n").compactMap { line in
            guard let frame = line.firstMatch(of: /^ *\d+ .*0x[0-9a-f]+ (.+?)(?: \+ \d+)? in TrapProbe(?: at |$)/)
            else { return nil }
            let name = String(frame.1)
            // What the compiler puts between a call and what is called is no frame that anybody wrote.
            return name.contains("thunk") || name.contains("protocol witness") ? nil : name
        }
    }

    private static func isHandler(_ name: String) -> Bool {
        name.hasPrefix("closure #") && !name.contains("(")
    }

    @Test("from the loop to a handler that never waits: at most 8 frames")
    func immediate() throws {
        let frames = try Self.backtrace("sync")
        let loop = try #require(frames.firstIndex(of: "EventLoop.run()"), "\(frames)")
        let handler = try #require(frames.firstIndex(where: Self.isHandler), "\(frames)")
        let depth = loop - handler + 1
        print("frames from EventLoop.run to a synchronous handler: \(depth)")
        #expect(depth <= 8, "\(frames[handler...loop])")
    }

    @Test("from the root of its task to a handler that may wait: at most 5 frames")
    func waiting() throws {
        let frames = try Self.backtrace("async")
        let handler = try #require(frames.firstIndex(where: Self.isHandler), "\(frames)")
        let root = try #require(frames.firstIndex { $0.contains("startTask") }, "\(frames)")
        let depth = root - handler + 1
        print("frames from the root of its task to an asynchronous handler: \(depth)")
        #expect(depth <= 5, "\(frames[handler...root])")
    }

    @Test("from the loop to a routed function that never waits: at most 9 frames")
    func routed() throws {
        let frames = try Self.backtrace("routed")
        let loop = try #require(frames.firstIndex(of: "EventLoop.run()"), "\(frames)")
        let handler = try #require(frames.firstIndex(where: Self.isHandler), "\(frames)")
        let depth = loop - handler + 1
        print("frames from EventLoop.run to a routed synchronous handler: \(depth)")
        #expect(depth <= 9, "\(frames[handler...loop])")
    }

    @Test(
        "from the root of its task to a routed resource: at most 5 frames, behind three middlewares at most 8",
        arguments: [("resource", 5), ("middleware", 8)]
    )
    func resource(kind: String, limit: Int) throws {
        let frames = try Self.backtrace(kind, request: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
        let handler = try #require(frames.firstIndex { $0.hasPrefix("Trap.post") }, "\(frames)")
        let root = try #require(frames.firstIndex { $0.contains("startTask") }, "\(frames)")
        let depth = root - handler + 1
        print("frames from the root of its task to a routed \(kind): \(depth)")
        #expect(depth <= limit, "\(frames[handler...root])")
    }
}
