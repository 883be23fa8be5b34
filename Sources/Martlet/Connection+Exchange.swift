import HTTPTypes
import Logging
import MartletReactor
import MartletWire

/// From a parsed head to the handler, and from its answer to the output.
extension Connection {
    /// A head is complete: checks what only the server can decide and calls the handler.
    func beginExchange() {
        guard let exchange else { return }
        exchange.begin()
        let limit = worker.configuration.limits.body
        if case .length(let count) = exchange.head.framing, count > limit {
            return refuse(RequestBody.tooLarge(limit))
        }
        // A 2xx would turn the connection into a tunnel in the client's eyes (RFC 9110 §9.3.6).
        if exchange.head.method == .connect {
            return refuse(HTTPError(.notImplemented, "This server is no proxy: it opens no tunnels."))
        }
        if exchange.head.hasUnknownExpectation {
            return refuse(HTTPError(.expectationFailed, "The only expectation known here is 100-continue."))
        }
        let response: Response?
        do {
            // The request is gone when the answer is sent: the exchange alone holds the head then, and can use its
            // memory for the next one.
            response = try worker.immediate?.respondImmediately(to: request(of: exchange))
        } catch {
            return answer(error)
        }
        if let response { return answer(response) }
        startTask(request(of: exchange), exchange)
    }

    private func startTask(_ request: Request, _ exchange: Exchange) {
        phase = .responding
        unsetDeadline()
        let number = exchangeNumber
        let handler = worker.handler
        let task = Task.immediate(executorPreference: worker.loop) { [self] in
            let result: Result<Response, any Error>
            do {
                result = .success(try await handler.respond(to: request))
            } catch {
                result = .failure(error)
            }
            handlerEnded(number, result)
        }
        // A handler that never waited has answered already.
        guard phase == .responding, number == exchangeNumber else { return }
        exchange.task = task
        cancelIfFinished()
    }

    private func request(of exchange: Exchange) -> Request {
        Request(head: exchange.head, peer: peer, body: body(of: exchange))
    }

    private func body(of exchange: Exchange) -> RequestBody {
        switch exchange.head.framing {
        case .none: RequestBody(connection: nil, exchange: nil, contentLength: 0)
        case .length(let count): RequestBody(connection: self, exchange: exchangeNumber, contentLength: count)
        case .chunked: RequestBody(connection: self, exchange: exchangeNumber, contentLength: nil)
        }
    }

    private func handlerEnded(_ number: UInt64, _ result: Result<Response, any Error>) {
        guard worker.loop.isCurrent else {
            worker.loop.execute { [self] in handlerEnded(number, result) }
            return
        }
        // The client went away meanwhile.
        guard number == exchangeNumber, phase == .responding else { return }
        switch result {
        case .success(let response): answer(response)
        case .failure(let error): answer(error)
        }
        advance()
    }

    // MARK: Answers

    /// Refuses a request without asking the handler. The connection closes, since what follows cannot be trusted.
    func refuse(_ error: HTTPError) {
        if exchange == nil { exchange = worker.takeExchange() }
        closes = true
        logRefusal(error)
        answer(error)
    }

    func logRefusal(_ error: HTTPError) {
        worker.configuration.logger.info("\(peer.host): \(error.status.code) \(error.detail ?? "")")
    }

    /// Tells a client that there are too many, and closes.
    func refuseService() {
        var fields = Fields()
        fields.append(.retryAfter, "5")
        refuse(HTTPError(.serviceUnavailable, "The server has too many connections at the moment.", fields: fields))
        advance()
    }

    private func answer(_ error: any Error) {
        if let error = error as? HTTPError {
            let wantsHTML = exchange?.head.fields.namesHTML ?? false
            return answer(ErrorPage.response(for: error, wantsHTML: wantsHTML))
        }
        if error is CancellationError, exchange?.task?.isCancelled ?? false { return abort() }
        var line: [UInt8] = []
        if let exchange { AccessLog.appendEscaped(exchange.head.requestLineBytes, to: &line) }
        let request = String(decoding: line, as: UTF8.self)
        worker.configuration.logger.error("500 for \"\(request)\" of \(peer.host): \(error)")
        answer(HTTPError(.internalServerError))
    }

