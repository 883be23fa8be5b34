import MartletReactor
import MartletWire

/// From the socket's octets to a request head, with as little as possible in hand between requests.
extension Connection {
    func receiveHead() -> Bool {
        // A client that sends requests without taking answers must not fill the memory.
        guard output.pendingBytes < Output.highWater else { return flush() }
        if let exchange = parseHead() {
            beginExchange(exchange)
            return true
        }
        guard phase == .receivingHead else { return true }
        // Answers of a pipelined batch leave together, before the connection waits.
        guard flush() else { return false }
        guard inputReady else {
            rest()
            return false
        }
        return receive()
    }

    /// - Returns: the exchange of a head, when one is complete.
    private func parseHead() -> Exchange? {
        guard !input.isEmpty else { return nil }
        let exchange = takeExchange()
        if parser.isIdle { exchange.start = loop.now }
        do throws(RequestError) {
            return try parseInput(into: exchange) ? exchange : nil
        } catch {
            if error == .tlsClientHello {
                worker.complain(about: peer, "\(peer.host) speaks TLS, and this is plain HTTP: it wants http://")
            }
            refuse(HTTPError(error.status, error.reason))
            return nil
        }
    }

    private func parseInput(into exchange: Exchange) throws(RequestError) -> Bool {
        // Swapped out and back, so that no reference is counted.
        var held = ReceiveBuffer()
        swap(&held, &input)
        defer { swap(&held, &input) }
        guard let length = try parser.parse(held.bytes, into: &exchange.received.head) else { return false }
        held.consume(length)
        return true
    }

    /// The exchange of this connection, from the worker's when it has none.
    func takeExchange() -> Exchange {
        if let exchange { return exchange }
        let taken = worker.takeExchange()
        exchange = taken
        return taken
    }

    /// Receives once. An end or a failure closes the connection.
    func receive() -> Bool {
        takeInput()
        growInput()
        guard input.room > 0 else {
            abort(because: "its input does not fit")
            return false
        }
        switch receiveOnce() {
        case .count:
            return true
        case .wouldBlock:
            if phase == .receivingHead { rest() }
            return false
        case .end:
            return endOfInput()
        case .failed:
            abort()
            return false
        }
    }

    /// Makes sure that there is an input to receive into, from the pool.
    func takeInput() {
        if input.capacity == 0 { input = loop.buffers.takeReceiveBuffer() }
    }

    /// Gives the input back to the pool.
    func giveInput() {
        guard input.capacity > 0 else { return }
        var buffer = ReceiveBuffer()
        swap(&buffer, &input)
        loop.buffers.give(buffer)
    }

    /// Receives into the input, which was taken and has room, and notes what the kernel said.
    func receiveOnce() -> TransferResult {
        let room = input.room
        let result = transport.receive(into: &input)
        switch result {
        case .count(let count):
            if let observer = worker.observer { observer.received(count) }
            // Less than asked for: the kernel has no more. After a FIN the end itself is still to be received.
            if count < room, !peerFinished, !transport.mayHoldInput { inputReady = false }
        case .end:
            peerFinished = true
            inputReady = false
        case .wouldBlock:
            inputReady = false
            // More is there, but it is others' turn first.
            if transport.mayHoldInput { requestTurn() }
        case .failed:
            inputReady = false
        }
        return result
    }

    /// A head that does not fit gets more room, as much as the parser may want to see.
    private func growInput() {
        guard input.room == 0 else { return }
        let limits = worker.configuration.limits.heads  // Clamped: the sum cannot overflow.
        input.grow(toCapacity: min(input.capacity * 2, limits.requestLine + limits.head + 1024))
    }

    private func endOfInput() -> Bool {
        switch phase {
        case .responding:
            failReader(HTTPError(.badRequest, "The connection ended before the request did."))
            return false
        default:
            // Between requests this is the normal end; within one there is nobody left who could send the rest.
            close()
            return false
        }
    }

    /// Waits for the next octets, with as little as possible in hand.
    private func rest() {
        if !input.isEmpty, !parser.isIdle, let exchange {
            return setDeadline(at: exchange.start + worker.timeouts.head)
        }
        if worker.isDraining, !worker.keepsIdle { return close() }
        // Empty lines before a request, or behind the last one's content, are no request yet (RFC 9112 §2.2).
        if input.isEmpty { releaseBuffers() }
        setDeadline(after: worker.timeouts.keepAlive)
    }

    func releaseBuffers() {
        giveInput()
        output.giveBuffer(to: &loop.buffers)
        if let idle = exchange.take() { worker.give(idle) }
    }
}
