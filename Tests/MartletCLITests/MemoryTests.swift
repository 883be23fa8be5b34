import TestSupport
import Testing

/// In a process of its own: what else the tests do does not count.
@Suite("Its memory stays what it was")
struct MemoryTests {
    private static let allowance = 8 << 20

    @Test("clients that stop reading a download of 1 GB cost none, and others are served")
    func stalledDownloads() throws {
        let folder = try TemporaryDirectory()
        try folder.setSize("big.bin", 1 << 30)
        let martlet = try Martlet([folder.path, "--log-file", "/dev/null"])
        _ = try martlet.get("/big.bin", "Range: bytes=0-100000")
        let before = try residentBytes(of: martlet.process.process)
        let stalled = try (0..<50).map { _ in
            let socket = try TestSocket.connect(to: martlet.address, receiveBuffer: 65_536)
            try socket.send("GET /big.bin HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try socket.receive(through: "\r\n\r\n")
            return socket
        }
        for _ in 0..<50 { #expect(try martlet.get("/big.bin", "Range: bytes=5-5").content == [0]) }
        let grown = try residentBytes(of: martlet.process.process) - before
        #expect(stalled.count == 50)
        #expect(grown < Self.allowance)
    }

    @Test("listing a folder of 100,000 entries costs a few pages")
    func listings() throws {
        let folder = try TemporaryDirectory()
        for number in 0..<100_000 { try folder.write("entry-\(number)", "") }
        let martlet = try Martlet([folder.path, "--log-file", "/dev/null"])
        for query in ["", "?sort=size", "?sort=date&order=desc"] { _ = try martlet.get("/\(query)") }
        let before = try residentBytes(of: martlet.process.process)
        for query in ["", "?sort=size", "?sort=date&order=desc"] {
            for _ in 0..<2 { #expect(try martlet.get("/\(query)").status == 200) }
        }
        let grown = try residentBytes(of: martlet.process.process) - before
        #expect(grown < Self.allowance)
    }
}
