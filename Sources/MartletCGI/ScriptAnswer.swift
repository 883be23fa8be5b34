import HTTPTypes
import Logging
import Martlet
import MartletReactor
import MartletWire

/// Makes an HTTP answer of what a script writes (RFC 3875 §6), the same for CGI, FastCGI and SCGI. On the loop's thread.
///
/// Content streams through at the client's pace. What is no answer is a 502 that says nothing of it; the log has the
/// script's name and the reason.
final class ScriptAnswer: @unchecked Sendable {
    private let request: Request
    private let output: any ScriptOutput
    private let name: String
    private let loop: EventLoop
    private let limits: HeadLimits
    /// What came behind the head together with it.
    private var arrived: [UInt8] = []
    private var isSettled = false

    private init(
        _ request: Request,
        _ output: any ScriptOutput,
        _ name: String,
        _ loop: EventLoop,
        _ limits: HeadLimits
    ) {
        self.request = request
        self.output = output
        self.name = name
        self.loop = loop
        self.limits = limits
    }

    deinit {
        // An answer that nobody sent.
        if !isSettled { loop.execute { [output] in output.cancel() } }
    }

    /// Reads a script's answer.
    /// - Parameters:
    ///   - name: the script's, for the log.
    ///   - loop: the one whose thread this is.
    ///   - limits: of the head.
    /// - Throws: `HTTPError` 502 or 504 for a script that gives none; what reading the request's content throws;
    ///   `CancellationError` when the client is gone.
    static func read(
        for request: Request,
        from output: any ScriptOutput,
        named name: String,
        on loop: EventLoop,
        limits: HeadLimits
    ) async throws -> Response {
        let answer = ScriptAnswer(request, output, name, loop, limits)
        return try await withTaskCancellationHandler {
            try await answer.read()
        } onCancel: {
            loop.execute { output.cancel() }
        }
    }

    private func read() async throws -> Response {
        do {
            let head = try await readHead()
            return try await response(head)
        } catch {
            stop()
            try Task.checkCancellation()
            throw told(error)
        }
    }

    private func readHead() async throws -> CGIResponseHead {
        var parser = CGIResponseParser(limits: limits)
        var head = CGIResponseHead()
        while let piece = try await output.next() {
            if arrived.isEmpty { arrived = piece } else { arrived += piece }
            let octets = arrived  // Looked at where nobody can change them.
            if let count = try parser.parse(octets.span, into: &head) {
                arrived.removeFirst(count)
                return head
            }
        }
        throw CGIResponseParser.endError(isEmpty: arrived.isEmpty)
    }

    // MARK: What the head asks for

    private func response(_ head: CGIResponseHead) async throws -> Response {
        switch head.kind {
        case .localRedirect(let target):
            finish()
            return try await redispatch(to: target)
        case .redirect:
            finish()
            return sendable(head, .none)
        case .document, .redirectWithDocument:
            guard ResponseHead.allowsContent(head.status) else {
                finish()
                return sendable(head, .none)
            }
            guard request.method != .head else {
                finish()
                // Its length is told, its content is not sent (§4.3.3).
                return sendable(head, .stream(ResponseStream(length: head.contentLength) { _ in }))
            }
            try await output.settleContent()
            return sendable(head, .stream(stream(length: head.contentLength)))
        }
    }

    private func redispatch(to target: String) async throws -> Response {
        do {
            return try await request.redispatched(to: target)
        } catch let error as RedispatchError {
            switch error {
            case .invalidTarget: throw ScriptFailure("its Location is no path that could be asked for")
            case .noServer: throw ScriptFailure("its Location is a path, and there is no server to ask for it")
            case .tooManySteps:
                throw ScriptFailure("its Location leads from place to place, \(Request.redispatchLimit) times")
            }
        }
    }

    private func sendable(_ head: CGIResponseHead, _ body: Response.Body) -> Response {
        var response = Response(status: head.status, fields: head.fields, body: body)
        // The server sees to Date, Server and Content-Length (§6.3.4). A status that lacks a field it should have is the
        // script's affair, as is that of a server behind a gateway: then they are seen to here.
        guard Self.lacksField(head) else { return response }
        response.isForwarded = true
        response.fields = head.fields.filtered { name in
            !(name.equals(ignoringCase: "date") || name.equals(ignoringCase: "server")
                || name.equals(ignoringCase: "content-length"))
        }
        response.fields.append(.date, HTTPDate.string(WallClock.seconds()))
        if let server = request.serverName { response.fields.append(.server, server) }
        return response
    }

    private static func lacksField(_ head: CGIResponseHead) -> Bool {
        switch head.status.code {
        case 401: !head.fields.contains(.wwwAuthenticate)
        case 405: !head.fields.contains(.allow)
        case 426: true
        default: false
        }
    }

    // MARK: Content

    private func stream(length: Int?) -> ResponseStream {
        ResponseStream(length: length) { [self] writer in
            if loop.isCurrent { return try await pass(to: writer, length: length) }
            try await withTaskExecutorPreference(loop) { @concurrent in
                try await self.pass(to: writer, length: length)
            }
        }
    }

    /// Passes the content on as it comes, at the client's pace.
    private func pass(to writer: ResponseWriter, length: Int?) async throws {
        try await withTaskCancellationHandler {
            do {
                var rest = length ?? .max
                while rest > 0, var piece = try await nextPiece() {
                    if piece.count > rest {
                        complain("it wrote more than its Content-Length of \(length ?? 0); the rest is dropped")
                        piece.removeLast(piece.count - rest)
                    }
                    rest -= piece.count
                    try await writer.write(piece)
                }
                if length != nil, rest > 0 {
                    throw ScriptFailure("it wrote \(rest) octets less than its Content-Length")
                }
                finish()
            } catch {
                stop()
                guard let failure = error as? ScriptFailure else { throw error }
                complain(failure.reason)
                throw AnswerCut(reason: failure.reason)
            }
        } onCancel: { [loop, output] in
            loop.execute { output.cancel() }
        }
    }

    private func nextPiece() async throws -> [UInt8]? {
        guard arrived.isEmpty else {
            defer { arrived = [] }
            return arrived
        }
        return try await output.next()
    }

    // MARK: The end

    private func finish() {
        isSettled = true
        output.finish()
    }

    private func stop() {
        isSettled = true
        output.cancel()
    }

    /// What the client hears of a failure: that it did not work, and no more.
    private func told(_ error: any Error) -> any Error {
        switch error {
        case let failure as ScriptFailure:
            complain(failure.reason)
            return HTTPError(failure.status)
        case let error as CGIResponseError:
            complain(error.reason)
            return HTTPError(.badGateway)
        default: return error
        }
    }

    private func complain(_ reason: String) {
        request.logger.warning("script \(name): \(reason), for \(request.method.rawValue) of \(request.peer.host)")
    }
}

/// The end of an answer that has begun and cannot be completed.
struct AnswerCut: Error, CustomStringConvertible {
    let reason: String
    var description: String { reason }
}
