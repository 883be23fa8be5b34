import Glibc
import MartletReactor
import TestSupport

/// A folder with a page to serve and a home of its own: no test touches the CA or the browsers of who runs it.
struct Home {
    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try directory.write("site/index.html", "<!DOCTYPE html><title>Safe</title><link rel=icon href='data:,'>Hello")
        try directory.write("site/a.txt", "Hello")
        try directory.makeDirectory("home")
    }

    var site: String { directory.path(of: "site") }
    var path: String { directory.path(of: "home") }
    var authority: String { "\(path)/.local/share/martlet" }
    var root: String { "\(authority)/root.pem" }
    var environment: [String: String] { ["HOME": path, "XDG_DATA_HOME": ""] }

    func serve(_ arguments: [String] = ["--tls"], environment: [String: String] = [:]) throws -> Martlet {
        try Martlet([site] + arguments, environment: self.environment.merging(environment) { $1 })
    }

    func fails(_ arguments: [String]) throws -> ProcessResult {
        try Martlet.fails([site, "--port", "0"] + arguments, environment: environment)
    }

    func trust(_ verb: String, _ arguments: [String] = [], path: String? = nil) throws -> ProcessResult {
        var environment = environment
        if let path { environment["PATH"] = path }
        return try Martlet.fails(["trust", verb] + arguments, environment: environment)
    }

    /// A certificate that signs itself, made by openssl, in NAME.pem and NAME.key.
    func makeCertificate(_ name: String, for names: String, _ more: [String] = []) throws {
        let result = try Tool.run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "30",
                "-subj", "/CN=\(name)", "-addext", "subjectAltName=\(names)", "-keyout",
                directory.path(of: "\(name).key"),
                "-out", directory.path(of: "\(name).pem"),
            ] + more
        )
        guard result.status == 0 else { throw Martlet.Failure(message: result.errorText) }
    }

    /// The same key, encrypted; its password is "secret".
    func lock(_ key: String, as name: String) throws {
        let files = ["-in", file(key), "-out", file(name)]
        let result = try Tool.run("openssl", ["pkcs8", "-topk8", "-passout", "pass:secret"] + files)
        guard result.status == 0 else { throw Martlet.Failure(message: result.errorText) }
    }

    func file(_ name: String) -> String { directory.path(of: name) }
}

extension Martlet {
    /// The port of the first URL.
    var port: UInt16 { get throws { try address.port ?? 0 } }

    /// The line behind the first, with what there is to say of certificates.
    func details() throws -> String { try process.readLine() ?? "" }
}
