import Foundation
import Glibc
import MartletFiles
import MartletReactor
import TestSupport
import Testing

@Suite("A listing shows every change that was over when it was asked for")
struct ListingFreshnessTests {
    /// What is done to a folder between two requests that come as fast as they can, many of them within one tick of the
    /// file system's clock. Each is another change in every round.
    enum Change: CaseIterable {
        case added, removed, renamed, grown, cut, touched, setBack, replaced, becameFolder, hidden
        case throughOtherLink, throughMapping, linkTurned, linkTargetGrown, folderTouched
    }

    @Test("a change between two requests is in the second answer", arguments: Change.allCases)
    func seen(change: Change) throws {
        let site = try Site()
        let server = try FileServer(site.folder, at: site.root)
        let client = try server.connect()
        for round in 0..<40 {
            try site.prepare(change, round)
            let before = try Self.list(client)
            try site.make(change, round)
            let after = try Self.list(client)
            // A tmpfs takes no note of the time of a write through a mapping.
            #expect(after != before || change == .throughMapping, "round \(round)")
            #expect(after == site.expected(), "round \(round)")
        }
    }

    @Test("also while others ask for the same all the time, and share what they get")
    func whileOthersAsk() async throws {
        let site = try Site()
        // So many that most requests come while a listing is being made.
        for number in 0..<100 { try site.folder.write("root/filler-\(number)", "") }
        let server = try FileServer(site.folder, at: site.root)
        let isOver = Locked(false)
        let answered = Locked(0)
        // HEAD is answered by the same listing, and costs those who ask so little that one is always being made.
        let head = FileServer.head("HEAD", "/", ["Accept: application/json"])
        // Threads of their own: tasks that block would wait for one another.
        let others = try (0..<2).map { _ in
            let clients = try (0..<8).map { _ in try server.connect() }
            return try MartletReactor.Thread(name: "asks") {
                while !isOver.withLock({ $0 }) {
                    do {
                        for client in clients { try client.send(head) }
                        for client in clients { _ = try client.receive(through: "\r\n\r\n") }
                    } catch {
                        return
                    }
                    answered.withLock { $0 += 1 }
                }
            }
        }
        defer {
            isOver.withLock { $0 = true }
            for other in others { other.join() }
        }
        try await eventually("others are answered") { answered.withLock { $0 } > 0 }
        let client = try server.connect()
        for round in 0..<45 {
            let change = Change.allCases[round % Change.allCases.count]
            try site.prepare(change, round)
            try site.make(change, round)
            #expect(try Self.list(client) == site.expected(), "\(change) in round \(round)")
        }
    }

    @Test("a folder that is gone is not listed from memory")
    func gone() throws {
        let folder = try TemporaryDirectory()
        try folder.write("root/folder/a.txt", "a")
        let server = try FileServer(folder, at: folder.path(of: "root"))
        for _ in 0..<20 {
            #expect(try server.get("/folder/").status == 200)
            try folder.rename("root/folder", to: "elsewhere")
            #expect(try server.get("/folder/").status == 404)
            try folder.rename("elsewhere", to: "root/folder")
        }
    }

    // MARK: Tools

    private static let end = "\"next\": null}\n"
    private static let request = FileServer.head("GET", "/", ["Accept: application/json"])

    private static func list(_ client: TestSocket) throws -> Set<Shown> {
        try client.send(request)
        return try receive(client)
    }

    private static func receive(_ client: TestSocket) throws -> Set<Shown> {
        let answer = try client.receive(through: end)
        let start = try #require(answer.firstIndex(of: UInt8(ascii: "{")))
        let listing = try JSONDecoder().decode(Page.self, from: Data(answer[start...]))
        return Set(listing.entries)
    }

    private struct Page: Decodable {
        let entries: [Shown]
    }
}

/// What a listing says of one entry.
struct Shown: Hashable, Decodable {
    let name: String
    let type: String
    let size: Int?
    let modified: String
}

/// A folder with something in it for every kind of change.
private final class Site: Sendable {
    let folder: TemporaryDirectory
    var root: String { folder.path(of: "root") }

