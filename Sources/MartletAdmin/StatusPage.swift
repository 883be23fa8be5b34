import Martlet
import MartletReactor

/// What `/status` shows. Readable without scripts; `status.js` brings in the new numbers of whatever has an `id`.
struct StatusPage {
    private let overview: Overview
    private let admin: Admin
    private let rate: Double

    init(_ overview: Overview, of admin: Admin) {
        self.overview = overview
        self.admin = admin
        rate = admin.requestRate(overview.requests.count)
    }

    var page: HTML {
        Self.page(
            title: "Status",
            head: """
                <script src="/status.js" defer></script>
                <noscript><meta http-equiv="refresh" content="5"></noscript>

                """,
            """
            <header>
            <h1>Martlet <span id="version">\(admin.version)</span></h1>
            <p id="state"><b class="\(admin.readiness.rawValue)">\(admin.readiness.rawValue)</b></p>
            </header>
            <main>
            <dl id="figures">
            \(figures.map { name, value in "<div><dt>\(name)</dt><dd>\(value)</dd></div>\n" as HTML })</dl>
            \(section("Routes", routes))
            \(section("Connections", connections))
            \(section("Loops", loops))
            </main>
            <footer><p><a href="/">All pages</a> <a href="/status">Reload</a></p>
            <p id="live" role="status"></p></footer>

            """
        )
    }

    /// The page with the links.
    static let links = page(
        title: "Admin",
        head: "",
        """
        <header><h1>Martlet</h1></header>
        <main>
        <ul>
        <li><a href="/status">/status</a> what the server does, live</li>
        <li><a href="/metrics">/metrics</a> the same for Prometheus</li>
        <li><a href="/livez">/livez</a> whether it lives</li>
        <li><a href="/readyz">/readyz</a> whether requests should be sent here</li>
        </ul>
        </main>

        """
    )

    private static func page(title: String, head: HTML, _ body: HTML) -> HTML {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(title) - Martlet</title>
        <link rel="icon" href="data:,">
        <link rel="stylesheet" href="/status.css">
        \(head)</head>
        <body>
        \(body)</body>
        </html>

        """
    }

    // MARK: Parts

    private var figures: [(name: String, value: String)] {
        let requests = overview.requests
        let addresses = admin.addresses.map(\.description).joined(separator: ", ")
        return [
            ("Uptime", Self.time(admin.uptime)),
            ("Listening at", addresses.isEmpty ? "-" : addresses),
            ("Requests a second", Self.number(rate)),
            ("Requests", "\(requests.count)"),
            ("Half take less than", Self.seconds(requests.quantile(0.5))),
            ("99 of 100 less than", Self.seconds(requests.quantile(0.99))),
            ("Requests under way", "\(overview.totals.active.reduce(0, +))"),
            ("Received", Self.octets(overview.totals.received)),
            ("Sent", Self.octets(overview.totals.sent)),
        ]
    }

    /// A table and its heading. Wide ones scroll by themselves, with the keyboard too.
    private func section(_ title: String, _ table: (head: [String], rows: [[String]])) -> HTML {
        let id = title.lowercased()
        let rows = table.rows.map { row in
            "<tr><th scope=\"row\">\(row[0])</th>\(row.dropFirst().map { "<td>\($0)</td>" as HTML })</tr>\n" as HTML
        }
        return """
            <section aria-labelledby="\(id)-title">
            <h2 id="\(id)-title">\(title)</h2>
            <div class="scroll" tabindex="0" role="region" aria-labelledby="\(id)-title">
            <table>
            <thead><tr>\(table.head.map { "<th scope=\"col\">\($0)</th>" as HTML })</tr></thead>
            <tbody id="\(id)">
            \(rows)</tbody>
            </table>
            </div>
            </section>
            """
    }

    /// The busiest first.
    private var routes: (head: [String], rows: [[String]]) {
        var routes: [String: (all: Histogram, failed: UInt64)] = [:]
        for (series, requests) in overview.totals.requests {
            routes[series.route, default: (Histogram(), 0)].all += requests
            if series.status.hasPrefix("5") { routes[series.route]?.failed &+= requests.count }
        }
        let rows = routes.sorted { ($1.value.all.count, $0.key) < ($0.value.all.count, $1.key) }.prefix(100)
        return (
            ["Route", "Requests", "5xx", "Half below", "99 % below"],
            rows.map { route, requests in
                [
                    route.isEmpty ? "(no route)" : route, "\(requests.all.count)", "\(requests.failed)",
                    Self.seconds(requests.all.quantile(0.5)), Self.seconds(requests.all.quantile(0.99)),
                ]
            }
        )
    }

    private var connections: (head: [String], rows: [[String]]) {
        let sample = overview.connections
        return (["State", "Connections"], ConnectionState.allCases.map { ["\($0)", "\(sample[$0])"] })
    }

    private var loops: (head: [String], rows: [[String]]) {
        let rows = overview.loops.map { loop in
            let lag = Self.seconds(Double(loop.lag.count) / 1e9)
            let connections = ConnectionState.allCases.reduce(0) { $0 + loop.connections[$1] }
            return [loop.name, loop.isSilent ? "silent for \(lag)" : lag, "\(connections)"]
        }
        return (["Loop", "Answered in", "Connections"], rows)
    }

    // MARK: Numbers for people

    /// A whole number, or one with a digit behind the point where that is most of it.
    static func number(_ value: Double) -> String {
        guard value < 100 else { return "\(UInt64(value.rounded()))" }
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }

    static func seconds(_ value: Double?) -> String {
        guard let value else { return "-" }
        if value < 0.001 { return "\(number(value * 1e6)) \u{B5}s" }
        return value < 1 ? "\(number(value * 1e3)) ms" : "\(number(value)) s"
    }

    static func octets(_ count: UInt64) -> String {
        var value = Double(count)
        var unit = 0
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return "\(number(value)) \(units[unit])"
    }

    /// The two largest units: "3 d 4 h".
    static func time(_ time: Nanoseconds) -> String {
        var rest = time.count / 1_000_000_000
        var parts: [String] = []
        for (unit, length) in [("d", UInt64(86400)), ("h", 3600), ("min", 60), ("s", 1)] {
            if rest >= length || unit == "s" && parts.isEmpty { parts.append("\(rest / length) \(unit)") }
            rest %= length
        }
        return parts.prefix(2).joined(separator: " ")
    }
}
