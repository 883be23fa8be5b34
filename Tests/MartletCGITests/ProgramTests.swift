import Glibc
import Martlet
import MartletCGI
import MartletReactor
import TestSupport
import Testing

/// Programs that people run by CGI, the real ones.
@Suite("CGI: programs", .timeLimit(.patient))
struct ProgramTests {
    @Test("Python reads a form by hand")
    func python() async throws {
        try await withSite { site in
            try site.write(
                "form.py",
                """
                #!/usr/bin/python3
                import os, sys
                from urllib.parse import parse_qs
                length = int(os.environ.get("CONTENT_LENGTH") or 0)
                form = parse_qs(sys.stdin.buffer.read(length).decode())
                query = parse_qs(os.environ["QUERY_STRING"])
                print("Content-Type: text/plain; charset=utf-8\\r\\n\\r")
                print(form["name"][0], form["text"][0], query["q"][0], os.environ["PATH_INFO"])

                """
            )
            let answer = try site.post(
                "form.py/info?q=1%2B1",
                "name=M%C3%A4rtlet&text=a+b%26c",
                type: "application/x-www-form-urlencoded"
            )
            #expect(answer["content-type"] == ["text/plain; charset=utf-8"])
            #expect(answer.text == "Märtlet a b&c 1+1 /info\n")
        }
    }

    @Test("Perl's CGI.pm: fields, uploads, cookies, redirects")
    func perl() async throws {
        try await withSite { site in
            try site.write(
                "form.pl",
                """
                #!/usr/bin/perl -T
                use strict; use warnings; use CGI ();
                my $q = CGI->new;
                if ($q->param('go')) { print $q->redirect(-uri => 'https://example.com/there', -status => 303); exit }
                my $file = $q->upload('file');
                my $size = 0; if ($file) { local $/; $size = length(<$file>) }
                print $q->header(-type => 'text/plain', -cookie => [$q->cookie(-name => 'a', -value => 'b'),
                    $q->cookie(-name => 'c', -value => 'd')]);
                print join('|', $q->param('name') // '', $size, $q->url(-absolute => 1), $q->path_info, $q->virtual_host), "\\n";

                """
            )
            let plain = try site.get("form.pl/x?name=a%20b;other=c")
            #expect(plain.text == "a b|0|/cgi-bin/form.pl|/x|a\n")
            #expect(plain["set-cookie"] == ["a=b; path=/", "c=d; path=/"])
            let file = String(repeating: "z", count: 100_000)
            let upload = try site.post(
                "form.pl",
                "--B\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nN\r\n--B\r\n"
                    + "Content-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n\(file)\r\n--B--\r\n",
                type: "multipart/form-data; boundary=B"
            )
            #expect(upload.text == "N|100000|/cgi-bin/form.pl||a\n")
            let redirect = try site.plain("form.pl?go=1")
            #expect(redirect.status == 303)
            #expect(redirect["Location"] == "https://example.com/there")
        }
    }

    @Test("php-cgi as an interpreter: forms, statuses, redirects, the path")
    func php() async throws {
        var options = CGIOptions()
        options.interpreters = [".php": "php-cgi"]
        try await withSite(options: options) { site in
            try site.write(
                "a.php",
                """
                <?php
                if (isset($_GET['go'])) { header('Location: /elsewhere'); exit; }
                if (isset($_GET['code'])) http_response_code((int)$_GET['code']);
                header('X-Name: ' . ($_POST['name'] ?? 'none'));
                echo $_SERVER['REQUEST_METHOD'], '|', $_SERVER['PATH_INFO'] ?? '', '|', $_SERVER['SCRIPT_NAME'], '|',
                    basename(__FILE__), '|', $_SERVER['PHP_SELF'], '|', strlen(file_get_contents('php://input')), "\\n";

                """,
                mode: 0o644
            )
            #expect(try site.get("a.php").text == "GET||/cgi-bin/a.php|a.php|/cgi-bin/a.php|0\n")
            #expect(try site.get("a.php/x/y").text == "GET|/x/y|/cgi-bin/a.php|a.php|/cgi-bin/a.php/x/y|0\n")
            let posted = try site.post("a.php", "name=A+B", type: "application/x-www-form-urlencoded")
            #expect(posted["x-name"] == ["A B"])
            #expect(posted.text.hasSuffix("|8\n"))
            #expect(try site.get("a.php?code=404").status == 404)
            let redirect = try site.get("a.php?go=1")
            #expect(redirect.status == 302)
            #expect(redirect["location"] == ["/elsewhere"])
            // What would be options is not passed on: the source stays here.
            #expect(!(try site.get("a.php?-s").text.contains("isset")))
        }
    }

