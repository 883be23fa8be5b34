import Glibc
import MartletReactor
import TestSupport

/// The built `martlet`, run as people run it: another process, its messages read from pipes.
final class Martlet {
    let process: ChildProcess
    /// The one line that it prints off a terminal when it is ready.
    let banner: String
    /// What that line says works.
    let urls: [String]

    /// Starts it and waits until it is ready.
    /// - Parameter port: "0" takes a free one; nil leaves --port away.
    init(_ arguments: [String], port: String? = "0", environment: [String: String] = [:]) throws {
        let port = port.map { ["--port", $0] } ?? []
        process = try ChildProcess(try Self.executable, arguments: arguments + port, environment: environment)
        guard let line = try process.readLine() else {
            throw Failure(message: try process.finish().errorText)
        }
        banner = line
        urls = (line.split(separator: " at ").last ?? "").split(separator: " ").map(String.init)
    }

    struct Failure: Error {
        let message: String
    }

    static var executable: String {
        get throws { try builtExecutable("martlet") }
    }

    /// Runs it to its end: for command lines that do not come to serving.
    static func fails(
        _ arguments: [String],
        environment: [String: String] = [:],
        timeout: Duration = .seconds(60)
    ) throws -> ProcessResult {
        try run(try executable, arguments: arguments, environment: environment, timeout: timeout)
    }

    /// The first URL, which ends in a slash.
    var url: String { urls.first ?? "" }

    /// Where the first URL leads.
    var address: SocketAddress {
        get throws {
            let digits = url.dropLast().suffix { $0.isNumber }
            guard let port = UInt16(digits) else { throw Failure(message: "no port in '\(banner)'") }
            return .loopback(port: port)
        }
    }

    /// Sends one request on a connection of its own and takes all that comes back.
    func ask(_ method: String, _ target: String, _ fields: [String] = []) throws -> WireAnswer {
        let socket = try TestSocket.connect(to: address)
        let lines = ["\(method) \(target) HTTP/1.1", "Host: localhost"] + fields + ["Connection: close", "", ""]
        try socket.send(lines.joined(separator: "\r\n"))
        guard let answer = WireAnswer(try socket.receiveAll()) else { throw Failure(message: "no answer: \(target)") }
        return answer
    }

    func get(_ target: String, _ fields: String...) throws -> WireAnswer {
        try ask("GET", target, fields)
    }

    /// Ends it by a signal and takes what it wrote.
    @discardableResult
    func stop(_ signal: CInt = SIGTERM) throws -> ProcessResult {
        process.send(signal: signal)
        return try process.finish(timeout: .seconds(20))
    }
}

/// Programs that the tests run as clients.
enum Tool {
    struct Missing: Error, CustomStringConvertible {
        let name: String
        let package: String
        var description: String { "\(name) is missing: sudo apt-get install \(package)" }
    }

    /// Runs a program; a missing one is an error that names its Debian package.
    static func run(
        _ name: String,
        _ arguments: [String],
        package: String? = nil,
        environment: [String: String] = [:],
        timeout: Duration = .seconds(60)
    ) throws -> ProcessResult {
        do {
            return try TestSupport.run(name, arguments: arguments, environment: environment, timeout: timeout)
        } catch let error as SystemError where error.code == ENOENT {
            throw Missing(name: name, package: package ?? name)
        }
    }

    static func curl(_ arguments: String...) throws -> ProcessResult {
        try run("curl", ["--silent", "--show-error", "--max-time", "30"] + arguments)
    }

    /// Runs a script of the folder Scripts.
    static func python(
        _ script: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        timeout: Duration = .seconds(60)
    ) throws -> ProcessResult {
        try run("python3", [path(ofScript: script)] + arguments, environment: environment, timeout: timeout)
    }

    /// Debian's Python, which has Debian's modules.
    static let debianPython = "/usr/bin/python3"

    /// A script of the folder Scripts.
    static func path(ofScript name: String, file: String = #filePath) -> String {
        "\(file.prefix(through: file.lastIndex(of: "/") ?? file.startIndex))Scripts/\(name)"
    }

    /// The root of the repository.
    static func repository(file: String = #filePath) -> String {
        file.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }
    }
}

extension String {
    /// The longest end whose characters all pass.
    fileprivate func suffix(_ passes: (Character) -> Bool) -> String { Substring(self).suffix(passes) }
}

extension Substring {
    fileprivate func suffix(_ passes: (Character) -> Bool) -> String {
        String(String(reversed().prefix(while: passes)).reversed())
    }
}
