public import ArgumentParser
import Glibc
import Logging
public import Martlet
import MartletReactor

extension AccessLogFormat: ExpressibleByArgument {}

/// Where requests and problems are told.
struct LoggingOptions: ParsableArguments {
    @Flag(
        name: .shortAndLong,
        help: "No start-up message, and no access log but to --log-file; problems are still told."
    )
    var quiet = false

    @Flag(name: .shortAndLong, help: "Tell why requests are refused and connections cut.")
    var verbose = false

    @Option(
        help: ArgumentHelp("The access log's format: common, combined or json. (default: common)", valueName: "format")
    )
    var logFormat: AccessLogFormat?

    @Option(
        help: ArgumentHelp("A file that the access log is appended to. (default: standard error)", valueName: "file"),
        completion: .file()
    )
    var logFile: String?

    var isQuiet: Bool { quiet || Environment.isSet(.quiet) }

    func apply(to configuration: inout ServerConfiguration) throws {
        configuration.logger = Logger(label: "martlet") { _ in MessageLog() }
        configuration.logger.logLevel = verbose || Environment.isSet(.verbose) ? .debug : .warning
        let file = logFile ?? Environment["LOG_FILE"]
        guard !isQuiet || file != nil else { return }
        let fd = try file.map(Self.open) ?? STDERR_FILENO
        configuration.accessLog = AccessLogSettings(format: try resolvedFormat(), fd: fd)
    }

    private func resolvedFormat() throws -> AccessLogFormat {
        guard logFormat == nil, let text = Environment["LOG_FORMAT"] else { return logFormat ?? .common }
        guard let format = AccessLogFormat(rawValue: text) else {
            throw ValidationError(
                "The environment's MARTLET_LOG_FORMAT is '\(text)'; it must be common, combined or json."
            )
        }
        return format
    }

    private static func open(_ path: String) throws -> CInt {
        let fd = unsafe Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0o640)
        guard fd >= 0 else {
            throw Problem(
                "cannot write the log file '\(path)': \(SystemError.text(of: errno)). Choose another with --log-file"
            )
        }
        return fd
    }
}
