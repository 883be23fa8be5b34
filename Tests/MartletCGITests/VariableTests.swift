import Glibc
import Martlet
import MartletReactor
import MartletWire
import TestSupport
import Testing

@testable import MartletCGI

/// The meta-variables as scripts see them (RFC 3875 §4.1).
@Suite("CGI: variables", .timeLimit(.patient))
struct VariableTests {
    @Test(
        "a script's environment has the variables of its request",
        .rfc(
            "3875-4.1.4-01",
            "3875-4.1.7-01",
            "3875-4.1.8-01",
            "3875-4.1.9-01",
            "3875-4.1.12-01",
            "3875-4.1.13-01",
            "3875-4.1.14-01",
            "3875-4.1.15-01",
            "3875-4.1.15-02",
            "3875-4.1.16-01",
            "3875-4.1.17-01",
            "3875-7.2-01"
        )
    )
    func all() async throws {
        try await withSite { site in
            try site.write("env.cgi", printEnvironment)
            let answer = try site.ask(
                "GET /cgi-bin/env.cgi?a=b%20c+d HTTP/1.1\r\nHost: Example.com:81\r\nConnection: close\r\n\r\n"
            )
            let variables = answer.variables
            #expect(variables["GATEWAY_INTERFACE"] == "CGI/1.1")
            #expect(variables["QUERY_STRING"] == "a=b%20c+d")
            #expect(variables["REMOTE_ADDR"] == "127.0.0.1")
            #expect(variables["REMOTE_HOST"] == "127.0.0.1")
            #expect(variables["REQUEST_METHOD"] == "GET")
            #expect(variables["SCRIPT_NAME"] == "/cgi-bin/env.cgi")
            #expect(variables["SERVER_NAME"] == "example.com")
            #expect(variables["SERVER_PORT"] == "\(site.port)")
            #expect(variables["SERVER_PROTOCOL"] == "HTTP/1.1")
            #expect(variables["SERVER_SOFTWARE"]?.wholeMatch(of: /Martlet\/[0-9.]+/) != nil)
            #expect(variables["REQUEST_URI"] == "/cgi-bin/env.cgi?a=b%20c+d")
            #expect(variables["REQUEST_SCHEME"] == "http")
            #expect(variables["HTTPS"] == nil)
            #expect(variables["DOCUMENT_ROOT"] == site.scripts.path)
            #expect(variables["SCRIPT_FILENAME"] == site.scripts.path(of: "env.cgi"))
            #expect(variables["REDIRECT_STATUS"] == "200")
            #expect(variables["HTTP_HOST"] == "Example.com:81")
            #expect(UInt16(variables["REMOTE_PORT"] ?? "") != nil)
        }
    }

    @Test("the environment is clean: nothing of the server's own but PATH", .rfc("3875-7.2-01"))
    func clean() async throws {
        var options = CGIOptions()
        options.environment = ["MY_OWN": "yes", "SERVER_SOFTWARE": "other/1"]
        options.inheritedVariables = ["HOME", "NO_SUCH_VARIABLE"]
        try await withSite(options: options) { site in
            try site.write("env.cgi", printEnvironment)
            let variables = try site.get("env.cgi").variables
            // The shell adds PWD, OLDPWD, SHLVL and _.
            let known = [
                "PATH", "HOME", "MY_OWN", "PWD", "OLDPWD", "SHLVL", "_", "GATEWAY_INTERFACE", "DOCUMENT_ROOT",
                "PATH_INFO", "SCRIPT_FILENAME", "SCRIPT_NAME", "QUERY_STRING", "REMOTE_ADDR", "REMOTE_HOST",
                "REMOTE_PORT", "REQUEST_METHOD", "REQUEST_SCHEME", "REQUEST_URI", "SERVER_NAME", "SERVER_PORT",
                "SERVER_PROTOCOL", "SERVER_SOFTWARE", "REDIRECT_STATUS", "HTTP_HOST",
            ]
            #expect(Set(variables.keys).subtracting(known).isEmpty)
            #expect(variables["MY_OWN"] == "yes")
            #expect(variables["SERVER_SOFTWARE"] == "other/1")
            let home = unsafe getenv("HOME").map { unsafe String(cString: $0) }
            #expect(variables["HOME"] == home)
        }
    }

