import Glibc
import MartletReactor
import TestSupport

/// A program of the folder Examples, run as people run it, on a free port.
final class Example {
    private let process: ChildProcess
    /// Where it serves, by its own word: `http://127.0.0.1:40123`.
    let url: String

    struct Failure: Error {
        let message: String
    }

    /// Starts it and waits until it says that it serves.
    init(_ name: String, _ arguments: String...) throws {
        // Its log goes to the standard error; the test reads lines of the standard output.
        let command = ["-c", "exec \"$@\" 2>&1", "sh", try builtExecutable(name), "0"] + arguments
        process = try ChildProcess("sh", arguments: command)
        var said: [String] = []
        while let line = try process.readLine() {
            said.append(line)
            guard let start = line.firstRange(of: "Serving at ")?.upperBound else { continue }
            url = String(line[start...].dropLast())
            return
        }
        throw Failure(message: "\(name) does not serve: \(said)")
    }

    /// Ends it as Ctrl-C does.
    func stop() throws -> ProcessResult {
        process.send(signal: SIGINT)
        return try process.finish(timeout: .seconds(20))
    }

    /// What curl gets from a path of it, head and content.
    func curl(_ path: String, _ arguments: String..., input: [UInt8] = []) throws -> WireAnswer {
        let options = ["--silent", "--show-error", "--include", "--max-time", "60"]
        let result = try Self.tool("curl", options + arguments + ["\(url)\(path)"], input: input)
        var answer = WireAnswer(result.output)
        while let interim = answer, interim.status < 200 { answer = WireAnswer(interim.content) }
        guard let answer else { throw Failure(message: result.errorText) }
        return answer
    }

    /// The most memory that it ever had, in octets.
    func peakMemory() throws -> Int {
        let status = try contents(ofFile: "/proc/\(process.process)/status")
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        guard let number = line?.split(whereSeparator: \.isWhitespace).dropFirst().first, let kilobytes = Int(number)
        else {
            throw Failure(message: "no VmHWM in \(status)")
        }
        return kilobytes << 10
    }

    /// Uses its pages in Chromium; see Scripts/act.py for the steps, in which URLs begin at its root.
    /// - Returns: what the steps read, a line each; the last tells the browser's complaints.
    func chromium(_ steps: String...) throws -> String {
        let script = "\(#filePath.prefix(through: #filePath.lastIndex(of: "/") ?? #filePath.startIndex))Scripts/act.py"
        let steps = steps.map { $0.replacing("open=/", with: "open=\(url)/") }
        let result = try Self.tool("python3", [script] + steps, timeout: .seconds(180))
        guard result.status == 0 else { throw Failure(message: result.errorText) }
        return result.text
    }

    /// Runs a program; a missing one is an error that names it.
    static func tool(
        _ name: String,
        _ arguments: [String],
        input: [UInt8] = [],
        timeout: Duration = .seconds(90)
    ) throws -> ProcessResult {
        do {
            return try TestSupport.run(name, arguments: arguments, input: input, timeout: timeout)
        } catch let error as SystemError where error.code == ENOENT {
            throw Failure(message: "\(name) is missing: sudo apt-get install \(name)")
        }
    }

    /// The root of the repository.
    static var repository: String { #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } }
}
