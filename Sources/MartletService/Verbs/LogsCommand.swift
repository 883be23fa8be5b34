package import ArgumentParser
import Glibc
import MartletDaemon
import MartletReactor

/// `martlet logs`: what a server in the background wrote.
package struct LogsCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "logs",
        _superCommandName: ServingProgram.current.name,
        abstract: "Shows what a server in the background has written: messages, and its access log without --log-file."
    )

    @OptionGroup var which: NameOptions

    @Flag(name: .shortAndLong, help: "Go on with what is written from now on, until Ctrl-C.")
    var follow = false

    @Option(
        name: [.customShort("n"), .long],
        help: ArgumentHelp("The last so many lines.", valueName: "n")
    )
    var lines = 10

    package init() {}

    package func validate() throws {
        guard lines >= 0 else { throw ValidationError("-n takes a number of lines, not \(lines).") }
    }

    package func run() throws {
        try Problem.told {
            let server = try which.server()
            let path = server.folder.logFile(server.name)
            guard unsafe access(path, R_OK) == 0, var log = TailedFile(path) else {
                throw Problem(
                    errno == ENOENT
                        ? "\(server.name) has no log: it was never started here. list shows what runs."
                        : "\(SystemError(operation: "open the log \(path)")). Ask as the user who started it, or as root."
                )
            }
            log.skip(toLast: lines)
            while log.copy(to: STDOUT_FILENO), follow {
                usleep(100_000)
                log.followName()
            }
        }
    }
}

/// A log file that is read while it is written, moved away or cut.
private struct TailedFile: ~Copyable {
    private let path: String
    private var fd: CInt
    private var offset: off_t = 0

    init?(_ path: String) {
        self.path = path
        fd = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return nil }
    }

    deinit {
        close(fd)
    }

    /// Goes to where so many last lines begin.
    mutating func skip(toLast count: Int) {
        var end = lseek(fd, 0, SEEK_END)
        offset = end
        guard count > 0 else { return }
        // The end of the last line is none of those looked for: so many lines begin behind the one after.
        let last = offset - 1
        var found = 0
        var octets = [UInt8](repeating: 0, count: 64 * 1024)
        while end > 0 {
            let start = max(0, end - off_t(octets.count))
            let length = unsafe pread(fd, &octets, Int(end - start), start)
            guard length == Int(end - start) else { return }
            for index in stride(from: length - 1, through: 0, by: -1) where octets[index] == UInt8(ascii: "\n") {
                guard start + off_t(index) != last else { continue }
                found += 1
                guard found < count else { return offset = start + off_t(index) + 1 }
            }
            end = start
        }
        offset = 0
    }

    /// Writes what is new.
    /// - Returns: false when nobody reads it any more.
    mutating func copy(to output: CInt) -> Bool {
        var octets = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = unsafe pread(fd, &octets, octets.count, offset)
            guard count > 0 else { return true }
            offset += off_t(count)
            var written = 0
            while written < count {
                let sent = unsafe octets[written..<count].withUnsafeBytes {
                    unsafe write(output, $0.baseAddress, $0.count)
                }
                if sent < 0, errno == EINTR { continue }
                guard sent > 0 else { return false }
                written += sent
            }
        }
    }

    /// Begins anew when the file was cut, and with the next one when it was moved away and is read to its end.
    mutating func followName() {
        var (own, other) = (stat(), stat())
        guard unsafe fstat(fd, &own) == 0 else { return }
        if own.st_size < offset { offset = 0 }
        guard own.st_size <= offset, unsafe stat(path, &other) == 0 else { return }
        guard own.st_ino != other.st_ino || own.st_dev != other.st_dev else { return }
        let next = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard next >= 0 else { return }
        close(fd)
        (fd, offset) = (next, 0)
    }
}
