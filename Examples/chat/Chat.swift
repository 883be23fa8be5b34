import Martlet

/// Takes a message from the form, and shows the page again: what a browser without JavaScript needs.
func say(_ request: Request, in room: Room) async throws -> Response {
    let form = try await request.form(upTo: 10_000)
    let name = trimmed(try form.required("name"))
    let text = trimmed(try form.required("text"))
    guard !name.isEmpty, !text.isEmpty else {
        throw HTTPError(.unprocessableContent, "Say who you are, and something.")
    }
    guard name.count <= 40, text.count <= 500, name.utf8.count <= 400, text.utf8.count <= 5000 else {
        throw HTTPError(.unprocessableContent, "A name may have 40 characters, a message 500.")
    }
    await room.say(text, as: name)
    var response = Response.redirect(to: "/")
    response.setCookie(try SetCookie("name", PercentEncoding.component(name), maxAge: .seconds(30 * 86_400)))
    return response
}

/// Sends each message as it is said, beginning after the last one that the client has seen.
func events(_ room: Room, after lastSeen: Int) -> Response {
    .events { events in
        var lastSeen = lastSeen
        var bell = await room.bell().makeAsyncIterator()
        repeat {
            let (messages, isGap) = await room.messages(after: lastSeen)
            if isGap { try await events.send(gap.description) }
            for message in messages {
                try await events.send(item(message).description, id: "\(message.id)")
                lastSeen = message.id
            }
        } while await bell.next() != nil
    }
}

/// A browser that comes back says `Last-Event-ID`; on its first visit it has seen what is in the page.
func lastSeen(by request: Request) -> Int {
    let id = request.lastEventID ?? request.queryItems["after"]
    return id.flatMap { Int($0) } ?? 0
}

func name(from cookies: Cookies) -> String {
    cookies["name"].flatMap { PercentEncoding.text(ofComponent: $0) } ?? ""
}

private func trimmed(_ text: String) -> String {
    String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
}
