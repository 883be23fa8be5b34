import Martlet

struct EnterSomething: GET, POST {
    func get(_ request: Request) -> Response {
        .html(page("<form method=post><label>Enter something: <input name=test></label><button>Submit</button></form>"))
    }

    func post(_ request: Request) async throws -> Response {
        let form = try await request.form()
        let entered = try form.required("test")
        return .html(page("<p>You entered: <strong>\(entered)</strong></p> <p><a href=/>Once more</a></p>"))
    }
}

func page(_ content: HTML) -> HTML {
    """
    <!DOCTYPE html> <html lang=en> <title>Enter something</title> <link rel=icon href=data:,>
    <meta name=viewport content="width=device-width"> <meta name=color-scheme content="light dark">
    <style>body { font: 1.25rem/2 sans-serif; max-width: 32rem; margin: 15vh auto; padding: 0 1rem }
    input, button { font: inherit; margin-right: .5rem; max-width: 90% } strong { overflow-wrap: anywhere }</style>
    \(content)

    """
}

await Server.main {
    let server = try Server(port: Server.argument(1, default: 8000)) { Route("/", EnterSomething()) }
    server.stopOnSignals()
    try await server.run()
}
