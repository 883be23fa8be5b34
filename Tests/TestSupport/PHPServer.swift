import Glibc
import MartletReactor

/// A real php-fpm of the test's own: its workers, its pool, in a temporary folder. Ended when the last reference goes.
public final class PHPServer {
    /// What it listens at.
    public enum Place: Sendable {
        case unix
        case loopback
    }

    /// The folder of its scripts.
    public let folder: TemporaryDirectory
    /// Where it is, as `FastCGI` takes it.
    public let place: String
    private let child: ChildProcess

    /// Starts one, and waits until it listens.
    /// - Parameter workers: processes, each of which serves one connection at a time.
    public init(_ place: Place = .unix, workers: Int = 3) async throws {
        folder = try TemporaryDirectory()
        switch place {
        case .unix:
            let path = folder.path(of: "php.sock")
            self.place = "unix:\(path)"
            child = try await Self.start(at: path, folder, workers)
        case .loopback:
            // Somebody else may take the port in between.
            var attempts = 0
            while true {
                let address = "127.0.0.1:\(try freePort())"
                do {
                    child = try await Self.start(at: address, folder, workers)
                    self.place = address
                    break
                } catch is NotStarted where attempts < 10 {
                    attempts += 1
                }
            }
        }
    }

    private struct NotStarted: Error {}

    private static func start(
        at place: String,
        _ folder: TemporaryDirectory,
        _ workers: Int
    ) async throws -> ChildProcess {
        // As root it wants to be told who its workers are.
        let user = geteuid() == 0 ? "user = root\ngroup = root\n" : ""
        let log = try folder.write("fpm.log", "")
        let settings = try folder.write(
            "fpm.conf",
            """
            [global]
            error_log = \(log)
            [www]
            \(user)listen = \(place)
            pm = static
            pm.max_children = \(workers)
            catch_workers_output = yes
            php_flag[display_errors] = off
            php_flag[log_errors] = on
            php_value[upload_max_filesize] = 32M
            php_value[post_max_size] = 32M
            php_value[upload_tmp_dir] = \(folder.path)

            """
        )
        let child = try ChildProcess(find(), arguments: ["-n", "-F", "-R", "-y", settings])
        var words = ""
        try await eventually("php-fpm listens") {
            words = try contents(ofFile: log)
            return words.contains("ready to handle connections") || words.contains("ERROR")
        }
        guard words.contains("ready to handle connections") else { throw NotStarted() }
        return child
    }

    deinit {
        // The master ends its workers, which would stay behind it if it were killed.
        child.send(signal: SIGTERM)
        _ = try? child.finish(timeout: .seconds(60))
    }

    /// Debian's name for it has its version.
    private static func find() throws -> String {
        for version in ["8.2", "8.4", "8.3", "8.1", "7.4", ""] {
            let path = "/usr/sbin/php-fpm\(version)"
            if unsafe access(path, X_OK) == 0 { return path }
        }
        throw SystemError(code: ENOENT, operation: "find php-fpm: scripts/setup.sh test installs it")
    }
}
