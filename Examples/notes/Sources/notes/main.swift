import Martlet

// notes [PORT [DATABASE]]: notes in a SQLite database, over a JSON API.

await Server.main {
    let port: UInt16 = try Server.argument(1, default: 8000)
    let arguments = CommandLine.arguments
    let store = try NoteStore(path: arguments.count > 2 ? arguments[2] : "notes.sqlite")

    let server = try Server(port: port, middleware: [SecurityHeaders(), ProblemDetails()]) {
        Route("/notes", NoteList(store: store))
        Route("/notes/:id", NoteResource(store: store))
    }
    server.stopOnSignals()
    try await server.run()
}
