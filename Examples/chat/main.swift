import Martlet

// chat [PORT]: a room where everybody hears everybody, by server-sent events.

await Server.main {
    let room = Room()
    // The page is ours alone: no script, style or connection from elsewhere, and none within the page.
    let careful = SecurityHeaders(
        contentSecurityPolicy: "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
            + "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )

    let server = try Server(port: Server.argument(1, default: 8000), middleware: [careful]) {
        Route("/") { request in .html(await page(room, name: name(from: request.cookies))) }
        Route("/events") { request in events(room, after: lastSeen(by: request)) }
        Route("/chat.css") { _ in .content(PackageResources.chat_css, type: "text/css; charset=utf-8") }
        Route("/chat.js") { _ in .content(PackageResources.chat_js, type: "text/javascript; charset=utf-8") }
        Group(middleware: [RateLimit(2, burst: 20)]) {
            Route(.post, "/") { request in try await say(request, in: room) }
        }
    }
    server.stopOnSignals()
    try await server.run()
}
