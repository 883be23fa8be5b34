import Martlet

/// The page with the last messages. It works without JavaScript; with it, it shows what is said at once.
func page(_ room: Room, name: String) async -> HTML {
    let messages = await room.messages(after: 0).messages
    return """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Chat</title>
        <link rel="icon" href="data:,">
        <link rel="stylesheet" href="/chat.css">
        <script src="/chat.js" defer></script>
        </head>
        <body>
        <header>
        <h1>Chat</h1>
        <p id="status" role="status"><a href="/">Look for new messages</a></p>
        </header>
        <main>
        <ol id="messages" role="log" aria-label="Messages" tabindex="0" data-last="\(messages.last?.id ?? 0)">
        \(messages.map { item($0) + "\n" })
        </ol>
        </main>
        <form id="say" method="post" action="/">
        <label>Name <input name="name" value="\(name)" maxlength="40" required autocomplete="nickname"></label>
        <label class="wide">Message <input name="text" maxlength="500" required autocomplete="off"></label>
        <button>Send</button>
        </form>
        </body>
        </html>

        """
}

/// One message, in the page as in an event: so there is one place that escapes what people say.
func item(_ message: Message) -> HTML {
    "<li><b>\(message.name)</b> <span>\(message.text)</span></li>"
}

/// Stands where messages were said that are forgotten.
let gap: HTML = "<li class=\"gap\">Some messages were missed.</li>"
