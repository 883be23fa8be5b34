import Martlet
import TestSupport
import Testing

/// A part with the field lines given.
private func part(_ lines: String..., content: String) -> String {
    "--b\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n" + content + "\r\n"
}

@Suite("multipart/form-data, as RFC 7578 has it", .timeLimit(.patient))
struct FormDataTests {
    /// Answers with a line for each part.
    private static let handler = Waiting { request in
        var text = ""
        for try await part in try request.multipart() {
            text += "\(part.name)|\(part.filename ?? "-")|\(part.contentType)|\(try await part.text())\n"
        }
        return .text(text)
    }

    private func answer(
        to content: String,
        _ type: String = "multipart/form-data; boundary=b",
        _ handler: Waiting = Self.handler
    ) async throws -> WireAnswer {
        let received = Record<WireAnswer>()
        try await withServer(handler) { server in
            let head = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: \(type)\r\n"
            let request = head + "Content-Length: \(content.utf8.count)\r\n\r\n" + content
            let answer = try everyDelivery(of: request, at: server.address)
            received.append(try #require(WireAnswer(Array(answer.utf8))))
        }
        return try #require(received.all.first)
    }

    private let name = "Content-Disposition: form-data; name=a"

    @Test(
        "each part begins behind a delimiter, and its name and file name are read as they are spelt",
        .rfc("7578-4.1-01", "7578-4.2-02", "7578-4.2-04", "7578-4.4-01", "7578-4.8-01", "7578-5.1.3-01"),
        arguments: [
            ("Content-Disposition: form-data; name=a", "a|-|text/plain; charset=utf-8|x\n"),
            (
                "Content-Disposition: form-data; name=\"größe\"; filename=\"日本.txt\"",
                "größe|日本.txt|text/plain; charset=utf-8|x\n"
            ),
            ("Content-Disposition: form-data; name=a; filename=\"../../b\"", "a|b|text/plain; charset=utf-8|x\n"),
            ("Content-Disposition: form-data; name=a; filename=\"C:\\c\\b\"", "a|b|text/plain; charset=utf-8|x\n"),
            ("Content-Disposition: form-data; name=a; filename=\"..\"", "a|-|text/plain; charset=utf-8|x\n"),
            (
                "Content-Disposition: form-data; name=a; filename=b; filename*=UTF-8''c",
                "a|b|text/plain; charset=utf-8|x\n"
            ),
            (
                "Content-Disposition: form-data; name=a; filename*=UTF-8''c",
                "a|-|text/plain; charset=utf-8|x\n"
            ),
            (
                "Content-Disposition: form-data; name=a\r\nX-Odd: 1\r\nContent-ID: <1>\r\nContent-Length: 99",
                "a|-|text/plain; charset=utf-8|x\n"
            ),
            ("Content-Disposition: form-data; name=a\r\nContent-Type: image/png", "a|-|image/png|x\n"),
        ],
        ["b", "\"b\""]
    )
    func parts(part: (lines: String, text: String), boundary: String) async throws {
        let content = FormDataTests.form(part.lines)
        let answer = try await answer(to: content, "multipart/form-data; boundary=\(boundary)")
        #expect(answer.status == 200)
        #expect(answer.text == part.text)
    }

    private static func form(_ lines: String) -> String { part(lines, content: "x") + "--b--\r\n" }

    @Test(
        "a part that is no form-data with a name is refused",
        .rfc("7578-4.2-01"),
        arguments: [
            "Content-Disposition: form-data", "Content-Disposition: attachment; name=a", "X: y",
            "Content-Disposition: form-data; filename=a", "Content-Type: text/plain; name=a",
            "Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b",
        ]
    )
    func misfiled(lines: String) async throws {
        let answer = try await answer(to: part(lines, content: "x") + "--b--\r\n")
        #expect(answer.status == 400)
    }

    @Test("parts of one name are all kept, in order, and none is joined to another", .rfc("7578-4.3-01", "7578-5.2-01"))
    func sameName() async throws {
        let content = part(name, content: "1") + part(name, content: "2") + part(name, content: "1") + "--b--"
        let form = Waiting { request in .text(try await request.form().values(of: "a").joined(separator: ";")) }
        let answer = try await answer(to: content, "multipart/form-data; boundary=b", form)
        #expect(answer.text == "1;2;1")
    }

    @Test(
        "the charset of a part is honoured, _charset_ is the default of those after it",
        .rfc("7578-4.5-01", "7578-4.6-01"),
        arguments: [
            ("UTF-8", nil, "ü"), ("iso-8859-1", nil, "Ã¼"), (nil, "iso-8859-1", "Ã¼"), ("utf-8", "iso-8859-1", "ü"),
            (nil, nil, "ü"), ("koi8-r", nil, nil), (nil, "koi8-r", nil), ("us-ascii", nil, nil),
        ] as [(String?, String?, String?)]
    )
    func charsets(own: String?, general: String?, text: String?) async throws {
        let type = own.map { "\r\nContent-Type: text/plain; charset=\($0)" } ?? ""
        let first = general.map { part("Content-Disposition: form-data; name=_charset_", content: $0) } ?? ""
        let form = Waiting { request in .text(try await request.form()["a"] ?? "") }
        let content = first + part(name + type, content: "ü") + "--b--"
        let answer = try await answer(to: content, "multipart/form-data; boundary=b", form)
        if let text { #expect(answer.text == text) } else { #expect([400, 415].contains(answer.status)) }
    }

    @Test(
        "Content-Transfer-Encoding may say that nothing is encoded, and nothing else",
        .rfc("7578-4.7-01"),
        arguments: [
            ("binary", 200), ("8BIT", 200), ("7bit", 200), ("base64", 400), ("quoted-printable", 400), ("", 400),
        ]
    )
    func transferEncoding(encoding: String, status: Int) async throws {
        let answer = try await answer(to: part(name, "Content-Transfer-Encoding: \(encoding)", content: "x") + "--b--")
        #expect(answer.status == status)
    }

    @Test(
        "without a valid boundary: 400",
        .rfc("7578-8-01"),
        arguments: ["", "; boundary", "; boundary=", "; boundary=\"\"", "; charset=b", "; boundary=\"a \""]
    )
    func noBoundary(parameter: String) async throws {
        let answer = try await answer(to: part(name, content: "x") + "--b--", "multipart/form-data\(parameter)")
        #expect(answer.status == 400)
    }

    @Test("the same form may come URL-encoded", .rfc("7578-5.3-01"))
    func urlEncoded() async throws {
        let form = Waiting { request in
            .text(try await request.form().map { "\($0.name)=\($0.value)" }.joined(separator: ";"))
        }
        let answer = try await answer(to: "a=%C3%BC+1&a=2", "application/x-www-form-urlencoded", form)
        #expect(answer.text == "a=ü 1;a=2")
    }

    @Test("an upload never takes the place of a file by its own name", .rfc("7578-7-01"))
    func noOverwriting() async throws {
        let folder = try TemporaryDirectory()
        try folder.write("taken", "old")
        let handler = Waiting { request in
            for try await part in try request.multipart() {
                let file = try await part.save(in: folder.path)
                #expect(file.path != folder.path(of: "taken"))
                do {
                    try await file.move(to: folder.path(of: part.filename ?? ""))
                } catch {
                    return .text("refused")
                }
            }
            return .text("replaced")
        }
        let content = part(name + "; filename=\"taken\"", content: "new") + "--b--"
        let answer = try await answer(to: content, "multipart/form-data; boundary=b", handler)
        #expect(answer.text == "refused")
        #expect(try contents(ofFile: folder.path(of: "taken")) == "old")
    }
}
