#if TLS
    import Martlet
    import MartletTesting
    import TestSupport
    import Testing

    @Suite("TLS, as it should be and deliberately not")
    struct TLSTests {
        // MARK: Clients

        @Test(
            "curl that trusts the test CA notices what is wrong, and nothing else",
            arguments: [
                (TestCertificate.testCA, 0, ""), (.expired, 60, "certificate has expired"),
                (.wrongHost, 60, "no alternative certificate subject name matches"),
                (.selfSigned, 60, "self-signed certificate"),
                (.missingIntermediate, 60, "unable to get local issuer certificate"),
                (.oldProtocol, 35, "SSL routines"),
            ]
        )
        func curlNotices(certificate: TestCertificate, status: Int32, words: String) async throws {
            try await withServer { server in
                try server.tls(certificate)
                server.route(.get, "/") { _ in .text("Hello") }
                for host in ["localhost", "127.0.0.1"] {
                    let file = try TestCA.file
                    let result = try await curl("-S", "--cacert", file, "https://\(host):\(server.port)/")
                    #expect(result.status == status, "\(result.errorText)")
                    #expect(result.errorText.contains(words) || words.isEmpty, "\(result.errorText)")
                    #expect(result.text == (status == 0 ? "Hello" : ""))
                }
                #expect(server.url("/a") == "https://127.0.0.1:\(server.port)/a")
            }
        }

        @Test("curl that is told to look away gets its answer from each", arguments: TestCertificate.allCases)
        func curlLooksAway(certificate: TestCertificate) async throws {
            try await withServer { server in
                try server.tls(certificate)
                server.enqueue(.text("Hello"))
                let ciphers = certificate == .oldProtocol ? "DEFAULT:@SECLEVEL=0" : "DEFAULT"
                let result = try await curl("-S", "-k", "--tlsv1.0", "--ciphers", ciphers, server.url())
                #expect(result.text == "Hello", "\(result.errorText)")
            }
        }

        @Test(
            "Python that trusts the test CA notices what is wrong, and nothing else",
            arguments: [
                (TestCertificate.testCA, "200"), (.expired, "certificate has expired"),
                (.wrongHost, "IP address mismatch"), (.selfSigned, "self-signed certificate"),
                (.missingIntermediate, "unable to get local issuer certificate"),
                (.oldProtocol, "TLSV1_ALERT_PROTOCOL_VERSION"),
            ]
        )
        func pythonNotices(certificate: TestCertificate, words: String) async throws {
            try await withServer { server in
                try server.tls(certificate)
                server.route(.get, "/") { _ in .text("Hello") }
                let script = """
                    import ssl
                    context = ssl.create_default_context(cafile='\(try TestCA.file)')
                    try:
                        print(urllib.request.urlopen(url, context=context).status)
                    except urllib.error.URLError as error:
                        print(error)
                    """
                let text = try await python(server.url(), script)
                let isAsWanted =
                    text.contains(words) || text.contains("UNSUPPORTED_PROTOCOL") && certificate == .oldProtocol
                #expect(isAsWanted, "\(text)")
            }
        }

        @Test(
            "so does the test client",
            arguments: [
                (TestCertificate.expired, "certificate has expired"), (.wrongHost, "ostname mismatch"),
                (.selfSigned, "self-signed certificate"),
                (.missingIntermediate, "unable to get local issuer certificate"),
                (.oldProtocol, "protocol version"),
            ]
        )
        func clientNotices(certificate: TestCertificate, words: String) async throws {
            try await withServer { server in
                try server.tls(certificate)
                let client = try TestClient(tlsPort: server.port, timeout: .seconds(120))
                do {
                    _ = try await client.get("/")
                    Issue.record("it did not notice")
                } catch TestClientError.insecure(let reason) {
                    #expect(reason.contains(words))
                }
            }
        }

        // MARK: Exchanges

        @Test("a client and a server keep their connection, and record what was asked")
        func exchange() async throws {
            try await withServer { server in
                try server.tls(.testCA)
                let client = try TestClient(tlsPort: server.port, timeout: .seconds(120))
                let large = String(repeating: "0123456789", count: 20_000)
                for text in ["Hello", large] {
                    server.enqueue(.text(text))
                    #expect(try await client.post("/", text).text == text)
                    let request = try await server.nextRequest()
                    #expect(request.connection == 1)
                    #expect(
                        String(decoding: request.rawHead, as: UTF8.self).contains(
                            "\r\nHost: localhost:\(server.port)\r\n"
                        )
                    )
                    #expect(request.body.count == text.utf8.count)
                }
            }
        }

        @Test("a server for other names is asked for them")
        func names() async throws {
            try await withServer { server in
                try server.tls(.wrongHost)
                server.enqueue(.text("Hello"))
                let client = try TestClient(tlsPort: server.port, host: "wrong-host.test", timeout: .seconds(120))
                #expect(try await client.get("/").text == "Hello")
            }
        }

        @Test("faults happen under TLS too")
        func faults() async throws {
            try await withServer { server in
                try server.tls(.testCA)
                let client = try TestClient(tlsPort: server.port, timeout: .seconds(120))
                server.enqueue(.text("Hello"), fault: .reset(at: .midBody))
                server.enqueue(.text("Hello"), fault: .truncate(at: .midBody))
                server.enqueue(.text("Hello"), fault: .badChunk)
                server.enqueue(.text("Hello"), fault: .drip(octets: 7, every: .milliseconds(1)))
                await #expect(throws: TestClientError.self) { try await client.get("/") }
                await #expect(throws: TestClientError.self) { try await client.get("/") }
                await #expect(throws: TestClientError.self) { try await client.get("/") }
                #expect(try await client.get("/").text == "Hello")
                server.inject(.garbage(at: .accept))
                client.closeConnections()
                await #expect(throws: TestClientError.self) { try await client.get("/") }
                server.inject(.delay(.milliseconds(1), at: .accept))
                server.enqueue(.text("late"))
                #expect(try await client.get("/").text == "late")
            }
        }

        @Test("plain HTTP on the port of TLS gets no answer, and is no problem of the test's")
        func plain() async throws {
            try await withServer { server in
                try server.tls(.testCA)
                await #expect(throws: TestClientError.self) { try await TestClient(port: server.port).get("/") }
            }
        }

        @Test("handlers see that they are asked over TLS, and by whom")
        func security() async throws {
            struct Tell: GET {
                func get(_ request: Request) -> Response {
                    let security = request.tls
                    return .text("\(security?.version ?? "none") \(security?.serverName ?? "none")")
                }
            }
            try await withClient(of: Tell(), over: .tls) { client async throws in
                #expect(try await client.get("/").text == "TLSv1.3 localhost")
            }
            try await withClient(of: Tell(), over: .socket) { client async throws in
                #expect(try await client.get("/").text == "none none")
            }
        }

        // MARK: The CA

        @Test("its file holds it, and certificates can be made for other programs")
        func authority() throws {
            let file = try TestCA.file
            let held = try contents(ofFile: file)
            #expect(try held == TestCA.pem)
            let made = try TestCA.certificate(for: ["DNS:a.example", "IP:192.0.2.1"])
            #expect(made.certificate.hasPrefix("-----BEGIN CERTIFICATE-----\n"))
            #expect(made.key.hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
            #expect(throws: (any Error).self) { try TestCA.certificate(for: ["a.example"]) }
        }
    }
#endif
