import TestSupport
import Testing

@Suite("martlet behind a proxy", .timeLimit(.patient))
struct ProxyProtocolTests {
    @Test("the client is whom the PROXY header names, in the log too")
    func named() throws {
        let folder = try TemporaryDirectory()
        _ = try folder.write("a.txt", "hello")
        let martlet = try Martlet(["--proxy-protocol", "127.0.0.0/8", folder.path])
        let socket = try TestSocket.connect(to: martlet.address)
        let header = "PROXY TCP4 192.0.2.7 127.0.0.1 12345 80\r\n"
        try socket.send("\(header)GET /a.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        #expect(String(decoding: try socket.receiveAll(), as: UTF8.self).hasSuffix("\r\n\r\nhello"))
        let bare = try TestSocket.connect(to: martlet.address)
        try bare.send("GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try bare.receiveAll(untilReset: true).isEmpty)
        let result = try martlet.stop()
        #expect(result.errorText.contains("192.0.2.7 - - ["))
        #expect(result.errorText.contains("does not begin with a sound PROXY header"))
    }

    @Test("what is no range is an error that says what is")
    func wrong() throws {
        let result = try Martlet.fails(["--proxy-protocol", "10.0.0.1/8", "."])
        #expect(result.status == 64)
        #expect(result.errorText.contains("--proxy-protocol takes an address or a range such as 10.0.0.0/8"))
        let variable = try Martlet.fails(["."], environment: ["MARTLET_PROXY_PROTOCOL": "x"])
        #expect(variable.errorText.contains("not 'x'"))
    }
}
