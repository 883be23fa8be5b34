import Martlet
import MartletAdmin
import TestSupport
import Testing

@Suite("The status page", .timeLimit(.patient))
struct StatusPageTests {
    @Test("it shows what there is, without scripts too, and nothing on it comes from elsewhere")
    func page() async throws {
        try await withSite(Router.hello, threads: 2) { site in
            site.admin.addresses = site.server.addresses
            site.admin.readiness = .ready
            try site.ask("/hello/ada")
            try site.ask("/nowhere")
            let page = try site.page("/status")
            #expect(page.status == 200)
            #expect(page["Content-Type"] == "text/html; charset=utf-8")
            #expect(page["Cache-Control"] == "no-store")
            #expect(
                page["Content-Security-Policy"]
                    == "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
                    + "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
            )
            for text in [
                "<b class=\"ready\">ready</b>", "1.2 &quot;three&quot;", "<dd>\(site.server.addresses[0])</dd>",
                "<th scope=\"row\">/hello/:name</th><td>1</td><td>0</td>", "(no route)", "martlet-0", "martlet-1",
                "<noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>",
            ] {
                #expect(page.text.contains(text), "\(text)")
            }
            #expect(!page.text.contains("style=") && !page.text.contains("onclick") && !page.text.contains("<style"))
        }
    }

    @Test("its style and script are there, and the links lead somewhere", arguments: ["/", "/status"])
    func links(path: String) async throws {
        try await withSite(Router.hello) { site in
            let page = try site.page(path)
            let links = page.text.matches(of: /(?:href|src)="(\/[^"]*)"/).map { String($0.1) }
            #expect(links.count >= 3)
            for link in links {
                let answer = try site.page(link)
                #expect(answer.status == 200 || link == "/readyz", "\(link)")
                #expect(answer["X-Content-Type-Options"] == "nosniff")
            }
        }
    }
}
