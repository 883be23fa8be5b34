/// What a test did that its `TestServer` did not expect; thrown at the end of `withServer`.
public struct ServerProblems: Error, Sendable, CustomStringConvertible {
    /// One thing that went other than planned.
    public enum Problem: Sendable, Hashable, CustomStringConvertible {
        /// No route and no enqueued answer was there for this request ("GET /x"); it was answered 500.
        case unexpectedRequest(String, connection: Int)
        /// So many enqueued answers were never asked for.
        case unusedAnswers(Int)
        /// What came on a connection is no complete, valid request, for this reason.
        case brokenRequest(String, connection: Int)
        /// The route for this request threw this error; it was answered 500.
        case routeFailed(String, error: String)
        /// An enqueued fault at `.accept` did not happen, because this request came on a connection that was open.
        case missedFault(String, connection: Int)
        /// A limit of the server was reached, as the text says.
        case limit(String)

        /// A sentence that names the request.
        public var description: String {
            switch self {
            case .unexpectedRequest(let request, let connection):
                "unexpected request \(request) on connection \(connection): no answer was enqueued and no route matches"
            case .unusedAnswers(let count):
                "\(count) enqueued answer\(count == 1 ? " was" : "s were") never asked for"
            case .brokenRequest(let reason, let connection):
                "connection \(connection) sent a broken request: \(reason)"
            case .routeFailed(let request, let error):
                "the route for \(request) threw: \(error)"
            case .missedFault(let request, let connection):
                "the fault at accept did not happen: \(request) came on connection \(connection), which was open already"
            case .limit(let text):
                text
            }
        }
    }

    /// What went other than planned, in order.
    public let problems: [Problem]
    /// What the closure of `withServer` threw itself, if it did.
    public let underlying: (any Error)?

    /// All of it, a line each: what test reports show.
    public var description: String {
        let lines = problems.map(\.description)
        guard let underlying else { return lines.joined(separator: "\n") }
        return (["\(underlying)"] + lines).joined(separator: "\n")
    }
}

/// What `withServer` puts up with.
public struct Allowance: OptionSet, Sendable {
    /// The bits.
    public let rawValue: Int

    /// An allowance of its bits.
    public init(rawValue: Int) {
        self.rawValue = rawValue
    }

    /// Answers may stay enqueued.
    public static let unusedAnswers = Allowance(rawValue: 1)
    /// Requests may come that no answer was planned for.
    public static let unexpectedRequests = Allowance(rawValue: 2)
    /// Requests may be malformed or end in the middle, as when a client gives up while it sends.
    public static let brokenRequests = Allowance(rawValue: 4)

    func covers(_ problem: ServerProblems.Problem) -> Bool {
        switch problem {
        case .unusedAnswers: contains(.unusedAnswers)
        case .unexpectedRequest: contains(.unexpectedRequests)
        case .brokenRequest: contains(.brokenRequests)
        case .routeFailed, .missedFault, .limit: false
        }
    }
}
