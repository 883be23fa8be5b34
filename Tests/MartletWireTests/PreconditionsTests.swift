import HTTPTypes
import MartletWire
import TestSupport
import Testing

@Suite("preconditions")
struct PreconditionsTests {
    /// One request's conditional fields and what they have to decide.
    struct Case: Sendable, CustomTestStringConvertible {
        var method = HTTPRequest.Method.get
        var ifMatch: String?
        var ifNoneMatch: String?
        var ifModifiedSince: String?
        var ifUnmodifiedSince: String?
        var current: Validators? = PreconditionsTests.file
        var result: PreconditionResult
        var why: String

        var testDescription: String { why }
    }

    static let before = "Sun, 06 Nov 1994 08:49:36 GMT"
    static let exactly = "Sun, 06 Nov 1994 08:49:37 GMT"
    static let after = "Sun, 06 Nov 1994 08:49:38 GMT"
    static let now = 1_795_348_800
    static let file = Validators(entityTag: EntityTag(strong: "1"), lastModified: 784_111_777)
    static let weakFile = Validators(entityTag: EntityTag(weak: "1"), lastModified: 784_111_777)
    static let bare = Validators()

    static func evaluate(_ c: Case) -> PreconditionResult {
        let ifMatch = c.ifMatch.map { Array($0.utf8) }
        let ifNoneMatch = c.ifNoneMatch.map { Array($0.utf8) }
        let ifModifiedSince = c.ifModifiedSince.map { Array($0.utf8) }
        let ifUnmodifiedSince = c.ifUnmodifiedSince.map { Array($0.utf8) }
        return Preconditions.evaluate(
            method: c.method,
            ifMatch: ifMatch?.span,
            ifNoneMatch: ifNoneMatch?.span,
            ifModifiedSince: ifModifiedSince?.span,
            ifUnmodifiedSince: ifUnmodifiedSince?.span,
            current: c.current,
            now: now
        )
    }

    @Test(
        "If-Match",
        .rfc("9110-13.1.1-04", "9110-13.1.1-06", "9110-13.1.1-01", "9110-13.1.1-03"),
        arguments: [
            Case(result: .proceed, why: "no condition"),
            Case(ifMatch: "\"1\"", result: .proceed, why: "9110-13.1.1-04: the tag"),
            Case(ifMatch: "\"0\", , \"1\"", result: .proceed, why: "a list with an empty member"),
            Case(ifMatch: "\"a,\", \"1\"", result: .proceed, why: "a comma inside a tag"),
            Case(ifMatch: "nonsense,\"1\"", result: .proceed, why: "a member that is no tag matches nothing"),
            Case(ifMatch: "\"2\"", result: .failed, why: "9110-13.1.1-06: another tag"),
            Case(ifMatch: "\"2,\"1\"", result: .failed, why: "a tag whose quotes are not its own"),
            Case(ifMatch: "W/\"1\"", result: .failed, why: "9110-13.1.1-01: a weak tag never matches"),
            Case(ifMatch: "\"1\"", current: weakFile, result: .failed, why: "9110-13.1.1-01: a weak current tag"),
            Case(ifMatch: "", result: .failed, why: "an empty list"),
            Case(ifMatch: "*", result: .proceed, why: "9110-13.1.1-03: something exists"),
            Case(ifMatch: "*", current: bare, result: .proceed, why: "9110-13.1.1-03: even without validators"),
            Case(ifMatch: "*", current: nil, result: .failed, why: "9110-13.1.1-03: nothing exists"),
            Case(ifMatch: "*, \"2\"", result: .failed, why: "* in a list is no tag"),
            Case(ifMatch: "\"1\"", current: bare, result: .failed, why: "9110-13.1.1-04: no current tag"),
            Case(method: .put, ifMatch: "\"1\"", current: nil, result: .failed, why: "PUT on nothing"),
            Case(method: .put, ifMatch: "\"1\"", result: .proceed, why: "PUT on the known state"),
        ]
    )
    func ifMatch(_ c: Case) {
        #expect(Self.evaluate(c) == c.result)
    }

