import Glibc
import Martlet
import TestSupport
import Testing

@Suite("The stack is short enough to read", .enabled(if: !isSanitized), .timeLimit(.patient))
struct StackDepthTests {
    /// A function on the stack, as scripts/backtraces.py writes it too.
    struct Frame: Equatable, CustomStringConvertible {
        var function: String
        /// Its path within the repository.
        var file: String

        var description: String { "\(function) in \(file)" }
    }

    private static let repository = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()

    /// Starts the probe, makes its handler trap and returns the functions from the handler to the first whose name has
    /// `root` in it. What the compiler and the runtime put between them is no function that anybody wrote.
    private static func backtrace(_ kind: String, to root: String) throws -> [Frame] {
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
        let method = kind == "routed" ? "GET" : "POST"
        try socket.send("\(method) / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na")
        _ = try? socket.receiveAll()
        let result = try child.finish()
        let frames = (result.errorText + result.text).split(separator: "\n").compactMap { line -> Frame? in
            // "3 [ra] 0x000056 Connection.ready(_:) + 123 in TrapProbe at /path/Connection.swift:80:9"
            let pattern = /^ *\d+ (?<kind>.*)0x[0-9a-f]+ (?<name>.+?)(?: \+ \d+)? in TrapProbe at (?<path>[^:]+)/
            guard let frame = line.firstMatch(of: pattern), !frame.kind.contains("[thunk]"),
                !frame.kind.contains("[system]"), frame.path.hasPrefix("\(repository)/")
            else { return nil }
            // The closures of main.swift are in no function.
            let name = frame.name.hasSuffix(" in ") ? "closure in main" : String(frame.name)
            return Frame(function: name, file: String(frame.path.dropFirst(repository.count + 1)))
        }
        let handler = try #require(frames.firstIndex { $0.file.hasPrefix("Tests/") }, "\(result.errorText)")
        let last = try #require(frames.firstIndex { $0.function.contains(root) }, "\(frames)")
        return Array(frames[handler...last])
    }

    @Test(
        "from the loop to a handler that never waits: at most 8 functions, with a router at most 9",
        arguments: [("sync", 8), ("routed", 9)]
    )
    func immediate(kind: String, limit: Int) throws {
        let frames = try Self.backtrace(kind, to: "EventLoop.run()")
        print("from EventLoop.run to a handler, \(kind): \(frames.count)")
        #expect(frames.count <= limit, "\(frames)")
    }

    @Test(
        "from the root of its task to a handler that waited: at most 5 functions, behind three middlewares at most 8",
        arguments: [("resumed", 5), ("resource", 5), ("middleware", 8)]
    )
    func waiting(kind: String, limit: Int) throws {
        let frames = try Self.backtrace(kind, to: "closure #1 in Connection.startTask")
        print("from the root of its task to a handler, \(kind): \(frames.count)")
        #expect(frames.count <= limit, "\(frames)")
        // Else what was counted is not the way of the calls that wait.
        #expect(frames.contains { $0.function.hasPrefix("Next.callAsFunction") }, "\(frames)")
        #expect(frames.count { $0.function.hasPrefix("Pass.respond") } == (kind == "middleware" ? 3 : 0), "\(frames)")
    }

    @Test(
        "docs/how-it-works.md shows the backtraces of today; scripts/backtraces.sh writes them anew",
        arguments: [
            ("sync", "closure #1 in Server.startThread"),
            ("resource", "closure #1 in Connection.startTask"),
            ("middleware", "closure #1 in Connection.startTask"),
        ]
    )
    func document(kind: String, root: String) throws {
        let page = try contents(ofFile: "\(Self.repository)/docs/how-it-works.md")
        let start = try #require(page.firstRange(of: "<!-- backtrace: \(kind) -->\n```text\n")).upperBound
        let end = try #require(page[start...].firstRange(of: "\n```")).lowerBound
        let shown = page[start..<end].split(separator: "\n").compactMap { line in
            line.firstMatch(of: /^ *\d+ +(.+?) {2,}(\S+)$/).map { Frame(function: String($0.1), file: String($0.2)) }
        }
        #expect(try Self.backtrace(kind, to: root) == shown)
    }
}
