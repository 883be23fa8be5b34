import Martlet

/// The pages' paths, and what each answers.
struct AdminPages {
    private let admin: Admin

    init(_ admin: Admin) {
        self.admin = admin
    }

    var routes: [Route] {
        let admin = admin
        return [
            Route("/") { _ in .html(StatusPage.links) },
            Route("/livez") { _ async in Self.verdict(await admin.faults()) },
            Route("/readyz") { _ async in Self.verdict(await admin.objections()) },
            Route("/metrics") { _ async in
                let page = Exposition(await admin.overview(), version: admin.version)
                return .content(Array(page.text.utf8), type: Exposition.mediaType)
            },
            Route("/status") { _ async in .html(StatusPage(await admin.overview(), of: admin).page) },
            Route("/status.css") { _ in .content(PackageResources.status_css, type: "text/css; charset=utf-8") },
            Route("/status.js") { _ in .content(PackageResources.status_js, type: "text/javascript; charset=utf-8") },
        ]
    }

    /// 200 if nothing speaks against it, else 503 with a line for each reason.
    private static func verdict(_ reasons: [String]) -> Response {
        guard !reasons.isEmpty else { return .text("ok\n") }
        let lines = reasons.map { "\($0.replacing("\n", with: " "))\n" }
        return .text(lines.joined(), status: .serviceUnavailable)
    }
}