    @Test(
        "If-None-Match",
        .rfc("9110-13.1.2-06", "9110-13.1.2-07", "9110-13.1.2-01", "9110-13.1.2-04", "9110-13.1.2-03"),
        arguments: [
            Case(ifNoneMatch: "\"1\"", result: .notModified, why: "9110-13.1.2-06"),
            Case(method: .head, ifNoneMatch: "\"1\"", result: .notModified, why: "9110-13.1.2-06: HEAD"),
            Case(method: .post, ifNoneMatch: "\"1\"", result: .failed, why: "9110-13.1.2-07"),
            Case(ifNoneMatch: "W/\"1\"", result: .notModified, why: "9110-13.1.2-01"),
            Case(ifNoneMatch: "\"1\"", current: weakFile, result: .notModified, why: "9110-13.1.2-01: reversed"),
            Case(ifNoneMatch: "\"0\",W/\"1\"", result: .notModified, why: "9110-13.1.2-04"),
            Case(ifNoneMatch: "\"0\" , \"2\"", result: .proceed, why: "no member matches"),
            Case(ifNoneMatch: "1", result: .proceed, why: "a tag without quotes is none"),
            Case(ifNoneMatch: "\"2\"", result: .proceed, why: "another tag as long"),
            Case(ifNoneMatch: "a1a", result: .proceed, why: "other octets in the place of quotes"),
            Case(ifNoneMatch: "\"1a", result: .proceed, why: "a tag that does not end"),
            Case(ifNoneMatch: "a1\"", result: .proceed, why: "a tag that does not begin"),
            Case(ifNoneMatch: "\"\"", result: .proceed, why: "an empty tag"),
            Case(ifNoneMatch: "\"", result: .proceed, why: "half an empty tag"),
            Case(ifNoneMatch: "", result: .proceed, why: "an empty list"),
            Case(ifNoneMatch: "*", result: .notModified, why: "* with something there"),
            Case(ifNoneMatch: " * ", result: .notModified, why: "* within whitespace"),
            Case(method: .put, ifNoneMatch: "*", result: .failed, why: "9110-13.1.2-03"),
            Case(method: .put, ifNoneMatch: "*", current: nil, result: .proceed, why: "PUT makes something new"),
            Case(ifNoneMatch: "\"1\"", current: nil, result: .proceed, why: "nothing exists"),
            Case(ifNoneMatch: "\"1\"", current: bare, result: .proceed, why: "no current tag"),
        ]
    )
    func ifNoneMatch(_ c: Case) {
        #expect(Self.evaluate(c) == c.result)
    }

    @Test(
        "If-Modified-Since",
        .rfc("9110-13.1.3-07", "9110-13.1.3-03", "9110-13.1.3-01", "9110-13.1.3-02", "9110-13.1.3-04"),
        arguments: [
            Case(ifModifiedSince: exactly, result: .notModified, why: "9110-13.1.3-07: the same second"),
            Case(ifModifiedSince: after, result: .notModified, why: "9110-13.1.3-07: a later date"),
            Case(ifModifiedSince: before, result: .proceed, why: "9110-13.1.3-07: an earlier date"),
            Case(method: .head, ifModifiedSince: exactly, result: .notModified, why: "HEAD too"),
            Case(method: .post, ifModifiedSince: exactly, result: .proceed, why: "9110-13.1.3-03"),
            Case(ifNoneMatch: "\"2\"", ifModifiedSince: exactly, result: .proceed, why: "9110-13.1.3-01"),
            Case(ifNoneMatch: "", ifModifiedSince: exactly, result: .proceed, why: "9110-13.1.3-01: even empty"),
            Case(ifModifiedSince: "yesterday", result: .proceed, why: "9110-13.1.3-02: no date"),
            Case(ifModifiedSince: "\(exactly), \(exactly)", result: .proceed, why: "9110-13.1.3-02: two dates"),
            Case(ifModifiedSince: exactly, current: bare, result: .proceed, why: "9110-13.1.3-04"),
            Case(ifModifiedSince: exactly, current: nil, result: .proceed, why: "nothing exists"),
            Case(ifModifiedSince: "Sunday, 06-Nov-94 08:49:37 GMT", result: .notModified, why: "an RFC 850 date"),
        ]
    )
    func ifModifiedSince(_ c: Case) {
        #expect(Self.evaluate(c) == c.result)
    }

