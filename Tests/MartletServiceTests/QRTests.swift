import Testing

@testable import MartletService

#if QR
    import TestSupport
    import Testing

    @testable import MartletService

    @Suite("QR codes in the terminal", .timeLimit(.patient))
    struct QRTests {
        private static let url = "http://192.168.1.20:8000/Holiday%20photos/?share=1.1795467285.12.2.k3J9xQmZr1Y.AbCdEf"

        /// What is drawn as pixels, as a camera sees it: true is dark.
        private func pixels(_ text: String, _ style: QRDrawing.Style) throws -> [[Bool]] {
            var rows: [[Bool]] = []
            for line in text.split(separator: "\n") {
                var line = String(line)
                if style == .coloured {
                    #expect(line.hasPrefix("\u{1B}[38;5;16;48;5;231m") && line.hasSuffix("\u{1B}[0m"))
                    line = String(line.dropFirst("\u{1B}[38;5;16;48;5;231m".count).dropLast("\u{1B}[0m".count))
                }
                let drawn: [(Bool, Bool)] = try line.map { character in
                    switch character {
                    case "█": (true, true)
                    case "▀": (true, false)
                    case "▄": (false, true)
                    case " ": (false, false)
                    default: throw Martian(character: character)
                    }
                }
                let isDark = style == .coloured
                rows.append(drawn.map { $0.0 == isDark })
                rows.append(drawn.map { $0.1 == isDark })
            }
            return rows
        }

        private struct Martian: Error { let character: Character }

        /// What a scanner reads: each pixel is four of a picture.
        private func scan(_ pixels: [[Bool]]) throws -> String {
            let folder = try TemporaryDirectory()
            let rows = pixels.flatMap { row in
                let line = row.map { String(repeating: $0 ? "1 " : "0 ", count: 4) }.joined() + "\n"
                return [String](repeating: line, count: 4)
            }
            let picture = "P1\n\((pixels.first?.count ?? 0) * 4) \(rows.count)\n\(rows.joined())"
            let file = try folder.write("code.pbm", picture)
            let result = try run("zbarimg", arguments: ["--quiet", "--raw", "--nodbus", file])
            return String(result.text.dropLast())
        }

        @Test("what is drawn scans, in both styles", arguments: [QRDrawing.Style.coloured, .plain])
        func scans(style: QRDrawing.Style) throws {
            for text in [
                Self.url, "http://a/", "https://[2001:db8::1]:8443/" + String(repeating: "%C3%A4", count: 150),
            ] {
                let code = try #require(QRCode(text))
                let drawing = QRDrawing(code, style)
                let pixels = try pixels(drawing.text, style)
                #expect(pixels.allSatisfy { $0.count == drawing.width })
                #expect(pixels.count == drawing.width + 1)
                #expect(try scan(pixels) == text)
            }
        }

        @Test("four light modules are around the code")
        func quiet() throws {
            let code = try #require(QRCode(Self.url))
            let pixels = try pixels(QRDrawing(code, .coloured).text, .coloured)
            for row in pixels.prefix(4) + pixels.dropFirst(code.size + 4) { #expect(!row.contains(true)) }
            for row in pixels { #expect(!(row.prefix(4) + row.suffix(4)).contains(true)) }
            // The corner of a finder pattern.
            #expect(pixels[4][4] && code[0, 0] && !code[-1, 0] && !code[0, code.size])
        }

        @Test("the longest text has a code, a longer one none")
        func longest() throws {
            #expect(QRCode(String(repeating: "a", count: 2953))?.size == 177)
            #expect(QRCode(String(repeating: "a", count: 2954)) == nil)
            #expect(QRCode("") == nil)
        }
    }
#endif

@Suite("Which URL is for others")
struct PreferredURLTests {
    @Test(
        "the first that leads here from another machine, IPv4 first",
        arguments: [
            (["http://127.0.0.1:8000/", "http://192.168.1.2:8000/"], "http://192.168.1.2:8000/"),
            (["http://127.0.0.1:1/", "http://[2001:db8::1]:1/", "http://10.0.0.1:1/"], "http://10.0.0.1:1/"),
            (["http://127.0.0.1:1/", "http://[fe80::1%2]:1/", "http://[fd00::1]:1/"], "http://[fd00::1]:1/"),
            (["https://localhost/", "https://box.local/"], "https://box.local/"),
            (["http://127.0.0.1:8000/", "http://[::1]:8000/"], "http://127.0.0.1:8000/"),
            (["unix:/run/a.sock"], nil),
        ] as [([String], String?)]
    )
    func first(urls: [String], url: String?) {
        #expect(PreferredURL.forOthers(urls) == url)
    }
}
