import Martlet
import MartletJSON

/// All notes, a page at a time, and new ones: `/notes`.
struct NoteList: GET, POST {
    let store: NoteStore

    private struct Page: Encodable {
        let notes: [Note]
        let count: Int
        /// Where the next page is; absent on the last.
        let next: String?
    }

    func get(_ request: Request) async throws -> Response {
        let after = try number("after", of: request, in: 0...Int.max) ?? 0
        let limit = try number("limit", of: request, in: 1...100) ?? 20
        // One more than asked for tells whether there is a next page.
        var (notes, count) = try await store.notes(after: Int64(after), limit: limit + 1)
        let isLast = notes.count <= limit
        if !isLast { notes.removeLast() }
        let next = isLast ? nil : "/notes?after=\(notes.last?.id ?? 0)&limit=\(limit)"
        var response = try Response.json(Page(notes: notes, count: count, next: next))
        if let next { response.fields.append(.link, "<\(next)>; rel=\"next\"") }
        return response
    }

    func post(_ request: Request) async throws -> Response {
        let content = try await request.json(NoteContent.self)
        try content.check()
        let note = try await telling { try await store.add(content) }
        var response = try Response.json(note, status: .created)
        response.fields.append(.location, note.path)
        response.fields.append(.eTag, note.entityTag.description)
        return response
    }

    private func number(_ name: String, of request: Request, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = request.queryItems[name] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw HTTPError(
                .badRequest,
                "\"\(name)\" must be a number from \(range.lowerBound) to \(range.upperBound)."
            )
        }
        return number
    }
}
