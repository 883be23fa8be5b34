import TestSupport
import Testing

@Suite("Examples/inspect")
struct InspectTests {
    @Test("curl sees its request as it was received")
    func text() throws {
        let example = try Example("inspect")
        let answer = try example.curl(
            "/a%20b/c%2Fd?x=1&x=2&y=%26",
            "-H",
            "User-Agent:",
            "-H",
            "X-oDD: 1",
            "-H",
            "Cookie: k=v",
            "-d",
            "hello"
        )
        #expect(answer["Content-Type"] == "text/plain; charset=utf-8")
        let lines = answer.text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0] == "POST /a%20b/c%2Fd?x=1&x=2&y=%26 HTTP/1.1")
        #expect(lines[1].hasPrefix("from 127.0.0.1:"))
        #expect(lines[3].hasPrefix("Host: 127.0.0.1:"))
        let rest = lines[4...].filter { !$0.hasPrefix("Content: 5 octets in ") }.joined(separator: "\n")
        #expect(
            rest == """
                Accept: */*
                X-oDD: 1
                Cookie: k=v
                Content-Length: 5
                Content-Type: application/x-www-form-urlencoded

                Path:
                  a b
                  c/d

                Query:
                  x = 1
                  x = 2
                  y = &

                Cookies:
                  k = v

                hello

                """
        )
    }

    @Test("programs get JSON, with what is no text in hexadecimal")
    func json() throws {
        let example = try Example("inspect")
        let answer = try example.curl(
            "/",
            "-H",
            "Accept: application/json",
            "--data-binary",
            "@-",
            input: [0, 255, 65]
        )
        #expect(answer["Content-Type"] == "application/json")
        #expect(answer["Vary"] == "Accept")
        #expect(answer.text.contains("\"hexadecimal\":\"00000  00 ff 41 "))
        #expect(answer.text.contains("\"octets\":3"))
        #expect(answer.text.contains("\"requestLine\":\"POST / HTTP/1.1\""))
    }

    @Test("of 10 MB the first 64 KiB are shown, and all are counted; a character at the cut does no harm")
    func long() throws {
        let example = try Example("inspect")
        let content = [UInt8(ascii: "x")] + Array(String(repeating: "é", count: 5_000_000).utf8)
        let answer = try example.curl("/", "--data-binary", "@-", input: content)
        #expect(answer.text.contains("Content: 10000001 octets in "))
        #expect(answer.text.contains("these are the first\nxéé"))
        #expect(answer.text.count { $0 == "é" } == 32_767)
    }

    @Test("every method is answered, known or not", arguments: ["PUT", "OPTIONS", "PROPFIND", "QUERY", "HEAD"])
    func methods(method: String) throws {
        let example = try Example("inspect")
        let answer = try example.curl("/", "-X", method, method == "HEAD" ? "--head" : "--get")
        #expect(answer.status == 200)
        #expect(answer.text.hasPrefix(method == "HEAD" ? "" : "\(method) / HTTP/1.1\n"))
        #expect(answer.text.isEmpty == (method == "HEAD"))
    }

    @Test("a browser shows what it sent, and sends something else; nothing of it is markup")
    func chromium() throws {
        let example = try Example("inspect")
        let said = try example.chromium(
            "open=/x/<script>?q=<b>%E2%80%AE",
            "see=What the server saw",
            "see=<script>",
            "see=<b>\\u{202E}",
            "see=Sec-Fetch-Mode",
            "click=button[formenctype]",
            "see=multipart/form-data; boundary=",
            "see=Hello, wörld!",
            "read=document.querySelector('code').textContent.slice(0, 5)"
        )
        #expect(said == "POST \ncomplaints: none\n")
    }
}
