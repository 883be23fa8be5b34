public import ArgumentParser
import Glibc
import Logging
public import Martlet
import MartletReactor

extension AccessLogFormat: ExpressibleByArgument {}

/// Where requests and problems are told.
package struct LoggingOptions: ParsableArguments {
    @Flag(
        name: .shortAndLong,
        help: "No start-up message, and no access log but to --log-file; problems are still told."
    )
    package var quiet = false

    @Flag(name: .shortAndLong, help: "Tell why requests are refused and connections cut.")
    package var verbose = false

    @Option(
        help: ArgumentHelp("The access log's format: common, combined or json. (default: common)", valueName: "format")
    )
    package var logFormat: AccessLogFormat?

    @Option(
        help: ArgumentHelp("A file that the access log is appended to. (default: standard error)", valueName: "file"),
        completion: .file()
    )
    package var logFile: String?

    @Flag(help: "Send messages to the system's log daemon (/dev/log) instead of standard error. Not the access log.")
    package var syslog = false

    package init() {}

    package var isQuiet: Bool { quiet }

    /// The logger of problems.
    package func apply(to configuration: inout ServerConfiguration) {
        if syslog { Messages.useSyslog() }
        configuration.logger = Logger(label: ServingProgram.name) { _ in MessageLog() }
        configuration.logger.logLevel = verbose ? .debug : .warning
    }

    /// Whether the log's file can be written, without making one.
    func check() throws {
        guard let logFile else { return }
        try LogFile.refuseLink(logFile)
        let isThere = unsafe access(logFile, F_OK) == 0
        let path = isThere ? logFile : ServiceRights.folder(of: logFile)
        guard unsafe access(path, W_OK) != 0 else { return }
        throw Problem(
            "cannot write the log file '\(logFile)': \(SystemError.text(of: errno)). Choose another with --log-file"
        )
    }

    /// The access log, and its file, which has to be kept as long as the log is in use.
    func accessLog(_ open: (String) throws -> LogFile) throws -> (settings: AccessLogSettings?, file: LogFile?) {
        let format = logFormat ?? .common
        if let logFile {
            let file = try open(logFile)
            return (AccessLogSettings(format: format, fd: file.fd), file)
        }
        return (quiet ? nil : AccessLogSettings(format: format, fd: STDERR_FILENO), nil)
    }
}
