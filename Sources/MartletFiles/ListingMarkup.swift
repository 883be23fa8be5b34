import MartletWire

/// The fixed parts of a listing's page and its rows.
enum ListingMarkup {
    /// Up to the path in the title. The charset comes first: a path may be long, and it has to be in the first 1,024 bytes.
    static let start = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <title>Index of /
        """

    /// From after the title to the beginning of `<main>`.
    ///
    /// The favicon, a swift in flight, is in the page, so that no browser asks for `/favicon.ico`. The icons are masks
    /// and take the colour of the text. On a narrow screen the time of day gives way to the name.
    static let head = """
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <link rel="icon" href="data:image/svg+xml,\(favicon)">
        <style>
        \(style)</style>
        </head>
        <body>
        <main>

        """

    private static let favicon =
        "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='7' "
        + "fill='%231b5e8c'/%3E%3Cpath fill='%23fff' transform='rotate(20 16 16)' d='M16 4.5c1.6 1.4 2.2 3 2.2 4.8 "
        + "5.6.5 10 4.2 11.8 11.2-3.6-4-7.4-5.6-11.9-5.6l-.3 4.6 2.6 8-4.4-4-4.4 4 2.6-8-.3-4.6C9.4 14.9 5.6 16.5 2 "
        + "20.5 3.8 13.5 8.2 9.8 13.8 9.3c0-1.8.6-3.4 2.2-4.8z'/%3E%3C/svg%3E"

    private static let style = """
        :root { --text: #1c2430; --quiet: #5b6776; --line: #e3e7ec; --back: #fff; --hover: #f2f6fa; --link: #12598c;
          --folder: #c47f17; color-scheme: light dark }
        @media (prefers-color-scheme: dark) { :root { --text: #e4e8ed; --quiet: #98a4b3; --line: #2b333d;
          --back: #14191f; --hover: #1d242c; --link: #82bdf0; --folder: #e0a94e } }
        * { box-sizing: border-box }
        body { margin: 0; background: var(--back); color: var(--text);
          font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif }
        main, footer { max-width: 60rem; margin: auto; padding: 1.5rem 1rem }
        a { color: var(--link); text-decoration: none }
        a:hover { text-decoration: underline }
        :focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 3px }
        i { color: var(--quiet); font: .85em ui-monospace, monospace }
        bdi { overflow-wrap: anywhere; white-space: pre-wrap }
        ol { display: flex; flex-wrap: wrap; margin: 0; padding: 0; list-style: none; font-size: .9375rem }
        li + li::before { content: "/"; content: "/" / ""; margin: 0 .4em; color: var(--quiet) }
        li a { display: inline-block; padding: .2rem 0 }
        h1 { margin: .3rem 0 0; font-size: 1.6rem; line-height: 1.25 }
        p, footer { color: var(--quiet); font-size: .875rem }
        p { margin: .2rem 0 1.2rem }
        table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums }
        th, td { padding: 0; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line) }
        td { font-size: .875rem; vertical-align: baseline; color: var(--quiet) }
        th a, td { padding: .55rem 0 .55rem 1.25rem }
        th { position: sticky; top: 0; background: var(--back); font-size: .875rem; font-weight: 600 }
        th a { display: block; color: var(--quiet) }
        th[aria-sort] a { color: var(--text) }
        th[aria-sort] a::before { content: "\\2193"; content: "\\2193" / ""; margin-right: .35em }
        th[aria-sort=ascending] a::before { content: "\\2191"; content: "\\2191" / "" }
        small { font-size: .75em; font-weight: 400 }
        th:first-child, td:first-child { width: 100%; text-align: left; white-space: normal }
        th:first-child a { padding-left: 0 }
        td:first-child { padding: 0; font-size: 1rem }
        td > a, td > b { display: block; position: relative; padding: .5rem 0 .5rem 1.9rem; font-weight: 400 }
        td:first-child > ::before { content: ""; position: absolute; left: 0; width: 1.25rem; height: 1.5rem;
          background: var(--quiet); mask: var(--icon) center/contain no-repeat;
          --icon: url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 20 20'%3E%3Cpath \
        fill='none' stroke='%23000' stroke-width='1.4' stroke-linejoin='round' d='M4.5 2h7L16 6.5V18H4.5zM11.5 \
        2v4.5H16'/%3E%3C/svg%3E") }
        .d td > a::before { background: var(--folder);
          --icon: url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 20 20'%3E%3Cpath \
        d='M2 5a1.5 1.5 0 0 1 1.5-1.5h4L9.5 6h7A1.5 1.5 0 0 1 18 7.5v7a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 2 \
        14.5z'/%3E%3C/svg%3E") }
        .u td > a::before { background: var(--quiet);
          --icon: url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 20 20'%3E%3Cpath \
        fill='none' stroke='%23000' stroke-width='1.6' stroke-linecap='round' stroke-linejoin='round' d='M10 \
        16V4.5M5 9l5-5 5 5'/%3E%3C/svg%3E") }
        tbody tr:hover { background: var(--hover) }
        .pages { display: flex; gap: .75rem; margin-top: 1.5rem }
        .pages a { padding: .5rem 1rem; border: 1px solid var(--line); border-radius: .5rem }
        @media (max-width: 34rem) { time span, small { display: none } th a, td { padding-left: .75rem }
          td { font-size: .8125rem } }
        @media (forced-colors: active) { td > ::before { forced-color-adjust: none } }

        """

    /// The way up.
    static let parentRow = """
        <tr class="u"><td><a href="../" aria-label="Parent folder">..</a></td><td></td><td></td></tr>

        """

    /// Appends the row of one entry. A thing that is not served is no link.
    static func appendRow(_ entry: DirectoryEntry, _ times: inout TimeElements, to page: inout [UInt8]) {
        switch entry.kind {
        case .directory:
            page.append("<tr class=\"d\"><td><a href=\"./")
            PercentEncoding.appendSegment(entry.name, to: &page)
            page.append("/\"><bdi>")
            VisibleName.append(entry.name, to: &page)
            page.append("</bdi>/</a></td><td></td><td>")
        case .file:
            page.append("<tr><td><a href=\"./")
            PercentEncoding.appendSegment(entry.name, to: &page)
            page.append("\"><bdi>")
            VisibleName.append(entry.name, to: &page)
            page.append("</bdi></a></td><td title=\"")
            appendDecimal(max(entry.size, 0), to: &page)
            page.append(" B\">")
            FileSize.append(entry.size, to: &page)
            page.append("</td><td>")
        case .other:
            page.append("<tr><td><b title=\"Not a file\"><bdi>")
            VisibleName.append(entry.name, to: &page)
            page.append("</bdi></b></td><td></td><td>")
        }
        times.append(entry.modified, to: &page)
        page.append("</td></tr>\n")
    }
}
