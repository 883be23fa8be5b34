import Martlet

// notes [PORT [DATABASE]]: notes in a SQLite database, over a JSON API.

let arguments = CommandLine.arguments
let port = arguments.count > 1 ? UInt16(arguments[1]) ?? 8000 : 8000
let store = try NoteStore(path: arguments.count > 2 ? arguments[2] : "notes.sqlite")

let server = try Server(port: port, middleware: [SecurityHeaders(), ProblemDetails()]) {
    Route("/notes", NoteList(store: store))
    Route("/notes/:id", NoteResource(store: store))
}
server.stopOnSignals()
try await server.run()
