import TestSupport

/// Names that break servers.
enum OddNames {
    static let all: [[UInt8]] =
        texts.map { Array($0.utf8) } + [
            // Not UTF-8: a stray byte, a cut sequence, an overlong slash, a surrogate.
            [0xFF, 0xFE, 0x2E, 0x74, 0x78, 0x74], [0x61, 0xC3], [0xC0, 0xAF], [0xED, 0xA0, 0x80],
            Array(repeating: UInt8(ascii: "n"), count: 255),
            Array(String(repeating: "ü", count: 127).utf8),
        ]

    private static let texts = [
        "plain.txt", "with space", " leading", "trailing ", "100%", "%41", "%2e%2e", "%2F", "%00", "%zz", "#hash",
        "a#b",
        "?query", "a?b=c&d", "a;b", "a&b", "&amp;", "&lt;", "a=b", "a+b", "a,b", "a:b", "C:", "http:", "javascript:x",
        "a@b", "a!b", "a$b", "a'b", "a\"b", "(a)", "[a]", "{a}", "<script>alert(1)<", "<td><table>",
        "'><img src=x onerror=y>",
        "<b>.html", "a|b", "a^b", "a`b", "a~b", "~a", "a\\b", "\\", "..\\..\\x", "-", "-leading", "--help", "a..b",
        "a...",
        "*", "a*b", "line\nbreak", "\n", "cr\rlf\n", "tab\there", "bell\u{7}", "\u{1B}[31mred", "del\u{7F}",
        "\u{E9}.txt", "e\u{301}.txt", "ÅNGSTRÖM", "日本語.html", "🐦.svg", "עברית", "a\u{202E}gpj.exe", "zero\u{200B}width",
        "\u{FEFF}bom", "line\u{2028}sep", "nbsp\u{A0}", "index.html.bak", "nul", "CON", "desktop.ini",
        "a\" onmouseover=\"x", "' or 1=1 --", "${HOME}", "$(id)", "`id`", "a\u{0}b".replacingNUL,
    ]

    /// A tree with every name as a file and, with "d" before it, as a folder with a file in it; each file tells its name.
    static func makeTree() throws -> TemporaryDirectory {
        let folder = try TemporaryDirectory()
        for name in all {
            try folder.write(name, Array("file ".utf8) + name)
            let directory = folderName(name)
            try folder.makeDirectory(octets: directory)
            try folder.write(directory + [UInt8(ascii: "/")] + name, Array("inner ".utf8) + name)
        }
        return folder
    }

    /// "d" and the name, no longer than a name may be.
    static func folderName(_ name: [UInt8]) -> [UInt8] {
        Array(([UInt8(ascii: "d")] + name).prefix(255))
    }
}

extension String {
    /// NUL cannot be in a name; its picture can.
    fileprivate var replacingNUL: String {
        String(map { $0 == "\u{0}" ? "\u{2400}" : $0 })
    }
}
