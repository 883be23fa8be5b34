import Glibc
import MartletReactor

/// How a server was started in the background, for `restart`: what is done again, with the rights of whoever asks.
///
/// Hence a file that is the starter's alone (mode 0600), and that the server never has open: one that runs as another user
/// and was taken over must not choose what root runs next.
package struct StartRecord: Equatable, Sendable {
    /// What follows the program's name.
    package var arguments: [String]
    /// The folder that it was started in.
    package var folder: String
    /// The `MARTLET_` variables of its environment: they are settings, too, and may say who has to log in.
    package var variables: [String: String]

    package init(arguments: [String], folder: String, variables: [String: String] = [:]) {
        self.arguments = arguments
        self.folder = folder
        self.variables = variables
    }

    /// What the file says.
    /// - Returns: nil without a file.
    /// - Throws: `Problem` for a file that is not whole, or that others can write to.
    package init?(readingFrom path: String) throws {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw Problem("\(SystemError(operation: "look at \(path)")).")
        }
        guard status.st_uid == geteuid(), status.st_mode & 0o022 == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Problem("\(path) is another's, or others can write to it. Remove it, and use start instead.")
        }
        guard let lines = RecordLines(Array(FileSystem.contents(of: path).utf8)[...]) else {
            throw Problem("\(path) is not whole. Remove it, and use start instead.")
        }
        (arguments, folder, variables) = ([], "/", [:])
        for (word, value) in lines.lines {
            switch word {
            case "argument": arguments.append(value)
            case "folder": folder = value
            case "variable":
                guard let equals = value.firstIndex(of: "=") else { continue }
                variables[String(value[..<equals])] = String(value[value.index(after: equals)...])
            // A later version may tell more.
            default: break
            }
        }
    }

    /// Writes the file anew, for nobody else to read.
    package func write(to path: String) throws {
        // What somebody may have open is another file.
        _ = unsafe unlink(path)
        let fd = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0o600)
        guard fd >= 0 else { throw Problem("\(SystemError(operation: "open \(path)")).") }
        defer { close(fd) }
        let variables = variables.sorted { $0.key < $1.key }.map { ("variable", "\($0.key)=\($0.value)") }
        let octets = RecordLines([("folder", folder)] + arguments.map { ("argument", $0) } + variables).octets
        let count = unsafe octets.withUnsafeBytes { unsafe Glibc.write(fd, $0.baseAddress, $0.count) }
        guard count == octets.count else { throw Problem("\(SystemError(operation: "write \(path)")).") }
    }
}
