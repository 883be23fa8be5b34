public import Testing

/// Asks a server in every way that a request can arrive, and expects the same answer each time: in one piece, in two cut at
/// each octet, an octet a packet, and pipelined behind another request. The connection must end with the answer.
/// - Parameters:
///   - connect: opens a connection.
/// - Returns: all that comes for the request in one piece, Dates masked.
@discardableResult
public func everyDelivery(
    of request: String,
    _ connect: () throws -> TestSocket,
    sourceLocation: SourceLocation = #_sourceLocation
) throws -> String {
    let octets = Array(request.utf8)
    func answer(to pieces: [ArraySlice<UInt8>]) throws -> String {
        let socket = try connect()
        for piece in pieces { try socket.send(piece) }
        return withoutDates(try socket.receiveAll())
    }
    let whole = try answer(to: [octets[...]])
    for cut in octets.indices.dropFirst() {
        let inTwo = try answer(to: [octets[..<cut], octets[cut...]])
        #expect(inTwo == whole, "cut at octet \(cut)", sourceLocation: sourceLocation)
    }
    let oneByOne = try answer(to: octets.indices.map { octets[$0...$0] })
    #expect(oneByOne == whole, "an octet a packet", sourceLocation: sourceLocation)

    // An answer to HEAD ends with its head, whatever it says.
    let first = "HEAD /first HTTP/1.1\r\nHost: first\r\n\r\n"
    let pipelined = try connect()
    try pipelined.send(first + request)
    _ = try pipelined.receive(through: "\r\n\r\n")
    let second = withoutDates(try pipelined.receiveAll())
    #expect(second == whole, "pipelined", sourceLocation: sourceLocation)
    return whole
}

/// The octets as text, with an asterisk in the place of each Date.
private func withoutDates(_ bytes: [UInt8]) -> String {
    String(decoding: bytes, as: UTF8.self)
        .replacing(/\r\nDate: [A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\r\n/, with: "\r\nDate: *\r\n")
}
