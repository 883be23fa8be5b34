import HTTPTypes
import Logging
import MartletReactor
import MartletWire

/// From HTTP to another protocol: the head of the 101, and the task that goes on after it.
extension Connection {
    /// Answers with a 101 and starts the task that goes on.
    func switchProtocols(_ response: Response, _ exchange: Exchange) {
        guard case .upgrade(let upgrade) = response.body else { return }
        guard upgrade.isRaw || response.status == .switchingProtocols else {
            return answer(HandlerFault.upgradeWithoutSwitching(response.status.code), exchange)
        }
        if let error = refusal(of: upgrade, exchange) { return answer(error, exchange) }
        exchange.task = nil
        exchange.status = response.status.code
        if worker.logsNames { exchange.name = response.fields[.xRequestID] }
        if !upgrade.isRaw {
            output.takeBuffer(from: &loop.buffers)
            appendHead(of: response, hasMessageFields: response.fields.hasMessageFields, version: .http1_1)
        }
        closes = true
        exchange.upgraded = UpgradedState(isRaw: upgrade.isRaw)
        phase = .upgraded
        unsetDeadline()
        let stream = UpgradedStream(reference: reference, exchange: exchangeNumber)
        handlerBegins(exchange.received)
        let task = Task.immediate(executorPreference: loop) { [self] in
            do {
                try await upgrade.handler(stream)
                upgradeEnded(stream.exchange, nil)
            } catch {
                upgradeEnded(stream.exchange, error)
            }
        }
        handlerWaits(task, in: .upgraded, exchange, stream.exchange)
        if worker.isDraining, !upgrade.isRaw { task.cancel() }
    }

    private func refusal(of upgrade: Upgrade, _ exchange: Exchange) -> HTTPError? {
        guard upgrade.isRaw || exchange.received.head.asksForUpgrade(to: upgrade.token) else {
            return HTTPError(
                HTTPResponse.Status(code: 426),
                "This address speaks \(upgrade.token); ask for it by Upgrade.",
                fields: Fields(.upgrade, upgrade.token)
            )
        }
        // What is content and what belongs to the other protocol must not be a matter of who counts.
        guard !exchange.expectsContent else {
            return HTTPError(.badRequest, "A request that changes the protocol has no content here.")
        }
        return nil
    }

    /// The handler has ended: what it wrote is sent, then the connection closes.
    private func upgradeEnded(_ number: UInt64, _ error: (any Error)?) {
        guard loop.isCurrent else {
            loop.execute { [self] in upgradeEnded(number, error) }
            return
        }
        guard number == exchangeNumber, phase == .upgraded, let exchange else { return }
        handlerReturned(exchange)
        if let error, !(error is CancellationError) {
            worker.configuration.logger.error("upgraded connection of \(peer.host): \(error)")
        }
        dropWaiting()
        exchange.task = nil
        // What was cut must not look complete.
        if error != nil, exchange.upgraded?.isRaw ?? false { return abort() }
        phase = .sending
        unsetDeadline()
        advance()
    }
}
