package import MartletReactor

/// What a gateway tells the server behind it of the hop that a request came by.
extension Request {
    /// The address that the client connected to; nil when the connection is gone, or there is none. Asks the kernel.
    package var localAddress: SocketAddress? { received.connection?.connection?.transport.socket.localAddress }
}

extension Request {
    /// How many segments of the whole path belong to the mounts above the handler.
    package var mountDepth: Int { hiddenSegments }
}
