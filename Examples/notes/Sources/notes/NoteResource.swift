import Martlet
import MartletJSON

/// One note: `/notes/:id`. To change it a client must say which version it saw, so that no update is lost.
struct NoteResource: GET, PUT, DELETE {
    let store: NoteStore

    func get(_ request: Request) async throws -> Response {
        guard let note = try await store.note(try request.parameters.require("id")) else { throw HTTPError(.notFound) }
        return switch request.evaluateConditions(Validators(entityTag: note.entityTag)) {
        case .proceed: try response(note)
        case .notModified: Response(status: .notModified, fields: fields(note))
        case .failed: throw HTTPError(.preconditionFailed)
        }
    }

    func put(_ request: Request) async throws -> Response {
        let isExpected = try condition(request)
        let content = try await request.json(NoteContent.self)
        try content.check()
        let id: Int64 = try request.parameters.require("id")
        let note = try await telling { try await store.replace(id, by: content, if: isExpected) }
        return try response(note)
    }

    func delete(_ request: Request) async throws -> Response {
        let isExpected = try condition(request)
        let id: Int64 = try request.parameters.require("id")
        try await telling { try await store.remove(id, if: isExpected) }
        return Response(status: .noContent)
    }

    /// Whether a note is as the client supposes: If-Match, RFC 9110 §13.1.1. Whoever says nothing is asked to (RFC 6585 §3).
    private func condition(_ request: Request) throws -> @Sendable (Note) -> Bool {
        guard request.fields.contains(.ifMatch) else {
            throw HTTPError(
                .preconditionRequired,
                "Say which version you change: If-Match with the ETag you got, or *."
            )
        }
        return { note in
            if case .proceed = request.evaluateConditions(Validators(entityTag: note.entityTag)) { true } else { false }
        }
    }

    private func response(_ note: Note) throws -> Response {
        var response = try Response.json(note)
        response.fields.append(contentsOf: fields(note))
        return response
    }

    private func fields(_ note: Note) -> Fields {
        var fields = Fields()
        fields.append(.eTag, note.entityTag.description)
        fields.append(.cacheControl, "no-cache")
        return fields
    }
}

/// What the store says, told in HTTP.
func telling<Value>(_ change: () async throws -> Value) async throws -> Value {
    do {
        return try await change()
    } catch let conflict as NoteStore.Conflict {
        throw switch conflict {
        case .missing: HTTPError(.notFound)
        case .title: HTTPError(.conflict, "Another note has this title.")
        case .changed: HTTPError(.preconditionFailed, "The note was changed meanwhile: get it again.")
        }
    }
}
