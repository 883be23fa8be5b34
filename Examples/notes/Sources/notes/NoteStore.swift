import GRDB

/// The database. Each method is one transaction, on a thread of GRDB's: none of them holds up a loop.
struct NoteStore: Sendable {
    /// What stands in the way of a change.
    enum Conflict: Error {
        /// There is no such note.
        case missing
        /// Another note has the title.
        case title
        /// The note is not as the client supposes.
        case changed
    }

    private let database: DatabaseQueue

    /// Opens the database at `path` and makes it where there is none.
    init(path: String) throws {
        database = try DatabaseQueue(path: path)
        var migrator = DatabaseMigrator()
        migrator.registerMigration("notes") { database in
            try database.create(table: Note.databaseTableName) { table in
                table.autoIncrementedPrimaryKey("id")  // The number of a note that is gone never comes back.
                table.column("title", .text).notNull().unique()
                table.column("text", .text).notNull()
                table.column("version", .integer).notNull()
            }
        }
        try migrator.migrate(database)
    }

    /// The notes with numbers above `id`, at most `limit`, and how many there are in all.
    func notes(after id: Int64, limit: Int) async throws -> (notes: [Note], count: Int) {
        try await database.read { database in
            let notes = try Note.filter(Column("id") > id).order(Column("id")).limit(limit).fetchAll(database)
            return (notes, try Note.fetchCount(database))
        }
    }

    func note(_ id: Int64) async throws -> Note? {
        try await database.read { try Note.fetchOne($0, key: id) }
    }

    func add(_ content: NoteContent) async throws -> Note {
        try await database.write { database in
            var note = Note(title: content.title, text: content.text, version: 1)
            try Self.unique { try note.insert(database) }
            return note
        }
    }

    /// Changes a note if `isExpected` says so of what it is now: in one transaction, so that no other change comes between.
    func replace(
        _ id: Int64,
        by content: NoteContent,
        if isExpected: @escaping @Sendable (Note) -> Bool
    ) async throws -> Note {
        try await database.write { database in
            guard var note = try Note.fetchOne(database, key: id) else { throw Conflict.missing }
            guard isExpected(note) else { throw Conflict.changed }
            note.title = content.title
            note.text = content.text
            note.version += 1
            try Self.unique { try note.update(database) }
            return note
        }
    }

    func remove(_ id: Int64, if isExpected: @escaping @Sendable (Note) -> Bool) async throws {
        try await database.write { database in
            guard let note = try Note.fetchOne(database, key: id) else { throw Conflict.missing }
            guard isExpected(note) else { throw Conflict.changed }
            try note.delete(database)
        }
    }

    private static func unique(_ change: () throws -> Void) throws {
        do {
            try change()
        } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_CONSTRAINT_UNIQUE {
            throw Conflict.title
        }
    }
}
