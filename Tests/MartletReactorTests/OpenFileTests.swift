import Glibc
import MartletReactor
import TestSupport
import Testing

@Suite("OpenFile")
struct OpenFileTests {
    private func file(_ path: String) throws -> OpenFile {
        try OpenFile(fd: unsafe open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC))
    }

    @Test("knows what it has opened")
    func kinds() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("file", "0123456789")
        let regular = try file(path)
        #expect(regular.kind == .regular)
        #expect(regular.size == 10)
        #expect(try file(directory.path).kind == .directory)
        #expect(try file("/dev/null").kind == .other)
        try #require(unsafe mkfifo(directory.path(of: "fifo"), 0o600) == 0)
        #expect(try file(directory.path(of: "fifo")).kind == .other)
    }

    @Test("reads a range behind what the buffer holds, and says when the file became too short")
    func append() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("file", "0123456789")
        let opened = try file(path)
        var buffer = Array("head ".utf8)
        #expect(opened.append(2..<5, to: &buffer))
        #expect(buffer == Array("head 234".utf8))
        #expect(opened.append(5..<5, to: &buffer))
        #expect(opened.isUnchanged)
        try #require(unsafe truncate(path, 4) == 0)
        #expect(!opened.append(2..<8, to: &buffer))
        #expect(buffer == Array("head 23423".utf8))
        #expect(!opened.append(6..<8, to: &buffer))
        #expect(buffer == Array("head 23423".utf8))
        #expect(!opened.isUnchanged)
    }

    @Test("what cannot be asked about is an error")
    func closed() {
        let error = #expect(throws: SystemError.self) { try OpenFile(fd: -1) }
        #expect(error?.code == EBADF)
    }
}
