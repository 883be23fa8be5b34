import MartletReactor

/// What carries a connection's octets: its socket, bare or under TLS. Nobody above this can tell the two apart.
struct Transport {
    let socket: Socket
    /// Nil: the octets go in the clear.
    let security: SecureStream?

    /// Octets of a file that are protected and sent together: as many as a TLS record holds (RFC 8446 §5.1).
    private static let recordSize = 16 * 1024

    init(_ socket: Socket) {
        self.socket = socket
        security = nil
    }

    /// - Returns: nil when there is no memory to protect it.
    init?(_ socket: Socket, _ protection: (any StreamSecurity)?) {
        self.socket = socket
        guard let protection else {
            security = nil
            return
        }
        guard let security = protection.protect(socket) else { return nil }
        self.security = security
    }

    func receive(into buffer: inout ReceiveBuffer) -> TransferResult {
        if let security { security.receive(into: &buffer) } else { socket.receive(into: &buffer) }
    }

    /// Octets may wait where no event tells of them.
    var mayHoldInput: Bool {
        security?.mayHoldInput ?? false
    }

    func send(_ bytes: Span<UInt8>, more: Bool) -> TransferResult {
        if let security { security.send(bytes) } else { socket.send(bytes, more: more) }
    }

    func sendFile(_ file: CInt, offset: Int, count: Int) -> TransferResult {
        guard let security else { return socket.sendFile(file, offset: offset, count: count) }
        return OpenFile.withChunk(of: file, offset: offset, count: min(count, Self.recordSize)) { security.send($0) }
    }

    /// - Returns: false when the socket takes no more now.
    func finishSending() -> Bool {
        if let security { return security.finishSending() }
        socket.finishSending()
        return true
    }

    func resetOnClose() {
        if let security { security.resetOnClose() } else { socket.resetOnClose() }
    }

    func close() {
        if let security { security.close() } else { socket.close() }
    }

    /// The descriptor where plain octets can be sent; -1 where they would not be understood.
    var bareDescriptor: CInt { security == nil ? socket.fd : -1 }
}
