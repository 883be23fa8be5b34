import Martlet
import MartletReactor

/// Codes what is written to a stream, one write after the other, and passes each on at once: events arrive when they
/// happen.
final class CodedStream: Sendable {
    private let encoder: any Encoder
    private let turns = Locked(Turns())

    private struct Turns {
        var isTaken = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    init(_ encoder: any Encoder) {
        self.encoder = encoder
    }

    /// Codes `bytes` and writes what they become.
    func write(_ bytes: [UInt8], isLast: Bool, to writer: ResponseWriter) async throws {
        // Several tasks may write: the order of coding must be that of sending.
        await takeTurn()
        defer { endTurn() }
        try await writer.write(coded(bytes, isLast: isLast))
    }

    private func coded(_ bytes: [UInt8], isLast: Bool) async throws -> [UInt8] {
        let code: @Sendable () throws -> [UInt8] = { [encoder] in
            var output: [UInt8] = []
            try encoder.encode(bytes, isLast: isLast, into: &output)
            return output
        }
        guard bytes.count > ContentCoding.mostOnLoop else { return try code() }
        do {
            return try await ContentCoding.pool.run(code)
        } catch is SystemError {
            return try code()  // Too much waits already, and this cannot be sent in another form any more.
        }
    }

    private func takeTurn() async {
        await withCheckedContinuation { continuation in
            let isMine = turns.withLock { turns in
                if turns.isTaken { turns.waiting.append(continuation) }
                defer { turns.isTaken = true }
                return !turns.isTaken
            }
            if isMine { continuation.resume() }
        }
    }

    private func endTurn() {
        let next = turns.withLock { turns in
            if turns.waiting.isEmpty {
                turns.isTaken = false
                return CheckedContinuation<Void, Never>?.none
            }
            return turns.waiting.removeFirst()
        }
        next?.resume()
    }
}
