import HTTPTypes
import Logging
import MartletReactor
import MartletWire

/// From a parsed head to the handler, and from its answer to the output.
extension Connection {
    /// A head is complete: checks what only the server can decide and calls the handler.
    func beginExchange(_ exchange: Exchange) {
        exchange.begin()
        if let observer = worker.observer { exchange.observe(observer) }
        var request = Request(exchange.received)
        request.received.peer = peer
        if let security = transport.security { request.received.session = security.session }
        if let error = misplaced(request.received) { return refuse(error) }
        if let error = refusal(of: request.received) { return refuse(error, exchange) }
        handlerBegins(request.received)
        switch request.received.head.framing {
        case .none: break
        case .length(let count):
            request.received.body = RequestBody(of: reference, exchange: exchangeNumber, contentLength: count)
        case .chunked:
            request.received.body = RequestBody(of: reference, exchange: exchangeNumber, contentLength: nil)
        }
        let endpoint = worker.endpoint(for: &request)
        if worker.observer != nil { exchange.route = endpoint.pattern }
        do {
            if let function = endpoint.function {
                let response = try function(request)
                handlerReturned(exchange)
                answer(response, exchange)
            } else if let response = try endpoint.immediate?.respondImmediately(to: request) {
                handlerReturned(exchange)
                answer(response, exchange)
            } else if let deferring = endpoint.deferring, try takeOver(request, by: deferring, exchange) {
                return
            } else {
                startTask(endpoint, request, exchange)
            }
        } catch {
            handlerReturned(exchange)
            answer(error, exchange)
        }
    }

    /// What no handler is asked about.
    private func refusal(of received: ReceivedRequest) -> HTTPError? {
        let limit = worker.configuration.limits.body
        if case .length(let count) = received.head.framing, count > limit { return RequestBody.tooLarge(limit) }
        // A handler that does not look would store the part as the whole (RFC 9110 §14.5). What is passed on is not its own.
        if received.head.method == .put, received.head.fields.contains(.contentRange), !isPassedOn(received) {
            return HTTPError(.badRequest, "A part cannot be PUT here: send the whole, or use PATCH.")
        }
        switch received.head.form {
        // CONNECT. A 2xx would turn the connection into a tunnel in the client's eyes (RFC 9110 §9.3.6).
        case .authority: return HTTPError(.notImplemented, "This server is no proxy: it opens no tunnels.")
        // What came in the clear cannot be for https, whatever the client believes (RFC 9110 §7.4).
        case .absolute where received.session == nil && received.head.scheme != "http":
            return HTTPError(
                .misdirectedRequest,
                "This is a plain HTTP connection: only http URLs are served over it."
            )
        case .absolute where received.session != nil && received.head.scheme != "https":
            return HTTPError(.misdirectedRequest, "This is a TLS connection: only https URLs are served over it.")
        default: break
        }
        if received.head.hasUnknownExpectation {
            return HTTPError(.expectationFailed, "The only expectation known here is 100-continue.")
        }
        return nil
    }

    /// Whether somebody else has the last word on a request.
    private func isPassedOn(_ received: ReceivedRequest) -> Bool {
        var request = Request(received)
        guard case .handler(let handler) = worker.endpoint(for: &request).call else { return false }
        return handler is any DeferringHandler
    }

    /// Refuses a request whose head is valid: through the middleware of its route, for a page of another origin could not
    /// read an answer without its fields.
    private func refuse(_ error: HTTPError, _ exchange: Exchange) {
        var request = Request(exchange.received)
        let endpoint = worker.endpoint(for: &request)
        if worker.observer != nil { exchange.route = endpoint.pattern }
        if endpoint.middleware.isEmpty { return refuse(error) }
        closes = true
        logRefusal(error)
        handlerBegins(exchange.received)
        startTask(
            Endpoint(.failure(error), middleware: endpoint.middleware, pattern: endpoint.pattern),
            request,
            exchange
        )
    }

    /// From here on somebody works on the answer.
    func beginResponding(_ exchange: Exchange) {
        phase = .responding
        unsetDeadline()
        exchange.received.connection = reference
        exchange.received.exchange = exchangeNumber
    }

    func startTask(_ endpoint: Endpoint, _ request: Request, _ exchange: Exchange) {
        beginResponding(exchange)
        let number = exchangeNumber
        let task = Task.immediate(executorPreference: loop) { [self] in
            let result: Result<Response, any Error>
            do {
                // The outermost middleware is called from here, to have a frame less on the stack.
                if let first = endpoint.middleware.first {
                    result = .success(try await first.respond(to: request, next: Next(endpoint, from: 1)))
                } else {
                    result = .success(try await Next(endpoint)(request))
                }
            } catch {
                result = .failure(error)
            }
            handlerEnded(number, result)
        }
        handlerWaits(task, in: .responding, exchange, number)
    }

    func handlerEnded(_ number: UInt64, _ result: Result<Response, any Error>) {
        guard loop.isCurrent else {
            loop.execute { [self] in handlerEnded(number, result) }
            return
        }
        // The client went away meanwhile.
        guard number == exchangeNumber, phase == .responding, let exchange else { return }
        handlerReturned(exchange)
        switch result {
        case .success(let response): answer(response, exchange)
        case .failure(let error): answer(error, exchange)
        }
        advance()
    }

