import Glibc
import Logging
import Martlet
import MartletCGI
import MartletReactor
import TestSupport

/// A server with a folder of scripts at /cgi-bin/.
struct Site: Sendable {
    let server: Server
    let log: CapturedLog
    let scripts: TemporaryDirectory

    var address: SocketAddress { server.addresses[0] }
    var port: UInt16 { address.port ?? 0 }

    func connect(timeout: Duration = .seconds(120), receiveBuffer: Int? = nil) throws -> TestSocket {
        try TestSocket.connect(to: address, timeout: timeout, receiveBuffer: receiveBuffer)
    }

    /// Writes a script that can be run.
    func write(_ name: String, _ text: String, mode: UInt32 = 0o755) throws {
        try scripts.writeScript(name, text, mode: mode)
    }

    /// All octets that one request is answered with.
    func octets(_ request: String) throws -> [UInt8] {
        let client = try connect()
        try client.send(request)
        return try client.receiveAll()
    }

    /// The strictly valid answer to one request.
    func ask(_ request: String, method: String = "GET") throws -> StrictAnswer {
        try StrictAnswer.one(in: octets(request), to: method)
    }

    /// The answer to a GET, or another method, of a target below /cgi-bin/.
    func get(_ target: String, _ fields: String = "", method: String = "GET") throws -> StrictAnswer {
        try ask(
            "\(method) /cgi-bin/\(target) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(fields)\r\n",
            method: method
        )
    }

    /// The answer to a GET of a target below /cgi-bin/, read without looking at what its fields say: Location may lead away.
    func plain(_ target: String) throws -> WireAnswer {
        let octets = try octets("GET /cgi-bin/\(target) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        guard let answer = WireAnswer(octets) else { throw SystemError(code: EPROTO, operation: "read an answer") }
        return answer
    }

    /// The answer to a POST of some text.
    func post(_ target: String, _ content: String, type: String = "text/plain") throws -> StrictAnswer {
        try ask(
            "POST /cgi-bin/\(target) HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: \(type)\r\n"
                + "Content-Length: \(content.utf8.count)\r\n\r\n\(content)"
        )
    }
}

extension StrictAnswer {
    /// The content as text.
    var text: String { String(decoding: content, as: UTF8.self) }

    /// The content as a list of variables, one a line.
    var variables: [String: String] {
        var variables: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
        }
        return variables
    }

    /// The only answer in these octets.
    static func one(in octets: [UInt8], to method: String = "GET") throws -> StrictAnswer {
        let answers = try all(in: octets, to: method).filter { $0.status >= 200 }
        guard let answer = answers.first, answers.count == 1 else { throw NoAnswer(count: answers.count) }
        return answer
    }

    private struct NoAnswer: Error { let count: Int }
}

extension TemporaryDirectory {
    /// Writes a script that can be run.
    func writeScript(_ name: String, _ text: String, mode: UInt32 = 0o755) throws {
        // Under another name first: a process started meanwhile may hold it open for writing, and it could not be run.
        let copy = try ChildProcess(
            "/bin/sh",
            arguments: ["-c", "cat > \"$0\" && chmod \"$1\" \"$0\"", path(of: name), String(mode, radix: 8)]
        )
        let result = try copy.finish(input: text.utf8)
        guard result.status == 0 else { throw SystemError(code: EIO, operation: "write \(name): \(result.errorText)") }
    }

    /// Writes a line into a FIFO in it, for one script that reads it: waits until one does.
    func letGo(_ name: String) throws {
        let fd = unsafe open(path(of: name), O_WRONLY | O_CLOEXEC)
        guard fd >= 0 else { throw SystemError(operation: "open \(name)") }
        defer { close(fd) }
        guard unsafe Glibc.write(fd, "\n", 1) == 1 else { throw SystemError(operation: "write \(name)") }
    }

    /// The text of a file in it; nil as long as there is none, or nothing in it.
    func text(of name: String) -> String? {
        guard let text = try? contents(ofFile: path(of: name)), !text.isEmpty else { return nil }
        return text
    }

    /// The process id that a script has written into a file in it, with a newline behind it.
    func process(in name: String) -> CInt? {
        text(of: name).flatMap { $0.hasSuffix("\n") ? CInt($0.dropLast()) : nil }
    }
}

/// A script of the shell that prints its environment.
let printEnvironment = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\nexec env\n"

/// Whether there is such a process, be it a zombie.
func isThere(_ process: CInt) -> Bool {
    kill(process, 0) == 0
}

/// What is served: the handler for the folder of scripts, or routes around it.
typealias Serving = @Sendable (_ scripts: TemporaryDirectory, _ options: CGIOptions) throws -> any Handler

/// Runs a site for the length of `body`, which may block: it has a thread of its own.
func withSite(
    options: CGIOptions = CGIOptions(),
    configure: (inout ServerConfiguration) -> Void = { _ in },
    serving: Serving? = nil,
    _ body: @escaping @concurrent @Sendable (Site) async throws -> Void
) async throws {
    let scripts = try TemporaryDirectory()
    let log = CapturedLog()
    var configuration = ServerConfiguration()
    configuration.addresses = [.loopback(port: 0)]
    configuration.threads = 1
    configuration.holdUpWarning = nil
    configuration.limits.body = 256 << 20
    configuration.logger = Logger(label: "test") { _ in log }
    configure(&configuration)
    let serving =
        serving ?? { scripts, options in
            try Router { Route("/cgi-bin/**", try CGI(scripts.path, options: options)) }
        }
    let server = Server(configuration: configuration, handler: try serving(scripts, options))
    try server.start()
    let thread = try EventLoop(name: "client")
    try thread.start()
    let result: Result<Void, any Error>
    do {
        let site = Site(server: server, log: log, scripts: scripts)
        result = .success(try await withTaskExecutorPreference(thread) { try await body(site) })
    } catch {
        result = .failure(error)
    }
    thread.stop()
    thread.join()
    server.stop(grace: .zero)
    await server.waitUntilStopped()
    server.join()
    try result.get()
}
