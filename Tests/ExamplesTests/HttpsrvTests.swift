import TestSupport
import Testing

@Suite("Examples/httpsrv")
struct HttpsrvTests {
    @Test("it is at most 30 lines of Swift, imports included")
    func length() throws {
        let source = try contents(ofFile: "\(Example.repository)/Examples/httpsrv/main.swift")
        #expect(source.hasSuffix("\n") && source.count { $0 == "\n" } <= 30)
    }

    @Test("wget gets the form, and what it posts comes back")
    func wget() throws {
        let example = try Example("httpsrv")
        let form = try Example.tool("wget", ["-qO-", example.url]).text
        #expect(form.contains("<form method=post><label>Enter something: <input name=test></label>"))
        let answer = try Example.tool("wget", ["-qO-", "--post-data", "test=x+%26%20y", example.url]).text
        #expect(answer.contains("<p>You entered: <strong>x &amp; y</strong></p>"))
    }

    @Test("what was entered is text, whatever it looks like")
    func escaping() throws {
        let example = try Example("httpsrv")
        let answer = try example.curl("/", "--data-urlencode", "test=<script>alert('1')</script>")
        #expect(answer.status == 200)
        #expect(answer.text.contains("<strong>&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;</strong>"))
        #expect(!answer.text.contains("<script"))
        let parts = try example.curl("/", "--form-string", "test=<b>")
        #expect(parts.text.contains("<strong>&lt;b&gt;</strong>"))
    }

    @Test(
        "what is no such form is told so",
        arguments: [
            (["-d", "other=1"], 400, "The form has no field \"test\"."),
            (["-d", ""], 400, "The form has no field \"test\"."),
            (["-d", "test=%zz"], 400, "400 Bad Request"),
            (["-d", "test=%ff"], 400, "400 Bad Request"),
            (["-H", "Content-Type: text/plain", "-d", "test=1"], 415, "A form is read here: send"),
            (["-H", "Content-Type:", "-d", "test=1"], 415, "A form is read here: send"),
            (["-X", "POST"], 415, "A form is read here: send"),
            (["-X", "DELETE"], 405, "405 Method Not Allowed"),
        ]
    )
    func refusals(arguments: [String], status: Int, text: String) throws {
        let example = try Example("httpsrv")
        let options = ["--silent", "--include", "--max-time", "60"]
        let result = try Example.tool("curl", options + arguments + [example.url])
        let answer = try #require(WireAnswer(result.output), "\(result.errorText)")
        #expect(answer.status == status)
        #expect(answer.text.contains(text), "\(answer.text)")
    }

    @Test("10 MB are refused, and the client hears why")
    func tooLarge() throws {
        let example = try Example("httpsrv")
        let content = [UInt8](repeating: UInt8(ascii: "a"), count: 10_000_000)
        let answer = try example.curl("/", "--data-binary", "@-", input: content)
        #expect(answer.status == 413)
        #expect(answer.text.contains("longer than the 1048576 octets"))
    }

    @Test("a person with a keyboard enters something and sees it")
    func chromium() throws {
        let example = try Example("httpsrv")
        let said = try example.chromium(
            "open=/",
            "press=Tab",
            "type=Grüße & <b>",
            "press=Enter",
            "see=You entered: Grüße & <b>",
            "press=Tab",
            "press=Enter",
            "see=Enter something",
            "press=Tab",
            "type=again",
            "press=Tab",
            "press=Space",
            "see=You entered: again",
            "read=document.compatMode + document.documentElement.lang"
        )
        #expect(said == "CSS1Compaten\ncomplaints: none\n")
    }
}
