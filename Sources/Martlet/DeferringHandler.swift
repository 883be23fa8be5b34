import MartletReactor

/// A handler that takes requests over and answers them later, from events on the same loop: without a task for each.
package protocol DeferringHandler: Handler {
    /// Takes a request over, on its connection's loop. The answer may be given before this returns.
    /// - Returns: who hears when nobody waits for the answer any more; nil: it is not taken over, and `respond` is called.
    /// - Throws: as `respond(to:)`.
    func takeOver(_ request: Request, _ answer: DeferredAnswer) throws -> (any Deferral)?
}

/// Who works on an answer that was deferred.
package protocol Deferral: AnyObject {
    /// Nobody waits any more. On the loop's thread.
    func cancel()
}

/// Where the answer to a request goes that was taken over. On the loop's thread only; only the first answer counts.
package struct DeferredAnswer {
    let connection: Connection
    let number: UInt64

    /// Answers.
    package func give(_ result: Result<Response, any Error>) {
        connection.handlerEnded(number, result)
    }

    /// Leaves the answer to a task after all: something has to be awaited.
    package func make(by operation: @escaping @Sendable () async throws -> Response) {
        connection.makeAnswer(number, by: operation)
    }
}

extension Connection {
    /// Lets a handler take the request over.
    /// - Returns: false when it does not take it.
    func takeOver(_ request: Request, by handler: any DeferringHandler, _ exchange: Exchange) throws -> Bool {
        beginResponding(exchange)
        let number = exchangeNumber
        let answer = DeferredAnswer(connection: self, number: number)
        guard let deferral = try handler.takeOver(request, answer) else { return false }
        // It may have been answered meanwhile, or left to a task.
        guard number == exchangeNumber, phase == .responding, exchange.task == nil else { return true }
        exchange.deferral = deferral
        handlerWaits(nil, in: .responding, exchange, number)
        return true
    }

    fileprivate func makeAnswer(_ number: UInt64, by operation: @escaping @Sendable () async throws -> Response) {
        guard number == exchangeNumber, phase == .responding, let exchange else { return }
        exchange.deferral = nil
        exchange.endWaiting()
        handlerBegins(exchange.received)
        startTask(Endpoint(.function { _ in try await operation() }), Request(exchange.received), exchange)
    }
}
