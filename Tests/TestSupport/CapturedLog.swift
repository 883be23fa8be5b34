public import Logging
import MartletReactor

/// What a server told its logger.
public final class CapturedLog: LogHandler {
    private let messages = Locked<[String]>([])

    /// Makes an empty log.
    public init() {}

    /// "level: message", in order.
    public var lines: [String] { messages.withLock { $0 } }

    /// Whether a line has this in it.
    public func contains(_ text: String) -> Bool { lines.contains { $0.contains(text) } }

    /// Keeps the message.
    public func log(event: LogEvent) {
        messages.withLock { $0.append("\(event.level): \(event.message)") }
    }

    /// None is kept.
    public subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    /// None is kept.
    public var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }

    /// Everything is kept.
    public var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
}
