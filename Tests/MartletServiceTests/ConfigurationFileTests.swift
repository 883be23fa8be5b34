import TestSupport
import Testing

@testable import MartletService

#if TOML
    @Suite("A martlet.toml is read")
    struct ConfigurationFileTests {
        private func read(_ text: String) throws -> ConfigurationFile {
            let folder = try TemporaryDirectory()
            try folder.write("martlet.toml", text)
            return try ConfigurationFile(path: folder.path(of: "martlet.toml"))
        }

        /// What is said of a text that is wrong, without the file's path.
        private func refusal(_ text: String) -> String? {
            do {
                _ = try read(text)
                return nil
            } catch {
                let message = (error as? Problem)?.message ?? "\(error)"
                return message.firstRange(of: "martlet.toml").map { String(message[$0.lowerBound...]) } ?? message
            }
        }

        @Test("each key with its value and its line, in the order of the file")
        func entries() throws {
            let file = try read(
                """
                # A comment.
                port = 9000
                tls-min = 1.3

                spa = true
                bind = [
                    "a",   # the first
                    "b" ]
                log-file = 'a\\b'
                cache = 2020-01-02
                x = { y = 1 }
                """
            )
            #expect(
                file.entries == [
                    .init(key: "port", value: .text("9000"), line: 2),
                    .init(key: "tls-min", value: .text("1.3"), line: 3),
                    .init(key: "spa", value: .isSet(true), line: 5),
                    .init(key: "bind", value: .texts(["a", "b"]), line: 6),
                    .init(key: "log-file", value: .text("a\\b"), line: 9),
                    .init(key: "cache", value: .other("a date"), line: 10),
                    .init(key: "x", value: .other("a table"), line: 11),
                ]
            )
            #expect(file.sites.isEmpty)
        }

        @Test("sites are what each [[site]] has below it")
        func sites() throws {
            let file = try read("port = 1\n[[site]]\nhosts = [\"a\"]\n\n[[site]]\n")
            #expect(file.entries.map(\.key) == ["port"])
            #expect(
                file.sites == [
                    .init(line: 2, entries: [.init(key: "hosts", value: .texts(["a"]), line: 3)]),
                    .init(line: 5, entries: []),
                ]
            )
        }

        @Test(
            "what is no TOML is told with line and column",
            arguments: [
                ("port = 1\nport = 2", "martlet.toml:2:8: "), ("a = 1\nb = tru\n", "martlet.toml:2:8: "),
                ("a = \"\u{1}\"", "martlet.toml:1:"), ("[site", "martlet.toml:1:"), ("a", "martlet.toml:1:"),
                ("x = [[[[[[[[[[1]]]]]]]]]]", "martlet.toml:1:"),
            ]
        )
        func wrong(text: String, place: String) {
            #expect(refusal(text)?.hasPrefix(place) == true, "\(refusal(text) ?? "taken")")
        }

        @Test("octets that are not UTF-8 are refused")
        func notUTF8() throws {
            #expect(throws: TOMLDocument.Failure.self) { try TOMLDocument(Array("a = \"".utf8) + [0xFF, 0x22]) }
        }

        @Test("a key with more parts than any stack holds is refused, as is a file of more than 1 MiB")
        func limits() {
            let deep = String(repeating: "a.", count: 300) + "a = 1"
            #expect(refusal("\n" + deep) == "martlet.toml:2:1: a line has more than 256 dots; break it.")
            #expect(refusal(String(repeating: "# 3456789012345\n", count: 65_536)) == nil)
            #expect(refusal(String(repeating: "# 3456789012345\n", count: 65_537))?.contains("1 MiB") == true)
        }

        @Test("the deepest file that is taken is taken apart again")
        func deepest() throws {
            let dots = String(repeating: "a.", count: 256) + "a"
            let text = "[\(dots)]\n\(dots) = [\n{\(dots) = [\n{\(dots) = [\n{\(dots) = 1}]}]}]\n"
            #expect(try read(text).entries == [.init(key: "a", value: .other("a table"), line: 1)])
        }

        @Test("a file that is not there, or a folder, is told in words")
        func unreadable() throws {
            let folder = try TemporaryDirectory()
            for (path, words) in [("\(folder.path)/nosuch", "No such file"), (folder.path, "Is a directory")] {
                let error = #expect(throws: Problem.self) { try ConfigurationFile(path: path) }
                #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
            }
        }

        @Test("a value with a NUL is none: paths end there")
        func nul() throws {
            #expect(try read("a = \"x\\u0000y\"").entries[0].value == .other("a text with a NUL in it"))
            #expect(
                try read("a = [\"x\\u0000y\"]").entries[0].value == .other("an array of something else than texts")
            )
        }
    }
#endif

@Suite("The word that was meant")
struct SuggestionTests {
    @Test(
        "is the nearest, if there is one near enough",
        arguments: [
            ("prot", "port"), ("por", "port"), ("log_file", "log-file"), ("hiden", "hidden"),
            ("nolisting", "no-listing"),
            ("x", nil), ("", nil), ("completely-else", nil), (String(repeating: "p", count: 100_000), nil),
        ]
    )
    func nearest(word: String, meant: String?) {
        let words = ["port", "log-file", "hidden", "no-listing", "tls-cert"]
        #expect(Suggestion.nearest(to: word, of: words) == meant)
    }
}
