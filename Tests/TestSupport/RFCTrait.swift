import Glibc
public import Testing

/// What a test or suite shows: rows of docs/standards/requirements.tsv, by id.
///
///     @Test("a second Host is refused", .rfc("9112-3.2-05"))
///
/// A row is covered when a test that cites it passed, with all its cases; a suite that cites it, when all its tests did.
/// `scripts/standards.py` says which are, from the events of a run and from the file named by `MARTLET_RFC_CITATIONS`,
/// which gets a line for each test and id, with a tab between.
public struct RFCTrait: TestTrait, SuiteTrait {
    /// The ids of the rows.
    public let ids: [String]

    /// Called once for each test or suite that is going to run.
    public func prepare(for test: Test) async throws {
        let lines = ids.map { "\(test.id)\t\($0)\n" }.joined()
        try Citations.file?.append(lines)
    }
}

extension Trait where Self == RFCTrait {
    /// Says that the test shows these rows of docs/standards/requirements.tsv.
    ///
    /// An id is written out, since people look for it: `"9112-3.2-05"`.
    public static func rfc(_ ids: String...) -> Self { RFCTrait(ids: ids) }
}

/// The file that is told who cites what.
private final class Citations: Sendable {
    static let file = unsafe getenv("MARTLET_RFC_CITATIONS").map { Citations(path: unsafe String(cString: $0)) }

    struct WriteError: Error { let errno: Int32 }

    private let descriptor: Int32

    private init(path: String) { descriptor = unsafe open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644) }

    /// One `write` to a file opened for appending: no other line gets in between.
    func append(_ text: String) throws {
        let octets = Array(text.utf8)
        let written = unsafe octets.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
        guard written == octets.count else { throw WriteError(errno: errno) }
    }
}
