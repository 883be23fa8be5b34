import Martlet
import MartletReactor

/// A command on its way: its words, and who waits for the answer.
///
/// `@unchecked Sendable`: used by the client's loop alone, but for its words.
final class RedisCommand: @unchecked Sendable {
    let words: [[UInt8]]
    /// By then an answer is there, or the command has failed.
    var deadline = Instant.never
    private var waiter: Waiter<RESPValue>?
    /// Nobody waits for it any more.
    private(set) var isOver = false

    init(_ words: [[UInt8]]) {
        self.words = words
    }

    /// Lets `waiter` know of the end, now if it is over already.
    func begin(_ waiter: Waiter<RESPValue>) {
        if isOver { waiter.resume(throwing: CancellationError()) } else { self.waiter = waiter }
    }

    /// Lets its task go on. Only the first call counts.
    func end(_ result: Result<RESPValue, any Error>) {
        isOver = true
        waiter?.resume(with: result)
        waiter = nil
    }

    /// Ends it with the server's answer.
    func answer(_ value: RESPValue) {
        if case .error(let text) = value {
            end(.failure(RedisError.refused(text)))
        } else {
            end(.success(value))
        }
    }
}

extension RedisCommand {
    /// Why a command would harm those that share its connection; nil: it does not.
    static func refusal(of words: [[UInt8]]) -> RedisError? {
        guard let name = words.first, !name.isEmpty else { return .command("A command has a name at least.") }
        let text = String(decoding: name, as: UTF8.self).uppercased()
        if changing.contains(text) {
            return .command(
                "\(text) would change the connection for all who share it. What has to happen at once is a script: EVAL."
            )
        }
        let isBlocking =
            reading.contains(text) && words.contains { String(decoding: $0, as: UTF8.self).uppercased() == "BLOCK" }
        if isBlocking || waiting.contains(text) {
            return .command("\(text) would hold up all who share the connection.")
        }
        return nil
    }

    private static let changing: Set<String> = [
        "AUTH", "HELLO", "SELECT", "RESET", "QUIT", "MULTI", "EXEC", "DISCARD", "WATCH", "UNWATCH", "SUBSCRIBE",
        "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE", "MONITOR", "SYNC", "PSYNC", "CLIENT",
        "ASKING", "READONLY", "READWRITE",
    ]
    /// They wait with the word BLOCK. A stream of that name is refused with them.
    private static let reading: Set<String> = ["XREAD", "XREADGROUP"]
    private static let waiting: Set<String> = [
        "BLPOP", "BRPOP", "BRPOPLPUSH", "BLMOVE", "BLMPOP", "BZPOPMIN", "BZPOPMAX", "BZMPOP", "WAIT", "WAITAOF",
    ]
}