    @Test("CONTENT_LENGTH and CONTENT_TYPE are there when there is content", .rfc("3875-4.1.2-01", "3875-4.1.3-01"))
    func content() async throws {
        try await withSite { site in
            try site.write("env.cgi", printEnvironment)
            let posted = try site.post("env.cgi", "hello", type: "text/x-odd; a=B").variables
            #expect(posted["CONTENT_LENGTH"] == "5")
            #expect(posted["CONTENT_TYPE"] == "text/x-odd; a=B")
            #expect(posted["HTTP_CONTENT_LENGTH"] == nil)
            #expect(posted["HTTP_CONTENT_TYPE"] == nil)
            let got = try site.get("env.cgi").variables
            #expect(got["CONTENT_LENGTH"] == nil)
            #expect(got["CONTENT_TYPE"] == nil)
            let empty = try site.get("env.cgi", "Content-Length: 0\r\n", method: "POST").variables
            #expect(empty["CONTENT_LENGTH"] == "0")
        }
    }

    @Test("CONTENT_TYPE stays unset where the client says none", .rfc("3875-4.1.3-03"))
    func noType() async throws {
        try await withSite { site in
            try site.write("env.cgi", printEnvironment)
            let request =
                "POST /cgi-bin/env.cgi HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\n<p>"
            #expect(try site.ask(request).variables["CONTENT_TYPE"] == nil)
        }
    }

    @Test("QUERY_STRING is set without a query too", .rfc("3875-4.1.7-02"))
    func noQuery() async throws {
        try await withSite { site in
            try site.write("env.cgi", printEnvironment)
            #expect(try site.get("env.cgi").variables["QUERY_STRING"] == "")
            #expect(try site.get("env.cgi?").variables["QUERY_STRING"] == "")
        }
    }

    @Test("an HTTP/1.0 request without Host has the server's address as SERVER_NAME", .rfc("3875-4.1.16-01"))
    func old() async throws {
        try await withSite { site in
            try site.write("env.cgi", printEnvironment)
            let octets = try site.octets("GET /cgi-bin/env.cgi HTTP/1.0\r\n\r\n")
            let text = String(decoding: octets, as: UTF8.self)
            #expect(text.contains("\nSERVER_PROTOCOL=HTTP/1.0\n"))
            #expect(text.contains("\nSERVER_NAME=127.0.0.1\n"))
        }
    }

    @Test("with a whole URI as the target, HTTP_HOST and SERVER_NAME are what that says", .rfc("9112-3.2.2-01"))
    func absoluteForm() async throws {
        try await withSite { site in
            try site.write("env.cgi", printEnvironment)
            let variables = try site.ask(
                "GET http://real.test:81/cgi-bin/env.cgi HTTP/1.1\r\nHost: other.test\r\nConnection: close\r\n\r\n"
            ).variables
            #expect(variables["HTTP_HOST"] == "real.test:81")
            #expect(variables["SERVER_NAME"] == "real.test")
            #expect(variables["REQUEST_URI"] == "/cgi-bin/env.cgi")
        }
    }

    @Test("IPv6: REMOTE_ADDR without brackets, SERVER_NAME with them", .rfc("3875-4.1.8-01", "3875-4.1.14-01"))
    func version6() async throws {
        try await withSite(
            configure: { $0.addresses = [.ipv6(0, 1, port: 0, zone: 0)] }
        ) { site in
            try site.write("env.cgi", printEnvironment)
            let answer = try site.ask("GET /cgi-bin/env.cgi HTTP/1.1\r\nHost: [::1]:8\r\nConnection: close\r\n\r\n")
            #expect(answer.variables["REMOTE_ADDR"] == "::1")
            #expect(answer.variables["SERVER_NAME"] == "[::1]")
        }
    }

    @Test("SERVER_SOFTWARE is what the Server field says, where that names a version", .rfc("3875-4.1.17-02"))
    func software() async throws {
        try await withSite(configure: { $0.serverName = "Mine/2.1" }) { site in
            try site.write("env.cgi", printEnvironment)
            let answer = try site.get("env.cgi")
            #expect(answer["server"] == ["Mine/2.1"])
            #expect(answer.variables["SERVER_SOFTWARE"] == "Mine/2.1")
        }
    }

    @Test("who is proven to be somebody is REMOTE_USER", .rfc("3875-4.1.1-01", "3875-4.1.11-01"))
    func user() async throws {
        struct Login: Middleware {
            func respond(to request: Request, next: Next) async throws -> Response {
                var request = request
                if request.fields.contains(.authorization) {
                    request.user = AuthenticatedUser(name: "alice", scheme: "Basic")
                }
                return try await next(request)
            }
        }
        try await withSite(serving: { scripts, options in
            try Router(middleware: [Login()]) { Route("/cgi-bin/**", try CGI(scripts.path, options: options)) }
        }) { site in
            try site.write("env.cgi", printEnvironment)
            let known = try site.get("env.cgi", "Authorization: Basic YTpi\r\n").variables
            #expect(known["AUTH_TYPE"] == "Basic")
            #expect(known["REMOTE_USER"] == "alice")
            let unknown = try site.get("env.cgi").variables
            #expect(unknown["AUTH_TYPE"] == nil)
            #expect(unknown["REMOTE_USER"] == nil)
        }
    }

