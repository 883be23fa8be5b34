import HTTPTypes
import Logging
import Martlet
import MartletReactor

/// The output of a script that writes HTTP itself (RFC 3875 §5), on its way to the client as it is. On the loop's thread.
final class RawAnswer: @unchecked Sendable {
    private let output: any ScriptOutput
    private let loop: EventLoop
    private var isSettled = false

    private init(_ output: any ScriptOutput, _ loop: EventLoop) {
        self.output = output
        self.loop = loop
    }

    deinit {
        // An answer that nobody sent.
        if !isSettled { loop.execute { [output] in output.cancel() } }
    }

    /// Waits for the first octets of a script's output: as long as there are none, the client can be told of failures.
    /// - Throws: as `ScriptAnswer.read`.
    static func read(
        for request: Request,
        from output: any ScriptOutput,
        named name: String,
        on loop: EventLoop
    ) async throws -> Response {
        let answer = RawAnswer(output, loop)
        return try await withTaskCancellationHandler {
            do {
                guard let first = try await output.next() else { throw ScriptFailure("it wrote nothing") }
                try await output.settleContent()
                return Response.raw(status: HTTPResponse.Status(code: status(of: first))) { stream in
                    try await answer.pass(first, to: stream, named: name, request)
                }
            } catch {
                answer.stop()
                try Task.checkCancellation()
                guard let failure = error as? ScriptFailure else { throw error }
                complain(name, failure, request)
                throw HTTPError(failure.status)
            }
        } onCancel: {
            loop.execute { output.cancel() }
        }
    }

    private func pass(_ first: [UInt8], to stream: UpgradedStream, named name: String, _ request: Request) async throws
    {
        try await withTaskCancellationHandler {
            do {
                try await stream.write(first)
                while let piece = try await output.next() { try await stream.write(piece) }
                isSettled = true
                output.finish()
            } catch {
                stop()
                guard let failure = error as? ScriptFailure else { throw error }
                Self.complain(name, failure, request)
                throw AnswerCut(reason: failure.reason)
            }
        } onCancel: { [loop, output] in
            loop.execute { output.cancel() }
        }
    }

    private func stop() {
        isSettled = true
        output.cancel()
    }

    /// The code in its status line, for the log; 200 where that cannot be read.
    private static func status(of octets: [UInt8]) -> Int {
        guard octets.starts(with: "HTTP/1.".utf8), octets.count >= 12, octets[8] == UInt8(ascii: " ") else {
            return 200
        }
        let digits = octets[9..<12]
        guard digits.allSatisfy({ 0x30...0x39 ~= $0 }) else { return 200 }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private static func complain(_ name: String, _ failure: ScriptFailure, _ request: Request) {
        request.logger.warning(
            "script \(name): \(failure.reason), for \(request.method.rawValue) of \(request.peer.host)"
        )
    }
}