    // MARK: Answers

    /// Refuses a request without asking the handler. The connection closes, since what follows cannot be trusted.
    func refuse(_ error: HTTPError) {
        closes = true
        logRefusal(error)
        let exchange = takeExchange()
        if !exchange.hasHead, let observer = worker.observer { observer.requestBegan(.other) }
        answer(error, exchange)
    }

    func logRefusal(_ error: HTTPError) {
        worker.configuration.logger.info("\(peer.host): \(error.status.code) \(error.detail ?? "")")
    }

    /// Tells a client that there are too many, and closes.
    func refuseService() {
        // There is nothing to say it in yet.
        if phase == .shakingHands { return close() }
        refuse(
            HTTPError(
                .serviceUnavailable,
                "The server has too many connections at the moment.",
                fields: Fields(.retryAfter, "5")
            )
        )
        advance()
    }

    func answer(_ error: any Error, _ exchange: Exchange) {
        answer(exchange.received.response(for: error), exchange)
    }

    /// Puts an answer into the output and goes on to whatever comes after it.
    private func answer(_ response: borrowing Response, _ exchange: Exchange) {
        // Asked, not taken apart: that would copy the content.
        if response.body.isUpgrade { return switchProtocols(response, exchange) }
        if !response.isForwarded, let fault = HandlerFault(of: response.status.code, response.fields) {
            return answer(fault, exchange)
        }
        failReader(CancellationError())  // Somebody else than the handler may still be reading.
        exchange.task = nil
        if exchange.deferral != nil { exchange.deferral = nil }
        let hasMessageFields = response.fields.hasMessageFields
        decideClosing(exchange, isAskedTo: hasMessageFields && response.fields.hasMember("close", of: .connection))
        let allowsContent = ResponseHead.allowsContent(response.status)
        let isStream = response.body.isStream
        if isStream, allowsContent { decideFraming(exchange, length: response.body.count) }
        output.takeBuffer(from: &loop.buffers)
        let before = output.bytes.count
        appendHead(of: response, hasMessageFields: hasMessageFields, version: exchange.received.head.version)
        exchange.status = response.status.code
        if worker.logsNames { exchange.name = response.fields[.xRequestID] }
        guard allowsContent, exchange.received.head.method != .head else {
            return answerIsComplete(exchange)
        }
        if isStream { return beginStreaming(response.body, exchange) }
        let start = output.bytes.count
        guard output.append(response.body) else {
            output.truncate(to: before)
            return answer(HandlerFault.fileChanged, exchange)
        }
        exchange.contentSent = output.hasParts ? response.body.count ?? 0 : output.bytes.count - start
        answerIsComplete(exchange)
    }

    /// The whole answer is in the output.
    private func answerIsComplete(_ exchange: Exchange) {
        if output.hasParts || closes {
            phase = .sending
        } else {
            finishExchange(exchange)
        }
    }

    /// The connection stays open when the client wants it (RFC 9112 §9.3) and the end of the request can be found.
    /// - Parameter isAskedTo: the response says so in Connection.
    private func decideClosing(_ exchange: Exchange, isAskedTo: Bool) {
        if isAskedTo || !exchange.received.head.wantsKeepAlive || worker.isDraining { closes = true }
        switch exchange.content {
        case .none: break
        case .failed: closes = true
        case .length(let remaining) where remaining > Self.drainLimit: closes = true
        // Without the 100 it waits for, the client may send the content or the next request: nobody can tell.
        case .length, .chunked: if exchange.awaitsContinue { closes = true }
        }
    }

    private func decideFraming(_ exchange: Exchange, length: Int?) {
        if let length {
            exchange.streamFraming = .length(length)
        } else if exchange.received.head.version == .http1_0 {
            exchange.streamFraming = .untilClose
            closes = true
        } else {
            exchange.streamFraming = .chunked
        }
    }

    func appendHead(of response: borrowing Response, hasMessageFields: Bool, version: HTTPVersion) {
        var framing = ResponseHead.Framing.unstated
        if ResponseHead.allowsContentLength(response.status) {
            // 205 has a length, which is zero, but no content (RFC 9110 §15.3.6).
            if let count = ResponseHead.allowsContent(response.status) ? response.body.count : 0 {
                framing = .length(count)
            } else if version != .http1_0 {
                framing = .chunked
            }
        }
        var connection: StaticString?
        // Upgrade is for this connection only, so it has to be named (RFC 9110 §7.8).
        if hasMessageFields, response.fields.contains(.upgrade) {
            connection = closes ? "close, Upgrade" : "Upgrade"
        } else if closes {
            connection = "close"
        } else if version == .http1_0 {
            connection = "keep-alive"
        }
        let common = response.isForwarded ? [] : worker.commonLines()
        if hasMessageFields && !response.isForwarded || worker.addsFields {
            let fields = worker.fields(of: response, isMisplaced: isMisplaced)
            ResponseHead.append(
                response.status,
                common: common.span,
                fields,
                framing: framing,
                connection: connection,
                to: &output.bytes
            )
        } else {
            ResponseHead.append(
                response.status,
                common: common.span,
                response.fields,
                framing: framing,
                connection: connection,
                to: &output.bytes
            )
        }
    }
}
