import MartletWire
import TestSupport
import Testing

@Suite("Accept-Language")
struct AcceptLanguageTests {
    @Test(
        "the best of the offered languages (9110-12.5.4-01, RFC 4647 §3.4)",
        .rfc("9110-12.5.4-01"),
        arguments: [
            (nil, ["en", "de"], "en"), ("", ["en", "de"], "en"), ("de", [], nil),
            ("de", ["en", "de"], "de"), ("DE-ch", ["en", "de-CH"], "de-CH"),
            ("de-CH-1996", ["en", "de"], "de"), ("de-CH", ["de", "de-CH"], "de-CH"),
            ("zh-Hant-x-a-b", ["zh-Hant"], "zh-Hant"), ("zh-Hant-x-a", ["zh-Hant-x"], nil),
            ("en;q=0.5, de;q=0.8", ["en", "de"], "de"), ("en, de", ["de", "en"], "en"),
            ("fr, en;q=0.7, *;q=0.1", ["de", "en"], "en"), ("fr, *;q=0.1", ["de", "en"], "de"),
            ("fr", ["en", "de"], nil),
            // For each range lookup first, then filtering.
            ("de", ["de-AT", "de-DE"], "de-AT"), ("de, en;q=0.5", ["de-AT", "en"], "de-AT"),
            ("de", ["de-AT", "de"], "de"), ("de", ["deu"], nil),
            // Weight 0 puts a language out.
            ("de;q=0", ["de"], nil), ("*, de;q=0", ["de", "de-AT", "en"], "en"), ("de, *;q=0", ["en", "de"], "de"),
            ("*;q=0", ["en"], nil), ("de;q=0, de-AT", ["de", "de-AT"], "de-AT"),
            // Malformed members are skipped.
            ("de_DE, en", ["de", "en"], "en"), ("toolonglanguage, de;q=2, en;q=0.1", ["de", "en"], "en"),
            ("de--CH, en;x=y", ["de"], "de"), (String(repeating: "de-", count: 30) + "ch", ["en"], "en"),
        ] as [(String?, [String], String?)]
    )
    func best(field: String?, offered: [String], best: String?) {
        let octets = field.map { Array($0.utf8) }
        let result = AcceptLanguage.best(of: offered, in: octets?.span)
        #expect(result == best)
    }
}