    /// Puts an answer into the output and goes on to whatever comes after it.
    private func answer(_ response: Response) {
        guard let exchange else { return }
        guard response.status.code >= 200 else { return answer(HandlerFault.notFinal(response.status.code)) }
        failReader(CancellationError())  // Somebody else than the handler may still be reading.
        exchange.task = nil
        let fields = fields(of: response)
        decideClosing(exchange, response)
        output.takeBuffer(from: &worker.loop.buffers)
        let before = output.bytes.count
        appendHead(of: response, fields, version: exchange.head.version, to: &output.bytes)
        exchange.status = response.status.code
        if exchange.head.method != .head, ResponseHead.allowsContent(response.status) {
            guard output.append(response.body) else {
                output.truncate(to: before)
                return answer(HandlerFault.fileChanged)
            }
            exchange.contentSent = response.body.count
        }
        if output.hasParts || closes {
            phase = .sending
        } else {
            finishExchange()
        }
    }

    /// The connection stays open when the client wants it (RFC 9112 §9.3) and the end of the request can be found.
    private func decideClosing(_ exchange: Exchange, _ response: Response) {
        if !exchange.head.wantsKeepAlive || worker.isDraining { closes = true }
        if response.fields.hasMessageFields, let options = response.fields[.connection]?.lowercased() {
            if options.split(whereSeparator: { ", \t".contains($0) }).contains("close") { closes = true }
        }
        switch exchange.content {
        case .none: break
        case .failed: closes = true
        case .length(let remaining) where remaining > Self.drainLimit: closes = true
        // Without the 100 it waits for, the client may send the content or the next request: nobody can tell.
        case .length, .chunked: if exchange.awaitsContinue { closes = true }
        }
    }

    private func appendHead(
        of response: Response,
        _ fields: Fields,
        version: HTTPVersion,
        to bytes: inout [UInt8]
    ) {
        ResponseHead.appendStatusLine(response.status, to: &bytes)
        worker.appendCommonFields(to: &bytes)
        fields.write(into: &bytes)
        if ResponseHead.allowsContentLength(response.status) {
            // 205 has a length, which is zero, but no content (RFC 9110 §15.3.6).
            let count = ResponseHead.allowsContent(response.status) ? response.body.count : 0
            ResponseHead.appendField("Content-Length", count, to: &bytes)
        }
        if closes {
            ResponseHead.appendField("Connection", "close", to: &bytes)
        } else if version == .http1_0 {
            ResponseHead.appendField("Connection", "keep-alive", to: &bytes)
        }
        ResponseHead.appendEnd(to: &bytes)
    }

    /// The response's fields without those that the server writes, and with those of the configuration.
    private func fields(of response: Response) -> Fields {
        let added = worker.configuration.fields
        guard !added.isEmpty || response.fields.hasMessageFields else { return response.fields }
        var fields = response.fields
        for name in Self.ownFields { fields[name] = nil }
        // What an answer depends on can only grow: without its own Vary a cache would mix its variants up.
        for (name, _) in added {
            if let name = HTTPField.Name(name), name != .vary { fields[name] = nil }
        }
        for (name, value) in added {
            guard let name = HTTPField.Name(name), !Self.ownFields.contains(name) else { continue }
            fields.append(name, value)
        }
        return fields
    }

    /// Fields that the server writes itself.
    private static let ownFields: [HTTPField.Name] = [.contentLength, .transferEncoding, .connection, .date, .server]
}

/// An answer that cannot be sent as the handler gave it: a 500, and this for the log.
private enum HandlerFault: Error, CustomStringConvertible {
    case notFinal(Int)
    case fileChanged

    var description: String {
        switch self {
        case .notFinal(let code): "the handler answered \(code), which is no final status"
        case .fileChanged: "a file of the answer became shorter before it was read"
        }
    }
}
