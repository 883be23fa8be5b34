import Martlet

extension Report {
    /// For a browser, with a form to send something else than a GET.
    var page: HTML {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(method) \(target)</title>
        <link rel="icon" href="data:,">
        <style>\(raw: style)</style>
        </head>
        <body>
        <main>
        <h1>What the server saw</h1>
        <p><code class="line">\(visible(requestLine))</code></p>
        <p>From \(peer), \(timings.began)</p>
        \(table("Fields, in order", fields))
        \(path.isEmpty ? "" : section("Path segments", "<ol>\(path.map { "<li><code>\(visible($0))</code></li>" as HTML })</ol>"))
        \(table("Query", query))
        \(table("Cookies", cookies))
        \(content.octets == 0 ? "" : section("Content", shownContent))
        <h2>Send something</h2>
        <form method="post">
        <label>Text <textarea name="text" rows="3">Hello, wörld!</textarea></label>
        <button>POST it</button>
        <button formenctype="multipart/form-data">POST it as multipart</button>
        <button formmethod="get">GET it</button>
        </form>
        </main>
        </body>
        </html>

        """
    }

    private var shownContent: HTML {
        "<p>\(summary)</p><pre tabindex=\"0\">\(content.text ?? content.hexadecimal ?? "")</pre>"
    }

    private func section(_ title: String, _ content: HTML) -> HTML {
        "<section><h2>\(title)</h2>\(content)</section>\n"
    }

    private func table(_ title: String, _ pairs: [Pair]) -> HTML {
        guard !pairs.isEmpty else { return "" }
        let rows = pairs.map { pair -> HTML in
            "<tr><th scope=\"row\">\(visible(pair.name))</th><td>\(visible(pair.value))</td></tr>\n"
        }
        return section(title, "<table>\n\(rows)</table>")
    }
}

private let style = """
    :root { --back: #fff; --text: #1c2430; --quiet: #5b6776; --line: #d5dbe2; --card: #f2f5f9; --link: #12598c }
    @media (prefers-color-scheme: dark) {
      :root { --back: #14191f; --text: #e4e8ed; --quiet: #98a4b3; --line: #343d49; --card: #1e262f; --link: #82bdf0 }
    }
    * { box-sizing: border-box }
    body { margin: 0; background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, sans-serif }
    main { max-width: 52rem; margin: 0 auto; padding: 1.5rem 1rem 3rem }
    h1 { margin: 0 0 1rem; font-size: 1.5rem }
    h2 { margin: 2rem 0 .5rem; font-size: 1.0625rem }
    p { margin: .5rem 0 }
    code, pre, td, th, textarea { font: .875rem/1.6 ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere }
    code.line, pre { display: block; padding: .6rem .8rem; border: 1px solid var(--line); border-radius: .5rem;
      background: var(--card) }
    pre { max-height: 24rem; margin: 0; overflow: auto; white-space: pre-wrap }
    table { width: 100%; border-collapse: collapse }
    th, td { padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top }
    th { width: 30%; min-width: 7rem; color: var(--quiet); font-weight: 400 }
    label { display: block; margin-bottom: .5rem }
    textarea { display: block; width: 100%; padding: .5rem; border: 1px solid var(--line); border-radius: .5rem;
      background: var(--back); color: var(--text) }
    button { margin: 0 .5rem .5rem 0; padding: .4rem .9rem; border: 1px solid var(--link); border-radius: .5rem;
      background: var(--link); color: var(--back); font: 600 1rem/1.5 system-ui, sans-serif; cursor: pointer }
    button + button { background: none; color: var(--link) }
    :focus-visible { outline: 2px solid var(--link); outline-offset: 2px }
    """