    @Test("request fields become HTTP_ variables, repeated ones one value", .rfc("3875-4.1.18-01", "3875-4.1.18-03"))
    func fields() async throws {
        try await withSite { site in
            try site.write("env.cgi", printEnvironment)
            let variables = try site.get(
                "env.cgi",
                "X-One: 1\r\nx-one: 2\r\nX-ONE: 3, 4\r\nCookie: a=b\r\nCookie: c=d\r\nAccept-Language: de\r\n"
            ).variables
            #expect(variables["HTTP_X_ONE"] == "1, 2, 3, 4")
            #expect(variables["HTTP_COOKIE"] == "a=b; c=d")
            #expect(variables["HTTP_ACCEPT_LANGUAGE"] == "de")
        }
    }

    @Test(
        "no credentials, no HTTP_PROXY, nothing of the connection, no names that collide",
        .rfc("3875-4.1.18-06", "3875-4.1.18-07", "3875-4.1.18-08", "3875-9.2-01", "9110-17.10-01")
    )
    func hidden() async throws {
        try await withSite { site in
            try site.write("env.cgi", printEnvironment)
            let variables = try site.ask(
                "GET /cgi-bin/env.cgi HTTP/1.1\r\nHost: a\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nProxy: http://evil/\r\n"
                    + "pRoXy: http://evil/\r\nAuthorization: Basic YTpi\r\nProxy-Authorization: Basic YTpi\r\n"
                    + "Keep-Alive: 5\r\nTE: trailers\r\nUpgrade: h2c\r\nX_User: root\r\nX-User: guest\r\n"
                    + "X.User: root\r\nProxy-Connection: close\r\nTrailer: X\r\n\r\n"
            ).variables
            let names = variables.keys.filter { $0.hasPrefix("HTTP_") }
            #expect(Set(names) == ["HTTP_HOST", "HTTP_X_USER"])
            #expect(variables["HTTP_X_USER"] == "guest")
        }
    }

    @Test("Authorization is there when it is asked for", .rfc("3875-9.2-01"))
    func authorization() async throws {
        var options = CGIOptions()
        options.passesAuthorization = true
        try await withSite(options: options) { site in
            try site.write("env.cgi", printEnvironment)
            let variables = try site.get(
                "env.cgi",
                "Authorization: Basic YTpi\r\nProxy-Authorization: Basic YTpi\r\n"
            ).variables
            #expect(variables["HTTP_AUTHORIZATION"] == "Basic YTpi")
            #expect(variables["HTTP_PROXY_AUTHORIZATION"] == nil)
        }
    }

    // MARK: Without a server

    private func variables(
        _ request: Request,
        _ place: ScriptPlace = ScriptPlace(name: []),
        length: Int? = nil
    ) throws -> CGIVariables {
        try CGIVariables(request, place, contentLength: length)
    }

    @Test("the name of a field is mapped to upper case, with _ for -", .rfc("3875-4.1.18-02"))
    func mapping() throws {
        var fields = Fields()
        fields.append(HTTPField.Name("x-Odd-1-Name")!, "a")
        #expect(try variables(Request(.get, "/", fields: fields))["HTTP_X_ODD_1_NAME"] == "a")
    }

    @Test("octets of fields that are not ASCII stay what they are", .rfc("3875-4.1.18-05", "3875-4.1-03"))
    func octets() throws {
        var fields = Fields()
        fields.append(HTTPField.Name("X-Name")!, [0x4D, 0xFC, 0x6C, 0xFF])
        let all = try variables(Request(.get, "/", fields: fields)).all
        #expect(all.first { $0.name == "HTTP_X_NAME" }?.value == [0x4D, 0xFC, 0x6C, 0xFF])
    }

    @Test("a folded field does not reach a script: its request was refused", .rfc("3875-4.1.18-04"))
    func folded() {
        var parser = RequestParser()
        var head = RequestHead()
        let octets = Array("GET / HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n".utf8)
        #expect(throws: RequestError.foldedLine) { try parser.parse(octets.span, into: &head) }
    }

