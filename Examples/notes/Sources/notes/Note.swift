import GRDB
import Martlet

/// A note as it is kept, and as it is sent.
struct Note: Codable, FetchableRecord, MutablePersistableRecord {
    static let databaseTableName = "note"

    var id: Int64?
    var title: String
    var text: String
    /// Counts the changes: what the entity tag is made of.
    var version: Int

    mutating func didInsert(_ inserted: InsertionSuccess) {
        id = inserted.rowID
    }

    var path: String { "/notes/\(id ?? 0)" }
    var entityTag: EntityTag { EntityTag(strong: "\(id ?? 0)-\(version)") }
}

/// What a client sends to make or change a note.
struct NoteContent: Decodable {
    static let titleLimit = 200
    static let textLimit = 100_000

    var title: String
    var text: String

    /// Refuses what is JSON of the right shape and still no note.
    func check() throws(HTTPError) {
        guard title.contains(where: { !$0.isWhitespace }) else {
            throw HTTPError(.unprocessableContent, "A note needs a title.")
        }
        guard title.utf8.count <= Self.titleLimit, text.utf8.count <= Self.textLimit else {
            throw HTTPError(
                .unprocessableContent,
                "A title may have \(Self.titleLimit) octets, a text \(Self.textLimit)."
            )
        }
    }
}
