import TestSupport
import Testing

@Suite("Examples/chat")
struct ChatTests {
    /// The events that curl has received when it has seen `last`, or after some seconds.
    private func events(_ example: Example, through last: String, _ arguments: String...) throws -> [String] {
        let listener = try ChildProcess(
            "curl",
            arguments: ["--silent", "--no-buffer", "--max-time", "20"] + arguments + ["\(example.url)/events"]
        )
        var lines: [String] = []
        while let line = try listener.readLine() {
            lines.append(line)
            if line.contains(last) { break }
        }
        return lines
    }

    private func say(_ text: String, in example: Example) throws {
        let answer = try example.curl("/", "-d", "name=Ada", "--data-urlencode", "text=\(text)")
        #expect(answer.status == 303 && answer["Location"] == "/")
    }

    @Test("who comes back hears what was said meanwhile, and no more")
    func replay() throws {
        let example = try Example("chat")
        for text in ["one", "two & <b>", "three"] { try say(text, in: example) }
        let all = try events(example, through: "three")
        #expect(
            all.filter { $0.hasPrefix("data: ") } == [
                "data: <li><b>Ada</b> <span>one</span></li>",
                "data: <li><b>Ada</b> <span>two &amp; &lt;b&gt;</span></li>",
                "data: <li><b>Ada</b> <span>three</span></li>",
            ]
        )
        let ids = all.filter { $0.hasPrefix("id: ") }.map { String($0.dropFirst(4)) }
        try #require(ids.count == 3)
        let rest = try events(example, through: "three", "-H", "Last-Event-ID: \(ids[1])")
        #expect(rest == ["id: \(ids[2])", "data: <li><b>Ada</b> <span>three</span></li>"])
        // An id of long ago: what was between is forgotten, and that is said.
        let late = try events(example, through: "one", "-H", "Last-Event-ID: 1")
        #expect(late.first == "data: <li class=\"gap\">Some messages were missed.</li>")
    }

    @Test("what is said reaches two browsers, one of them without JavaScript, and curl")
    func chromium() throws {
        let example = try Example("chat")
        let said = try example.chromium(
            "open=/",
            "see=Connected",
            "type=Grace",
            "press=Tab",
            "type=How do <you> do?",
            "press=Enter",
            "see=How do <you> do?",
            "tab=1",
            "script=off",
            "open=/",
            "see=How do <you> do?",
            "click=[name=text]",
            "type=No script here",
            "press=Enter",
            "see=No script here",
            "tab=0",
            "see=No script here",
            "type=I see",
            "press=Enter",
            "see=I see",
            "read=document.querySelectorAll('#messages li').length",
            "tab=1",
            "click=#status a",
            "see=I see",
            "tab=2",
            "open=/",
            "see=I see",
            "see=Connected",
            "read=document.activeElement.name + ' of ' + document.forms[0].elements.name.value"
        )
        #expect(said == "3\ntext of Grace\ncomplaints: none\n")
        let heard = try events(example, through: "I see").filter { $0.hasPrefix("data: ") }
        #expect(heard.count == 3)
        #expect(heard[0] == "data: <li><b>Grace</b> <span>How do &lt;you&gt; do?</span></li>")
    }

    @Test(
        "what nobody can have said is refused",
        arguments: [
            ("name=A&text=%20", 422), ("name=&text=x", 422), ("text=x", 400), ("name=A", 400),
            ("name=A&text=" + String(repeating: "x", count: 501), 422),
            ("name=" + String(repeating: "x", count: 41) + "&text=x", 422),
            ("name=A&text=" + String(repeating: "x", count: 20_000), 413),
        ]
    )
    func refusals(form: String, status: Int) throws {
        let example = try Example("chat")
        #expect(try example.curl("/", "-d", form).status == status)
        #expect(try !example.curl("/").text.contains("<li>"))
    }

    @Test("the page lets nothing in from elsewhere, and the server stops although somebody listens")
    func careful() throws {
        let example = try Example("chat")
        let page = try example.curl("/")
        #expect(page["Content-Security-Policy"]?.hasPrefix("default-src 'none'; script-src 'self';") == true)
        #expect(page["X-Content-Type-Options"] == "nosniff")
        try say("hello", in: example)
        let listener = try ChildProcess("curl", arguments: ["--silent", "--no-buffer", "\(example.url)/events"])
        #expect(try listener.readLine()?.hasPrefix("id: ") == true)
        #expect(try example.stop().status == 0)
    }
}
