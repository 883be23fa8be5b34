import Glibc
import HTTPTypes
import MartletReactor
import TestSupport
import Testing

@testable import Martlet
@testable import MartletShare

@Suite("The uses of a share are counted", .timeLimit(.patient))
struct UseTests {
    private let desk: Desk
    private static let other = SocketAddress.ipv4(0x0A00_0001, port: 1)

    init() throws { desk = try Desk() }

    @Test("the third whole answer of two is a 410")
    func count() async throws {
        let target = try desk.target("/a.txt", times: 2)
        #expect(try await desk.get(target).status == .ok)
        #expect(try await desk.get(target, from: Self.other).status == .ok)
        #expect(try await desk.get(target).status == .gone)
        // Another one is counted by itself.
        #expect(try await desk.get(desk.target("/a.txt", times: 1)).status == .ok)
    }

    @Test("HEAD, 304, redirections and errors are no use")
    func free() async throws {
        for path in ["/none", "/same", "/elsewhere"] {
            let target = try desk.target(path, times: 1)
            for _ in 1...3 { #expect(try await desk.get(target).status.code >= 300) }
            #expect(try await desk.get(target).status != .gone)
        }
        let target = try desk.target("/a.txt", times: 1)
        for _ in 1...3 { #expect(try await desk.send(.head, target).status == .ok) }
        #expect(try await desk.get(target).status == .ok)
        #expect(try await desk.send(.head, target, from: Self.other).status == .gone)
    }

    @Test("parts belong to the use of the same client, and are one for who has none")
    func parts() async throws {
        let target = try desk.target("/a.txt", times: 2)
        for range in ["bytes=0-1", "bytes=0-", "bytes=5-", "bytes=1-2"] {
            #expect(try await desk.get(target, range: range).status == .partialContent)
        }
        // Another port is the same client, another address another one.
        let again = SocketAddress.loopback(port: 9)
        #expect(try await desk.get(target, range: "bytes=2-", from: again).status == .partialContent)
        #expect(try await desk.get(target, range: "bytes=2-", from: Self.other).status == .partialContent)
        #expect(try await desk.get(target, range: "bytes=1-", from: .unix(path: "")).status == .gone)
        // Used up: parts still come for who had one, the whole does not.
        #expect(try await desk.get(target, range: "bytes=0-").status == .partialContent)
        #expect(try await desk.get(target, range: "none").status == .gone)
        #expect(try await desk.get(target).status == .gone)
        // Who resumes may ask for the length first.
        #expect(try await desk.send(.head, target).status == .ok)
        #expect(try await desk.send(.head, target, from: .unix(path: "")).status == .gone)
    }

    @Test("servers that open the folder later go on counting, and those that have it open count together")
    func shared() async throws {
        let target = try desk.target("/a.txt", times: 3)
        #expect(try await desk.get(target).status == .ok)
        let second = try desk.serving(for: "site")
        #expect(try await second.get(target).status == .ok)
        #expect(try await desk.get(target).status == .ok)
        #expect(try await second.get(target).status == .gone)
        #expect(try await desk.serving(for: "site").get(target).status == .gone)
    }

    @Test("of many at once, on two servers, no more are answered than there are uses")
    func parallel() async throws {
        let target = try desk.target("/a.txt", times: 7)
        let desks = [desk, try desk.serving(for: "site")]
        let granted = try await withThrowingTaskGroup { group in
            for index in 0..<60 {
                let desk = desks[index % 2]
                group.addTask { try await desk.get(target).status == .ok }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(granted == 7)
    }

    @Test("a line that was cut off counts as a use, and the next one stands by itself")
    func torn() async throws {
        let target = try desk.target("/a.txt", times: 3)
        #expect(try await desk.get(target).status == .ok)
        let file = try #require(try uses().first)
        let text = try contents(ofFile: file)
        try desk.directory.write(String(file.dropFirst(desk.directory.path.count + 1)), text + "10.0.0")
        #expect(try await desk.get(target).status == .ok)
        #expect(try await desk.get(target).status == .gone)
        #expect(try contents(ofFile: file).split(separator: "\n").count == 3)
    }

    @Test("what cannot be counted is not granted")
    func uncountable() async throws {
        let target = try desk.target("/a.txt", times: 3)
        #expect(try await desk.get(target).status == .ok)
        let file = try #require(try uses().first)
        unsafe unlink(file)
        #expect(unsafe mkdir(file, 0o700) == 0)
        #expect(try await desk.get(target).status == .serviceUnavailable)
        #expect(try await desk.get(desk.target("/a.txt")).status == .ok)
    }

    @Test("files go a day after the end, when another share is used for the first time")
    func sweep() async throws {
        #expect(try await desk.get(desk.target("/a.txt", for: .seconds(10), times: 1)).status == .ok)
        let old = try uses()
        desk.clock.advance(86_410)
        #expect(try await desk.get(desk.target("/a.txt", times: 1)).status == .ok)
        #expect(try uses().count == 2 && uses().contains(old[0]))
        desk.clock.advance(1)
        #expect(try await desk.get(desk.target("/a.txt", times: 1)).status == .ok)
        #expect(try uses().count == 2 && !uses().contains(old[0]))
        // What nobody here has made is left alone, whatever it is called.
        let strange = try desk.directory.write("shares/uses/\(Int.max)-x", "")
        #expect(try await desk.get(desk.target("/a.txt", times: 1)).status == .ok)
        #expect(try uses().contains(strange))
    }

    @Test("who has no signed URL has no file made")
    func bounded() async throws {
        let target = try desk.target("/a.txt", times: 1)
        #expect(try await desk.get(String(target.dropLast()) + "!").status == .forbidden)
        #expect(
            try await desk.get("/none?share=1.1900000000.1.p.AAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA").status == .forbidden
        )
        #expect(try uses().isEmpty)
    }

    private func uses() throws -> [String] {
        let folder = "\(desk.folder.path)/uses"
        return try run("ls", arguments: [folder]).text.split(separator: "\n").map { "\(folder)/\($0)" }
    }
}

@Suite("The folder of shares", .timeLimit(.patient))
struct ShareFolderTests {
    private let directory: TemporaryDirectory
    private var path: String { directory.path(of: "state/shares") }

    init() throws { directory = try TemporaryDirectory() }

    @Test("is made for its owner alone, with a key that stays")
    func made() throws {
        let first = try ShareFolder.open(path)
        let share = try Share("/a", for: .seconds(60))
        #expect(try first.target(of: share) == ShareFolder.open(path).target(of: share))
        let modes = try run("stat", arguments: ["-c", "%a", path, "\(path)/key", "\(path)/uses"]).text
        #expect(modes == "700\n600\n700\n")
        #expect(try run("ls", arguments: [path]).text == "key\nuses\n")
    }

    @Test("of many who make it at once all have the same key")
    func race() async throws {
        let share = try Share("/a", for: .seconds(60))
        let path = path
        let targets = try await withThrowingTaskGroup { group in
            for _ in 0..<16 { group.addTask { try ShareFolder.open(path).target(of: share) } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(targets.count == 1)
    }

    @Test("is refused when others may look at it, or at the key, or when the key is none")
    func refused() throws {
        _ = try ShareFolder.open(path)
        func refusal() -> String {
            do {
                _ = try ShareFolder.open(path)
                return ""
            } catch {
                return "\(error)"
            }
        }
        #expect(unsafe chmod("\(path)/key", 0o640) == 0)
        #expect(
            refusal() == "Others may look at \(path)/key, where shares have their secrets. Run: chmod go= '\(path)/key'"
        )
        #expect(unsafe chmod("\(path)/key", 0o600) == 0)
        #expect(unsafe chmod(path, 0o755) == 0)
        #expect(refusal().contains("chmod go= '\(path)'"))
        #expect(unsafe chmod(path, 0o700) == 0)
        #expect(refusal().isEmpty)
        try directory.write("state/shares/key", "short\n")
        #expect(refusal().contains("holds no key"))
        unsafe unlink("\(path)/key")
        #expect(unsafe symlink("/etc/hostname", "\(path)/key") == 0)
        #expect(refusal().contains("key"))
    }
}