    @Test(
        "If-Unmodified-Since",
        .rfc("9110-13.1.4-06", "9110-13.1.4-08", "9110-13.1.4-01", "9110-13.1.4-02", "9110-13.1.4-03"),
        arguments: [
            Case(ifUnmodifiedSince: exactly, result: .proceed, why: "9110-13.1.4-06: the same second"),
            Case(ifUnmodifiedSince: after, result: .proceed, why: "9110-13.1.4-06: a later date"),
            Case(ifUnmodifiedSince: before, result: .failed, why: "9110-13.1.4-08"),
            Case(method: .put, ifUnmodifiedSince: before, result: .failed, why: "any method"),
            Case(ifMatch: "\"1\"", ifUnmodifiedSince: before, result: .proceed, why: "9110-13.1.4-01"),
            Case(ifUnmodifiedSince: "\(before), \(before)", result: .proceed, why: "9110-13.1.4-02"),
            Case(ifUnmodifiedSince: before, current: bare, result: .proceed, why: "9110-13.1.4-03"),
            Case(ifUnmodifiedSince: before, current: nil, result: .proceed, why: "nothing exists"),
        ]
    )
    func ifUnmodifiedSince(_ c: Case) {
        #expect(Self.evaluate(c) == c.result)
    }

    @Test(
        "the order of RFC 9110 §13.2.2",
        .rfc("9110-13.2.2-01", "9110-13.2.2-03", "9110-13.2.2-02", "9110-13.2.2-04", "9110-13.2.1-05"),
        arguments: [
            Case(ifMatch: "\"2\"", ifNoneMatch: "\"1\"", result: .failed, why: "9110-13.2.2-01: If-Match first"),
            Case(ifMatch: "\"1\"", ifNoneMatch: "\"1\"", result: .notModified, why: "9110-13.2.2-03: then on"),
            Case(
                ifModifiedSince: after,
                ifUnmodifiedSince: before,
                result: .failed,
                why: "9110-13.2.2-02: If-Unmodified-Since before If-Modified-Since"
            ),
            Case(
                ifModifiedSince: exactly,
                ifUnmodifiedSince: exactly,
                result: .notModified,
                why: "9110-13.2.2-04: both true and false"
            ),
            Case(method: .options, ifMatch: "\"2\"", result: .proceed, why: "9110-13.2.1-05: OPTIONS"),
            Case(method: .trace, ifNoneMatch: "*", result: .proceed, why: "9110-13.2.1-05: TRACE"),
            Case(method: .connect, ifUnmodifiedSince: before, result: .proceed, why: "9110-13.2.1-05: CONNECT"),
        ]
    )
    func order(_ c: Case) {
        #expect(Self.evaluate(c) == c.result)
    }

    @Test(
        "If-Range",
        .rfc("9110-13.1.5-07", "9110-13.1.5-06", "9110-13.1.5-05", "9110-8.8.2.2-01"),
        arguments: [
            (nil, file, true),
            ("\"1\"", file, true),
            ("\"2\"", file, false),
            ("W/\"1\"", file, false),  // 9110-13.1.5-07
            ("\"1\"", weakFile, false),
            ("\"1\"", bare, false),
            ("\"1\", \"1\"", file, false),
            ("*", file, false),
            ("", file, false),
            (exactly, file, true),  // 9110-13.1.5-06
            (before, file, false),
            (after, file, false),
            (exactly, bare, false),
            ("Sun\", 06 Nov 1994 08:49:37 GMT", file, false),
            // 9110-13.1.5-05 and 9110-8.8.2.2-01: changed in this very second, or in the future.
            ("Sun, 22 Nov 2026 12:00:00 GMT", Validators(lastModified: now), false),
            ("Sun, 22 Nov 2026 12:00:01 GMT", Validators(lastModified: now + 1), false),
            ("Sun, 22 Nov 2026 11:59:59 GMT", Validators(lastModified: now - 1), true),
        ] as [(String?, Validators, Bool)]
    )
    func ifRange(field: String?, current: Validators, applies: Bool) {
        let octets = field.map { Array($0.utf8) }
        let result = Preconditions.rangeApplies(ifRange: octets?.span, current: current, now: Self.now)
        #expect(result == applies)
    }
}
