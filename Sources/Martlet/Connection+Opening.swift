import MartletReactor
import MartletWire

/// What comes before the first request of a protected connection.
extension Connection {
    /// Settles what the connection waits for first.
    /// - Parameter afterHeader: no PROXY header is to come, or it has come.
    func begin(afterHeader: Bool) {
        if !afterHeader {
            phase = .learningPeer
            setDeadline(after: worker.timeouts.handshake)
        } else if transport.security != nil {
            phase = .shakingHands
            setDeadline(after: worker.timeouts.handshake)
        } else {
            phase = .receivingHead
            setDeadline(after: worker.timeouts.keepAlive)
        }
    }

    // MARK: The PROXY header

    /// Takes the header and nothing behind it: that may be a handshake.
    func learnPeer() -> Bool {
        guard worker.configuration.proxies.contains(where: { $0.contains(peer) }) else {
            return refusePeer("it is none of the proxies that this server is behind")
        }
        let proxy = peer
        var hasLeft = false
        let seen = transport.socket.peek(ProxyHeader.longest) { octets -> Result<Int?, ProxyHeader.Fault> in
            hasLeft = octets.isEmpty
            do throws(ProxyHeader.Fault) {
                guard let (header, count) = try ProxyHeader.parse(octets) else { return .success(nil) }
                peer = header.source ?? peer
                return .success(count)
            } catch {
                return .failure(error)
            }
        }
        switch seen {
        case nil, .success(nil):
            // A balancer that only looks whether somebody is there.
            if hasLeft { close() }
            return false
        case .success(let count?):
            transport.socket.discard(count)
            begin(afterHeader: true)
            return true
        case .failure(let fault):
            peer = proxy
            return refusePeer("it does not begin with a sound PROXY header (\(fault))")
        }
    }

    /// Closes without a word, as the protocol wants it.
    private func refusePeer(_ reason: String) -> Bool {
        complain(reason)
        close()
        return false
    }

    func complain(_ reason: String) {
        worker.complain(about: peer, "a connection of \(peer.host) was closed: \(reason)")
    }

    // MARK: The handshake

    /// Goes on with the handshake.
    func shakeHands() -> Bool {
        guard let security = transport.security else { return false }
        switch security.handshake() {
        case .done:
            worker.observer?.handshakeEnded(security.session?.isResumed ?? false ? .resumed : .full)
            phase = .receivingHead
            inputReady = true
            setDeadline(after: worker.timeouts.keepAlive)
        case .wouldBlock:
            return false
        case .plainHTTP:
            isMisplaced = true
            worker.observer?.handshakeEnded(.failed("http_request"))
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
        worker.observer?.handshakeEnded(.failed(failure.kind))
        worker.complain(about: peer, "TLS with \(peer.host) failed: \(failure.message)")
    }

    /// Why a request does not belong on this connection: no handler is asked, and no middleware, which might ask for a
    /// password in the clear.
    func misplaced(_ received: ReceivedRequest) -> HTTPError? {
        if isMisplaced { return Self.pointer(to: received.head) }
        guard let security = transport.security, !security.covers(received.head.hostBytes) else { return nil }
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

extension ProxyHeader {
    /// Where the client is; nil when the header does not say.
    fileprivate var source: SocketAddress? {
        switch endpoints {
        case .unknown, .local: nil
        case .ipv4(let source, let port, _, _): .ipv4(source, port: port)
        case .ipv6(let source, let port, _, _):
            .ipv6(
                source[..<8].reduce(0) { $0 << 8 | UInt64($1) },
                source[8...].reduce(0) { $0 << 8 | UInt64($1) },
                port: port,
                zone: 0
            )
        }
    }
}
