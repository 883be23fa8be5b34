import MartletReactor
import MartletWire

/// What comes before the first request of a protected connection.
extension Connection {
    /// Goes on with the handshake.
    func shakeHands() -> Bool {
        guard let security = transport.security else { return false }
        switch security.handshake() {
        case .done:
            session = security.session
            phase = .receivingHead
            inputReady = true
            setDeadline(after: worker.timeouts.keepAlive)
        case .wouldBlock:
            return false
        case .plainHTTP:
            isMisplaced = true
            expectPlain()
            phase = .receivingHead
        case .failed(let failure):
            handshakeFailed(failure)
            // What still comes is dropped, so that no reset overtakes the alert.
            expectPlain()
            beginClosing()
        }
        return true
    }

    /// From here on nothing is protected.
    private func expectPlain() {
        transport = Transport(transport.socket)
        inputReady = true
    }

    func handshakeFailed(_ failure: SecurityFailure) {
        worker.complain(about: peer, "TLS with \(peer.host) failed: \(failure.message)")
    }

    /// Why a request does not belong on this connection: no handler is asked, and no middleware, which might ask for a
    /// password in the clear.
    func misplaced(_ head: borrowing RequestHead) -> HTTPError? {
        if isMisplaced { return Self.pointer(to: head) }
        guard let security = transport.security, !security.covers(head.hostBytes) else { return nil }
        // RFC 9110 §7.4: a client that reuses a connection for another name is to make one of its own.
        return HTTPError(.misdirectedRequest, "The certificate of this connection is not for the host of this URL.")
    }

    /// What a client is told that speaks HTTP where TLS is spoken: where it finds what it looks for.
    private static func pointer(to head: borrowing RequestHead) -> HTTPError {
        guard let authority = head.authority else {
            return HTTPError(.badRequest, "This port speaks TLS: use https:// instead of http://.")
        }
        let query = head.query.map { "?\($0)" } ?? ""
        let url = "https://\(authority)\(head.rawPath)\(query)"
        guard head.method == .get || head.method == .head else {
            return HTTPError(.badRequest, "This port speaks TLS: use \(url)")
        }
        return HTTPError(.permanentRedirect, "This port speaks TLS: use \(url)", fields: Fields(.location, url))
    }
}
