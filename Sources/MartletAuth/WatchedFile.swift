import Logging
import MartletReactor

/// What a file holds, read again when it has changed. Asked at most once a second; a file that cannot be read, or is wrong,
/// leaves everything as it was, and the log says so once for each state of it.
final class WatchedFile<Contents: Sendable>: Sendable {
    private struct State {
        var contents: Contents
        /// The version that was read, or tried; nil: the file was not there.
        var version: FileVersion?
        var nextLook: Instant
    }

    private static var interval: Nanoseconds { Nanoseconds(.seconds(1)) }

    private let path: String
    private let what: String
    private let parse: @Sendable (TextFile) throws(AuthError) -> Contents
    private let now: @Sendable () -> Instant
    private let state: Locked<State>

    /// Reads the file for the first time.
    /// - Throws: `AuthError` when that fails.
    init(
        _ path: String,
        _ what: String,
        now: @escaping @Sendable () -> Instant,
        parse: @escaping @Sendable (TextFile) throws(AuthError) -> Contents
    ) throws(AuthError) {
        self.path = path
        self.what = what
        self.parse = parse
        self.now = now
        let file = try TextFile(path, what)
        state = Locked(State(contents: try parse(file), version: file.version, nextLook: now() + Self.interval))
    }

    /// What it holds now.
    func contents(_ logger: Logger) -> Contents {
        let now = now()
        return state.withLock { state in
            guard now >= state.nextLook else { return state.contents }
            state.nextLook = now + Self.interval
            let version = FileVersion(path: path)
            guard version != state.version else { return state.contents }
            state.version = version
            do throws(AuthError) {
                let file = try TextFile(path, what)
                state.contents = try parse(file)
                state.version = file.version
                logger.notice("the \(what) in \(path) changed, and were read again")
            } catch {
                logger.error("the \(what) in \(path) stay what they were: \(error)")
            }
            return state.contents
        }
    }

    /// What it held when it was last looked at.
    var lastContents: Contents { state.withLock { $0.contents } }

    /// Everybody on this machine can read it.
    var isOpenToAll: Bool { state.withLock { $0.version?.isOpenToAll ?? false } }
}
