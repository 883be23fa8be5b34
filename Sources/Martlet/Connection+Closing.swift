import Logging
import MartletReactor
import MartletWire

/// The ways out: dropping what nobody wants, lingering, closing.
extension Connection {
    // MARK: Dropping what is not wanted

    /// Receives the rest of a request's content that its handler did not want.
    func drain() -> Bool {
        guard flush(), let exchange else { return false }
        do throws(RequestError) {
            takeInput()
            switch try exchange.takeContent(from: &input) {
            case .end:
                nextExchange()
                return true
            case .data(let data):
                discarded += data.count
                if discarded > Self.drainLimit { beginClosing() }
                return true
            case .needsInput:
                return inputReady && receive()
            }
        } catch {
            exchange.content = .failed(error)
            beginClosing()
            return true
        }
    }

    /// Closes once everything is sent: at once when nothing unread can be there, else after lingering.
    func beginClosing() {
        let hasHead = exchange?.hasHead ?? false
        // After a 101 only the other protocol knows whether the client has more to say.
        let expectsInput =
            !hasHead || exchange?.mayHaveContent ?? false || !input.isEmpty || exchange?.upgraded != nil
        guard inputReady || expectsInput && !peerFinished else { return close() }
        _ = transport.finishSending()
        phase = .lingering(until: loop.now + Self.longestLinger)
    }

    func linger(until end: Instant) -> Bool {
        input.removeAll()
        // A close_notify that found no room.
        if transport.security != nil { _ = transport.finishSending() }
        setDeadline(at: min(loop.now + Self.lingerTimeout, end))
        return inputReady && receive()
    }

    // MARK: The end

    /// For a server that stops: an idle connection goes, a busy one closes after its answer, and who speaks another
    /// protocol hears of it by cancellation.
    func closeIfIdle() {
        if phase == .upgraded, !(exchange?.upgraded?.isRaw ?? false) { exchange?.task?.cancel() }
        if phase == .streaming, exchange?.stream?.isEndless ?? false { return cancelStream() }
        guard phase == .receivingHead else { return }
        // Octets that the kernel has and no event has told of yet are a request on its way: `rest` decides.
        inputReady = true
        if !awaitsTurn { advance() }
    }

    /// Whether an answer is on its way, or a handler at work on one.
    var isAnswering: Bool {
        switch phase {
        case .responding, .streaming, .sending, .upgraded: true
        default: false
        }
    }

    /// Closes without care for what was not sent. An answer that is cut this way cannot look complete.
    func abort(because reason: String? = nil) {
        guard phase != .closed else { return }
        if let reason { worker.configuration.logger.info("connection of \(peer.host) cut: \(reason)") }
        switch phase {
        case .responding:
            exchange?.status = AccessLog.unanswered
            recordExchange()
            transport.resetOnClose()
        case .streaming, .sending, .upgraded:
            if let exchange { exchange.contentSent -= min(output.remaining, exchange.contentSent) }
            recordExchange()
            transport.resetOnClose()
        default:
            if !output.isEmpty { transport.resetOnClose() }
        }
        close()
    }

    func close() {
        guard let registration else { return }
        self.registration = nil
        phase = .closed
        failReader(CancellationError())
        dropWaiting()
        exchange?.task?.cancel()
        exchange?.deferral.take()?.cancel()
        output.removeAll()
        releaseBuffers()
        loop.deregister(registration, fd: nil)
        transport.close()
        worker.remove(self)
    }
}
