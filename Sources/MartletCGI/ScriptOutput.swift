import HTTPTypes

/// What a script writes as its answer, head and content: the standard output of a process, or a stream of FastCGI's records.
///
/// Everything is called on the thread of the request's loop.
protocol ScriptOutput: AnyObject, Sendable {
    /// Waits for the next octets, never none; nil at the end of the output.
    ///
    /// What was not asked for stays where it is, so that a slow client slows its script down.
    /// - Throws: `ScriptFailure` when the script fails before that, or takes too long; an `HTTPError` when the request's
    ///   content does; `CancellationError` after `cancel`.
    func next() async throws -> [UInt8]?

    /// The head of the answer was read, and the answer will begin when this returns. From then on the connection brings no
    /// more of the request's content: so this waits until the script has it, and keeps meanwhile what the script writes.
    func settleContent() async throws

    /// Nothing more is wanted, though the script may have more to say, and may end as it likes. No effect after `cancel`.
    func finish()

    /// Nobody waits for an answer any more: the script is stopped. No effect after `finish`.
    func cancel()
}

extension ScriptOutput {
    /// Nothing: for scripts that have all the content before they answer.
    func settleContent() async throws {}
}

/// Why a script gave no answer, or not all of one.
struct ScriptFailure: Error, CustomStringConvertible {
    /// What the client is told, and no more.
    let status: HTTPResponse.Status
    /// For the log: follows the script's name.
    let reason: String

    init(_ reason: String, status: HTTPResponse.Status = .badGateway) {
        self.status = status
        self.reason = reason
    }

    var description: String { reason }
}
