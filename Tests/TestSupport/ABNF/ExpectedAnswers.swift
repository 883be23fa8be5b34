/// What a server has to do with a stream of octets on one connection, as the grammar says it.
public struct ExpectedAnswers: Sendable {
    /// One answer, or the possibility of one.
    public enum Answer: Sendable {
        /// That of the handler. `content` is nil where it comes incomplete or broken.
        case handled(ReferenceHead, content: ReferenceContent?)
        /// A refusal with one of these statuses; then the connection closes. The method is nil where it is not certain.
        case refusal([Int], method: String?)
        /// A refusal, or nothing; then the connection closes.
        case perhapsRefusal
    }

    /// How the connection goes on after the answers.
    public enum Ending: Sendable {
        /// It waits for the next request.
        case open
        /// It closes by itself.
        case closes
        /// It closes once the client says that nothing more comes.
        case unfinished
    }

    /// The answers, in order.
    public var answers: [Answer] = []
    /// What comes behind them.
    public var ending = Ending.open

    /// Statuses for a request that is malformed, too large, or in another version.
    public static let refusals = [400, 413, 414, 417, 431, 501, 505]

    /// Reads all requests in `octets`; one after whose answer `closes` says so is the last.
    public init(to octets: [UInt8], closes: (ReferenceHead) -> Bool) {
        var position = 0
        while true {
            let rest = Array(octets[position...])
            switch ReferenceHead.read(rest) {
            case .incomplete:
                if rest.isEmpty { return }
                answers.append(.perhapsRefusal)
                ending = .unfinished
                return
            case .doomed:
                answers.append(.perhapsRefusal)
                ending = .unfinished
                return
            case .refused:
                answers.append(.refusal(Self.refusals, method: Self.method(in: rest)))
                ending = .closes
                return
            case .complete(let head, let count):
                position += count
                if let status = Self.refusal(of: head) {
                    answers.append(.refusal([status], method: head.method))
                    ending = .closes
                    return
                }
                guard let length = take(head, Array(octets[position...])) else { return }
                position += length
                if !head.wantsKeepAlive || closes(head) {
                    ending = .closes
                    return
                }
            }
        }
    }

    /// Expects the answer to one request; the length of its content, nil if it ends badly.
    private mutating func take(_ head: ReferenceHead, _ rest: [UInt8]) -> Int? {
        switch ReferenceContent.read(rest, head.framing) {
        case .complete(let content, let length):
            answers.append(.handled(head, content: content))
            return length
        case .incomplete, .doomed:
            answers.append(.handled(head, content: nil))
            ending = .unfinished
        case .refused:
            answers.append(.handled(head, content: nil))
            ending = .closes
        }
        return nil
    }

    /// The method of a request that is refused, if its line at least ends and begins as it should.
    private static func method(in octets: [UInt8]) -> String? {
        var lines = Lines(octets)
        while lines.startsEmpty { lines.skip() }
        guard let row = lines.next(), row.count <= 8194, !row.dropLast(2).contains(where: { $0 < 0x20 || $0 == 0x7F })
        else { return nil }
        let method = row.prefix { $0 != 0x20 }
        return Grammar.http.match("method", Array(method)) == .whole && method.count <= 32 ? Array(method).text : nil
    }

    /// What the server answers before it asks its handler.
    private static func refusal(of head: ReferenceHead) -> Int? {
        if case .length(let count) = head.framing, count > 16 << 20 { return 413 }
        if head.method == "CONNECT" { return 501 }
        if head.method == "PUT", head.fields.contains(where: { $0.name.lowercased() == "content-range" }) { return 400 }
        // Absolute-form; over clear text it can be for http only.
        if !head.target.hasPrefix("/"), let end = head.target.firstRange(of: "://")?.lowerBound,
            head.target[..<end].lowercased() != "http"
        {
            return 421
        }
        return head.hasUnknownExpectation ? 417 : nil
    }
}

extension ReferenceHead {
    /// The first segment of the path as it came; empty where there is none.
    public var kind: String {
        var path = target.prefix { $0 != "?" }
        if !path.hasPrefix("/") {
            let parts = path.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
            path = parts.count == 4 ? "/" + parts[3] : ""
        }
        return path.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false).dropFirst().first.map(
            String.init
        )
            ?? ""
    }

    /// A number that two equal heads share, and hardly any other.
    public var digest: String {
        var text = "\(method) \(target) \(minorVersion) \(framing) \(wantsKeepAlive) \(expectsContinue)"
        for field in fields { text += "\n\(field)" }
        return hash(text.utf8)
    }
}

/// FNV-1a in hexadecimal.
public func hash(_ octets: some Sequence<UInt8>) -> String {
    String(octets.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }, radix: 16)
}