    init() throws {
        folder = try TemporaryDirectory()
        for name in ["grown", "timed", "replaced", "linked"] { try folder.write("root/\(name)", name) }
        try folder.makeDirectory("root/folder")
        // The root follows links beneath it, but what is behind these two is listed nowhere else.
        try folder.write("root/.far/old", "older")
        try folder.write("root/.far/new", "new")
        try folder.link("root/link", to: ".far/old")
        try folder.setSize("root/cut", 4096)
        try folder.setSize("root/mapped", 4096)
        guard unsafe link(folder.path(of: "root/linked"), folder.path(of: "other")) == 0 else {
            throw SystemError(operation: "link")
        }
    }

    /// What has to be so before the change.
    func prepare(_ change: ListingFreshnessTests.Change, _ round: Int) throws {
        switch change {
        case .removed, .renamed, .hidden, .becameFolder: try folder.write("root/\(change)-\(round)", "x")
        // Mapped pages tell the file system of the first write alone, until they are written back.
        case .throughMapping: try folder.setModified("root/mapped", 1_100_000_000 + round)
        case .linkTurned: try turnLink(round + 1)
        default: break
        }
    }

    func make(_ change: ListingFreshnessTests.Change, _ round: Int) throws {
        let name = "root/\(change)-\(round)"
        switch change {
        case .added: try folder.write(name, "new")
        case .removed: unsafe unlink(folder.path(of: name))
        case .renamed: try folder.rename(name, to: name + "-other")
        case .hidden: try folder.rename(name, to: "root/.hidden-\(round)")
        case .becameFolder:
            unsafe unlink(folder.path(of: name))
            try folder.makeDirectory(name)
        case .grown: try folder.overwrite("root/grown", at: 100 + round, [1])
        case .cut: try folder.setSize("root/cut", 4000 - round)
        case .touched: try folder.setModified("root/timed", 2_000_000_000 + round)
        case .setBack: try folder.setModified("root/timed", 1_000_000_000 - round)
        case .replaced:
            try folder.write("root/.new", [UInt8](repeating: 1, count: 1000 + round))
            try folder.rename("root/.new", to: "root/replaced")
        case .throughOtherLink: try folder.overwrite("other", at: 200 + round, [1])
        case .throughMapping: try writeMapped()
        case .linkTurned: try turnLink(round)
        case .linkTargetGrown: try folder.overwrite("root/.far/old", at: 100 + round, [1])
        case .folderTouched: try folder.setModified("root/folder", 1_500_000_000 + round)
        }
    }

    private func turnLink(_ round: Int) throws {
        unsafe unlink(folder.path(of: "root/link"))
        try folder.link("root/link", to: round.isMultiple(of: 2) ? ".far/new" : ".far/old")
    }

    private func writeMapped() throws {
        let fd = unsafe open(folder.path(of: "root/mapped"), O_RDWR | O_CLOEXEC)
        guard fd >= 0 else { throw SystemError(operation: "open mapped") }
        defer { close(fd) }
        let memory = unsafe mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
        guard let memory = unsafe memory, unsafe memory != MAP_FAILED else { throw SystemError(operation: "mmap") }
        unsafe memory.storeBytes(of: 1, as: UInt8.self)
        unsafe munmap(memory, 4096)
    }

    /// What the folder holds, as another program finds it.
    func expected() -> Set<Shown> {
        var entries: Set<Shown> = []
        for name in (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? [] where !name.hasPrefix(".") {
            var status = stat()
            guard unsafe stat(root + "/" + name, &status) == 0 else { continue }
            let isFolder = status.st_mode & S_IFMT == S_IFDIR
            let date = Date(timeIntervalSince1970: Double(status.st_mtim.tv_sec))
            entries.insert(
                Shown(
                    name: name,
                    type: isFolder ? "directory" : "file",
                    size: isFolder ? nil : Int(status.st_size),
                    modified: date.ISO8601Format()
                )
            )
        }
        return entries
    }
}