    @Test("values keep their case", .rfc("3875-4.1-04", "3875-4.1.5-02", "3875-4.1.6-03"))
    func letterCase() throws {
        let place = ScriptPlace(
            name: Array("/Bin/Script".utf8),
            pathInfo: Array("/Path/INFO".utf8),
            documentRoot: Array("/Srv".utf8)
        )
        let variables = try variables(Request(HTTPRequest.Method("PoSt")!, "/Bin/Script/Path/INFO?Qu=Ery"), place)
        #expect(variables["REQUEST_METHOD"] == "PoSt")
        #expect(variables["QUERY_STRING"] == "Qu=Ery")
        #expect(variables["SCRIPT_NAME"] == "/Bin/Script")
        #expect(variables["PATH_INFO"] == "/Path/INFO")
        #expect(variables["PATH_TRANSLATED"] == "/Srv/Path/INFO")
    }

    @Test("a value with a NUL is refused, and a name that is none", .rfc("3875-4.1-03", "3875-7.2-05"))
    func nul() throws {
        var variables = try variables(Request(.get, "/"))
        #expect(throws: CGIVariables.Fault.nul("A")) { try variables.set("A", [1, 0, 2]) }
        #expect(throws: CGIVariables.Fault.name("")) { try variables.set("", "a") }
        #expect(throws: CGIVariables.Fault.name("A=B")) { try variables.set("A=B", "a") }
        #expect(throws: CGIVariables.Fault.nul("SCRIPT_NAME")) {
            try self.variables(Request(.get, "/"), ScriptPlace(name: [0]))
        }
        #expect(variables.all.allSatisfy { !$0.value.contains(0) })
    }

    @Test("SCRIPT_NAME is set even if it is empty, and no name is there twice", .rfc("3875-4.1.13-02"))
    func emptyName() throws {
        var variables = try variables(Request(.get, "/"))
        #expect(variables["SCRIPT_NAME"] == "")
        try variables.set("SCRIPT_NAME", "/b")
        #expect(Set(variables.all.map(\.name)).count == variables.all.count)
    }

    @Test("below the root of the file system no path begins with two slashes")
    func rootFolder() throws {
        for root in ["", "/"] {
            let place = ScriptPlace(name: [], pathInfo: Array("/x".utf8), documentRoot: Array(root.utf8))
            let variables = try variables(Request(.get, "/"), place)
            #expect(variables["DOCUMENT_ROOT"] == "/")
            #expect(variables["PATH_TRANSLATED"] == "/x")
        }
    }

    @Test("GATEWAY_INTERFACE has no leading zeros", .rfc("3875-4.1.4-02"))
    func revision() throws {
        #expect(
            try variables(Request(.get, "/"))["GATEWAY_INTERFACE"]?.wholeMatch(of: /CGI\/[1-9][0-9]*\.[1-9][0-9]*/)
                != nil
        )
    }

    @Test("variables that RFC 3875 does not have are those that scripts know", .rfc("3875-4.1-02"))
    func extensions() throws {
        let standard: Set<String> = [
            "AUTH_TYPE", "CONTENT_LENGTH", "CONTENT_TYPE", "GATEWAY_INTERFACE", "PATH_INFO", "PATH_TRANSLATED",
            "QUERY_STRING", "REMOTE_ADDR", "REMOTE_HOST", "REMOTE_IDENT", "REMOTE_USER", "REQUEST_METHOD",
            "SCRIPT_NAME", "SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL", "SERVER_SOFTWARE",
        ]
        let customary: Set<String> = [
            "DOCUMENT_ROOT", "HTTPS", "REDIRECT_STATUS", "REMOTE_PORT", "REQUEST_SCHEME", "REQUEST_URI",
            "SCRIPT_FILENAME",
        ]
        let place = ScriptPlace(name: [], pathInfo: [47], file: [47], documentRoot: [47])
        let names = try variables(Request(.get, "/"), place, length: 1).all.map(\.name)
        #expect(Set(names.filter { !$0.hasPrefix("HTTP_") }).subtracting(standard).isSubset(of: customary))
    }

    @Test("the words of a search are decoded and escaped, all or none", .rfc("3875-4.4-02", "3875-7.2-02"))
    func words() {
        func words(_ query: String?) -> [String] {
            SearchWords.words(of: query).map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(words("a+b%20c+d") == ["a", "b c", "d"])
        #expect(words("%3D+1") == ["=", "1"])
        #expect(words("a;b+$(id)+%60c%60+x%7Cy+%5C") == ["a\\;b", "\\$\\(id\\)", "\\`c\\`", "x\\|y", "\\\\"])
        #expect(words("it%27s+%22q%22+a%0Ab+*") == ["it\\'s", "\\\"q\\\"", "a\\\nb", "\\*"])
        for query in [nil, "", "a=b", "a+b=c", "a+%zz", "a+%", "a++b", "+a", "a+", "a+%00"] {
            #expect(words(query) == [])
        }
    }
}
