import TestSupport
import Testing

@Suite("A program that cannot go on says why, in a line and without a crash", .timeLimit(.patient))
struct FailureTests {
    @Test("an argument that is no port", arguments: ["httpsrv", "chat", "upload", "inspect"])
    func noPort(name: String) throws {
        let result = try run(builtExecutable(name), arguments: ["65536"])
        #expect(result.errorText == "\(name): '65536' is no number from 0 to 65535.\n")
        #expect(result.text == "")
        #expect(result.status == 1)
    }

    @Test("a port that is in use")
    func portInUse() throws {
        let first = try Example("httpsrv")
        let port = try #require(first.url.split(separator: ":").last.map(String.init))
        let result = try run(builtExecutable("inspect"), arguments: [port])
        #expect(result.errorText == "inspect: bind 127.0.0.1:\(port): Address already in use\n")
        #expect(result.status == 1)
    }
}
