import MartletReactor
import TestSupport

/// Programs run here, so that none of Swift's own threads is held up.
private let threads = ThreadPool(name: "clients", threads: 16)

/// Runs curl as one would by hand, but silent and for at most a minute.
func curl(_ arguments: String...) async throws -> ProcessResult {
    let arguments = ["--silent", "--max-time", "60", "--noproxy", "*"] + arguments
    return try await threads.run { try run("curl", arguments: arguments) }
}

/// Runs a few lines of Python with `url` set, and returns what they print.
func python(_ url: String, _ script: String) async throws -> String {
    let lines = "import http.client, urllib.request, urllib.error\nurl = '\(url)'\n\(script)\n"
    let result = try await threads.run { try run("python3", arguments: ["-c", lines]) }
    return result.text + result.errorText
}
