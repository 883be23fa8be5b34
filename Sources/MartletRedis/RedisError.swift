/// Why a command has no answer.
public enum RedisError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The URL is none of a Redis server: what is wrong with it.
    case address(String)
    /// The command is not sent over a connection that others share: why.
    case command(String)
    /// There is no connection: why. The command was not sent.
    case unreachable(String)
    /// No answer came in time: who was waited for. The command may have been carried out all the same.
    case timedOut(String)
    /// The connection ended before the answer: how. The command may have been carried out all the same.
    case lost(String)
    /// What the server sent is no answer: why. The connection was closed. The command may have been carried out.
    case malformed(String)
    /// The server's answer: it refuses the command, in its words: "ERR unknown command".
    case refused(String)
    /// So many commands wait already that this one was not sent.
    case busy(Int)

    /// The reason, in a sentence or in the server's words.
    public var description: String {
        switch self {
        case .address(let text), .command(let text), .unreachable(let text), .timedOut(let text), .lost(let text),
            .malformed(let text):
            text
        case .refused(let text):
            text.hasPrefix("MOVED ") || text.hasPrefix("ASK ")
                ? "Redis Cluster is not supported: \(text)" : "Redis refused: \(text)"
        case .busy(let count):
            "\(count) commands wait for Redis already."
        }
    }
}
