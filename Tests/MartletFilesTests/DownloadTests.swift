import Glibc
import MartletFiles
import MartletReactor
import TestSupport
import Testing

@Suite("Downloads that do not go as planned", .serialized)
struct DownloadTests {
    /// More than the socket buffers of both sides hold.
    static let size = 64 << 20

    private func server(size: Int = size) throws -> FileServer {
        let folder = try TemporaryDirectory()
        try folder.setSize("big.bin", size)
        // Some kernels tell times apart by 4 ms only: what changes from now on is seen to.
        try folder.setModified("big.bin", 1_767_323_045)
        return try FileServer(folder)
    }

    /// Asks for the file and reads the head and a first part of it.
    private func begin(_ server: FileServer, _ fields: [String] = []) throws -> (TestSocket, WireAnswer) {
        let socket = try server.connect(receiveBuffer: 65_536)
        try socket.send(FileServer.head("GET", "/big.bin", fields))
        let first = try socket.receive(until: { $0.count > 32_768 })
        return (socket, try #require(WireAnswer(first)))
    }

    /// Reads to the end, however it comes.
    private func drain(_ socket: TestSocket) -> (count: Int, code: CInt?) {
        var count = 0
        do {
            while true {
                let bytes = try socket.receive(upTo: 1 << 20)
                if bytes.isEmpty { return (count, nil) }
                count += bytes.count
            }
        } catch {
            return (count, (error as? SystemError)?.code)
        }
    }

    @Test("a file cut during its download: the connection is reset before the length is reached")
    func truncated() throws {
        let server = try server()
        let (socket, answer) = try begin(server)
        #expect(answer["Content-Length"] == "\(Self.size)")
        try server.folder.setSize("big.bin", Self.size / 2)
        let rest = drain(socket)
        #expect(answer.content.count + rest.count < Self.size)
        #expect(rest.code == ECONNRESET)
    }

    @Test("a file overwritten during its download: the connection is reset, or the mixture would look whole")
    func overwritten() throws {
        let server = try server()
        let (socket, answer) = try begin(server)
        try server.folder.overwrite("big.bin", at: Self.size - 4, Array("new!".utf8))
        let rest = drain(socket)
        #expect(answer.content.count + rest.count < Self.size)
        #expect(rest.code == ECONNRESET)
    }

    @Test("of several ranges too, a mixture of two states never looks whole")
    func overwrittenParts() throws {
        let server = try server()
        let half = Self.size / 2
        let (socket, answer) = try begin(server, ["Range: bytes=0-\(half),\(Self.size - 40_000)-"])
        let length = try #require(answer["Content-Length"].flatMap { Int($0) })
        try server.folder.overwrite("big.bin", at: Self.size - 4, Array("new!".utf8))
        let rest = drain(socket)
        #expect(answer.content.count + rest.count < length)
        #expect(rest.code == ECONNRESET)
    }

    @Test("a file replaced during its download: who has begun gets the old one whole, If-Range the new one whole")
    func replaced() throws {
        let server = try server()
        let (socket, answer) = try begin(server)
        let tag = try #require(answer["ETag"])
        try server.folder.write("new", "the new file")
        try server.folder.rename("new", to: "big.bin")
        var rest = 0
        while answer.content.count + rest < Self.size {
            let bytes = try socket.receive(upTo: 1 << 20)
            guard !bytes.isEmpty else { break }
            rest += bytes.count
        }
        #expect(answer.content.count + rest == Self.size)
        let resumed = try server.get("/big.bin", "Range: bytes=1000-", "If-Range: \(tag)")
        #expect(resumed.status == 200)
        #expect(resumed.text == "the new file")
    }

    @Test("an interrupted download goes on where it was")
    func resumed() throws {
        let folder = try TemporaryDirectory()
        let bytes = pattern(3_000_000)
        try folder.write("big.bin", bytes)
        let server = try FileServer(folder)
        let (socket, answer) = try begin(server)
        socket.reset()
        let tag = try #require(answer["ETag"])
        let start = answer.content.count
        let rest = try server.get("/big.bin", "Range: bytes=\(start)-", "If-Range: \(tag)")
        #expect(rest.status == 206)
        #expect(answer.content + rest.content == bytes)
    }

    @Test("a hundred clients killed in mid-transfer leave no descriptor open")
    func killed() async throws {
        let server = try server()
        _ = try server.head("/big.bin")
        let before = try openTemporaryFiles()
        for round in 0..<2 {
            var sockets: [TestSocket] = []
            for _ in 0..<50 { sockets.append(try begin(server).0) }
            #expect(try openTemporaryFiles() >= before + 50)
            for socket in sockets where round == 0 { socket.reset() }
        }
        try await eventually("every file is closed") { try openTemporaryFiles() == before }
    }

    /// Other tests of this process open descriptors too: only those of the file downloaded here count.
    private func openTemporaryFiles() throws -> Int {
        guard let directory = unsafe opendir("/proc/self/fd") else { throw SystemError(operation: "opendir") }
        defer { unsafe closedir(directory) }
        var count = 0
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            var target = [UInt8](repeating: 0, count: 256)
            let length = unsafe target.withUnsafeMutableBytes { bytes in
                unsafe readlink("/proc/self/fd/\(name)", bytes.baseAddress!.assumingMemoryBound(to: CChar.self), 256)
            }
            if length > 0, String(decoding: target[..<length], as: UTF8.self).hasSuffix("/big.bin") { count += 1 }
        }
        return count
    }
}
