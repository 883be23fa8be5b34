import HTTPTypes
import MartletWire

/// What the `:names` of a route stand for in one request. Nothing is copied until a value is asked for.
public struct PathParameters: Sendable {
    private let received: ReceivedRequest
    private let pattern: RoutePattern?
    private let start: Int

    init(_ received: ReceivedRequest, _ pattern: RoutePattern?, start: Int) {
        self.received = received
        self.pattern = pattern
        self.start = start
    }

    /// The segment that `:name` stands for, percent-decoded once, never empty; of a host in lower case. Nil only when the
    /// route has no such name. Octets that are not UTF-8 read as U+FFFD.
    public subscript(_ name: String) -> String? {
        octets(of: name).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The segment as a value of another type, such as a number.
    /// ```swift
    /// let id: Int = try request.parameters.require("id")
    /// ```
    /// - Throws: an `HTTPError`: 404 when the segment is no such value, as nothing can have that name; 400 when it is not
    ///   UTF-8. When the route has no such name, an error that ends in a 500.
    public func require<Value: LosslessStringConvertible>(
        _ name: String,
        as type: Value.Type = Value.self
    ) throws -> Value {
        guard let octets = octets(of: name) else { throw MissingParameter(name: name, route: pattern?.text) }
        guard let text = String(validating: octets, as: UTF8.self) else {
            throw HTTPError(.badRequest, "A segment of the path is not UTF-8.")
        }
        guard let value = Value(text) else { throw HTTPError(.notFound) }
        return value
    }

    private func octets(of name: String) -> [UInt8]? {
        switch pattern?.source(of: name) {
        case .segment(let index):
            let path = received.head.path
            let segment = path.segment(start + index)
            return Array(segment, 0..<segment.count)
        case .hostLabel:
            let host = received.head.authority?.host ?? ""
            return Array(host.utf8.prefix { $0 != UInt8(ascii: ".") })
        case nil:
            return nil
        }
    }
}

/// A handler asked for a parameter that its route does not have: for the log.
private struct MissingParameter: Error, CustomStringConvertible {
    let name: String
    let route: String?

    var description: String { "the route \(route ?? "(none)") has no parameter \":\(name)\"" }
}
