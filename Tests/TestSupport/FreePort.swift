import MartletReactor

/// A port that nobody listened at a moment ago.
public func freePort() throws -> UInt16 {
    let listener = try ListeningSocket.bind(.loopback(port: 0), count: 1)[0]
    defer { listener.close() }
    return listener.address.port ?? 0
}