    @Test("a Django application through wsgiref's CGIHandler")
    func django() async throws {
        try await withSite { site in
            try site.write(
                "app.cgi",
                """
                #!/usr/bin/python3
                import django
                from django.conf import settings
                settings.configure(SECRET_KEY='test', ROOT_URLCONF=__name__, ALLOWED_HOSTS=['a'], DEBUG=False,
                    MIDDLEWARE=['django.middleware.common.CommonMiddleware'])
                django.setup()
                from django.http import HttpResponse, HttpResponseRedirect
                from django.urls import path
                from django.core.wsgi import get_wsgi_application
                from wsgiref.handlers import CGIHandler

                def hello(request, name):
                    response = HttpResponse('%s %s %s %s' % (request.method, name, request.GET.get('q'), request.POST.get('p')))
                    response.set_cookie('seen', 'yes')
                    return response

                def go(request):
                    return HttpResponseRedirect(request.build_absolute_uri('/cgi-bin/app.cgi/hello/there/'))

                urlpatterns = [path('hello/<str:name>/', hello), path('go/', go)]
                CGIHandler().run(get_wsgi_application())

                """
            )
            let got = try site.get("app.cgi/hello/w%C3%B6rld/?q=1")
            #expect(got.text == "GET wörld 1 None")
            #expect(got["set-cookie"] == ["seen=yes; Path=/"])
            let posted = try site.post("app.cgi/hello/x/", "p=2", type: "application/x-www-form-urlencoded")
            #expect(posted.text == "POST x None 2")
            let redirect = try site.plain("app.cgi/go/")
            #expect(redirect.status == 302)
            #expect(redirect["Location"] == "http://a/cgi-bin/app.cgi/hello/there/")
            #expect(try site.get("app.cgi/none/").status == 404)
        }
    }

    @Test("git clones, fetches and pushes 50 MB through its http-backend, octet for octet")
    func git() async throws {
        let work = try TemporaryDirectory()
        try git(work, nil, "init", "-q", "--bare", "-b", "main", "repositories/big.git")
        try git(work, "repositories/big.git", "config", "http.receivepack", "true")
        // As one pack, which takes less time.
        try git(work, "repositories/big.git", "config", "receive.unpackLimit", "1")
        try git(work, nil, "init", "-q", "-b", "main", "source")
        // 50 MB that cannot be compressed, in many files, and a long history of small ones for requests that are gzipped.
        try shell(
            work,
            """
            cd source
            git config core.compression 0
            for i in 1 2 3 4 5; do head -c 10485760 /dev/urandom > big$i; done
            git add . && git commit -qm big
            for i in $(seq 300); do echo $i > small; git add small; git commit -qm "small $i"; done
            """
        )
        let repositories = work.path(of: "repositories")
        var options = CGIOptions()
        options.environment = ["GIT_PROJECT_ROOT": repositories, "GIT_HTTP_EXPORT_ALL": "1"]
        options.inheritedVariables = ["HOME"]
        options.timeout = .seconds(240)  // It says nothing while it works.
        let fixed = options
        let core = try run("git", arguments: ["--exec-path"]).text.split(separator: "\n").joined()
        try await withSite(serving: { _, _ in
            try Router { Route("/git/**", try CGI(program: "\(core)/git-http-backend", options: fixed)) }
        }) { site in
            let url = "http://\(site.address)/git/big.git"
            // With a small post buffer the pack goes up in chunks; else it has a length.
            try git(work, "source", "-c", "http.postBuffer=65536", "push", "-q", url, "main")
            try git(work, nil, "clone", "-q", url, "copy")
            try same(work, "source", "copy", "repositories/big.git")
            try git(work, "copy", "fsck", "--full", "--strict")

            try shell(work, "cd source && head -c 3000000 /dev/urandom > more && git add more && git commit -qm more")
            try git(work, "source", "-c", "http.postBuffer=104857600", "push", "-q", url, "main")
            // Haves of hundreds of commits make a request that git compresses.
            try shell(work, "cd copy && for i in $(seq 200); do git commit -q --allow-empty -m \"own $i\"; done")
            let trace = try git(work, "copy", environment: ["GIT_TRACE_CURL": "1"], "fetch", "-q", "origin")
            #expect(trace.errorText.lowercased().contains("content-encoding: gzip"))
            try git(work, "copy", "reset", "-q", "--hard", "origin/main")
            try same(work, "source", "copy", "repositories/big.git")
            try git(work, "repositories/big.git", "fsck", "--full", "--strict")
            let none = try run(
                "git",
                arguments: ["clone", "-q", "http://\(site.address)/git/none.git", work.path(of: "none")]
            )
            #expect(none.status != 0)
            #expect(none.errorText.contains("not found"))
        }
    }

    @discardableResult
    private func git(
        _ work: TemporaryDirectory,
        _ folder: String?,
        environment: [String: String] = [:],
        _ arguments: String...
    ) throws -> ProcessResult {
        let all = ["-C", folder.map { work.path(of: $0) } ?? work.path] + arguments
        let result = try run(
            "git",
            arguments: all,
            environment: Self.identity.merging(environment) { $1 },
            timeout: .seconds(240)
        )
        #expect(result.status == 0, "git \(arguments.joined(separator: " ")): \(result.errorText.suffix(2000))")
        return result
    }

    private func shell(_ work: TemporaryDirectory, _ script: String) throws {
        let text = "set -e; cd \(work.path); \(script)"
        let result = try run("sh", arguments: ["-c", text], environment: Self.identity, timeout: .seconds(240))
        #expect(result.status == 0, "\(result.errorText)")
    }

    /// The same commit and the same tree everywhere.
    private func same(_ work: TemporaryDirectory, _ folders: String...) throws {
        let heads = try folders.map { try git(work, $0, "rev-parse", "main", "main^{tree}").text }
        #expect(Set(heads).count == 1, "\(heads)")
    }

    private static let identity = [
        "GIT_AUTHOR_NAME": "Test", "GIT_AUTHOR_EMAIL": "test@example.com", "GIT_COMMITTER_NAME": "Test",
        "GIT_COMMITTER_EMAIL": "test@example.com", "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
    ]
}
