public import MartletReactor
public import Testing

/// What the server at `address` answers to a request, which must be the same every way it can arrive (`EveryWay`).
@discardableResult
public func everyDelivery(
    of request: String,
    at address: SocketAddress,
    sourceLocation: SourceLocation = #_sourceLocation
) throws -> String {
    let way = try EveryWay(request.utf8, at: address)
    #expect(way.difference == nil, sourceLocation: sourceLocation)
    return way.answer
}
