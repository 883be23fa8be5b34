import Glibc
import MartletReactor
import TestSupport

/// Octets for one connection, and how they are sent.
struct FuzzCase {
    /// What was found wrong.
    struct Finding: Error {
        let what: String
    }

    let octets: [UInt8]
    /// Where the octets are cut into pieces that are sent by themselves.
    let cuts: [Int]
    /// Microseconds between two pieces.
    let pause: UInt32
    /// Says right after the octets that nothing more comes.
    let finishes: Bool
    /// Goes away by a reset in the middle: nothing is expected but that the server lives on.
    let vanishes: Bool

    init(_ octets: [UInt8], random: inout SplitMix) {
        self.octets = octets
        let count = random.chance(3) ? 0 : random.below(random.chance(10) ? max(1, octets.count) : 6)
        cuts = (0..<count).map { _ in random.below(octets.count + 1) }.sorted()
        pause = random.chance(2) ? 0 : UInt32(random.below(300))
        finishes = random.chance(4)
        vanishes = random.chance(30)
    }

    /// Plays the case against the server at `address` and checks all that comes.
    func run(against address: SocketAddress) throws {
        // HTTP/1.0 has no chunks: where the length is not known, the end is that of the connection.
        var expected = ExpectedAnswers(to: octets) { head in
            head.kind == "last" || head.kind == "stream" && head.minorVersion == 0
        }
        let client = try FuzzClient(TestSocket.connect(to: address))
        var start = 0
        for cut in cuts + [octets.count] {
            try client.send(octets[start..<cut])
            if vanishes, cut > octets.count / 2 { return client.socket.reset() }
            if pause > 0 { usleep(pause) }
            start = cut
        }
        if vanishes { return client.socket.reset() }
        if finishes || expected.ending == .unfinished { client.socket.finishSending() }
        if finishes, expected.ending == .open { expected.ending = .unfinished }

        for (number, answer) in expected.answers.enumerated() {
            let isLast = number == expected.answers.count - 1
            guard let received = try client.answer(to: answer) else {
                try answer.checkMissing(number, expected.ending)
                return
            }
            try answer.check(received, number, isLast: isLast, expected.ending)
            if received.hasConnectionOption("close") || received.endsWithConnection { return try client.expectEnd() }
            if isLast, expected.ending != .open { break }
        }
        guard expected.ending == .open else { return try client.expectEnd() }
        try probe(client)
    }

    /// The connection must still be good for one request more, which closes it.
    private func probe(_ client: FuzzClient) throws {
        let last = Array("GET /echo/last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8)
        try client.send(last[...])
        guard case .complete(let head, _) = ReferenceHead.read(last) else { throw Finding(what: "the last request") }
        let answer = ExpectedAnswers.Answer.handled(head, content: ReferenceContent())
        guard let received = try client.answer(to: answer) else {
            throw Finding(what: "the connection closed where it should stay open")
        }
        try answer.check(received, -1, isLast: true, .closes)
        try client.expectEnd()
    }
}

extension ExpectedAnswers.Answer {
    /// The method of the request, nil where the server may have understood another.
    var method: String? {
        switch self {
        case .handled(let head, _): head.method
        case .refusal(_, let method): method
        case .perhapsRefusal: nil
        }
    }

    /// Whether the connection may end instead of this answer.
    func checkMissing(_ number: Int, _ ending: ExpectedAnswers.Ending) throws {
        switch self {
        case .perhapsRefusal: break
        // The client ended in the middle of the content.
        case .handled(_, nil) where ending == .unfinished: break
        default: throw FuzzCase.Finding(what: "no answer \(number): \(self)")
        }
    }

    /// Checks an answer against what it should be.
    func check(
        _ received: ReferenceResponse,
        _ number: Int,
        isLast: Bool,
        _ ending: ExpectedAnswers.Ending
    ) throws {
        func require(_ condition: Bool, _ what: String) throws {
            if !condition { throw FuzzCase.Finding(what: "answer \(number), \(what): \(received), for \(self)") }
        }
        let closes = received.hasConnectionOption("close")
        switch self {
        case .refusal(let statuses, _):
            try require(statuses.contains(received.status), "another status")
            try require(closes, "a refusal that does not close")
        case .perhapsRefusal:
            try require(ExpectedAnswers.refusals.contains(received.status), "another status")
            try require(closes, "a refusal that does not close")
        case .handled(let head, let content):
            let isRefused = content == nil && received.values("x-head").isEmpty
            if isRefused {
                try require(["echo", "peek", "last"].contains(head.kind), "a refusal by who does not read")
                try require([400, 431].contains(received.status) && closes, "another refusal")
                return
            }
            try require(received.values("x-head") == [head.digest], "another request's answer")
            try require(received.status == head.kind.status, "another status")
            if head.kind == "echo", head.method != "HEAD" {
                try require(
                    content.map { hash($0.data) } == String(decoding: received.content, as: UTF8.self),
                    "content"
                )
            }
            // A client that waits for 100 (Continue), or sends very much, may find the connection closed.
            let mayClose = head.expectsContinue || content == nil || content!.data.count > 200_000
            if content != nil, !isLast || ending != .closes {
                try require(!closes || mayClose, "closes without need")
            }
            if isLast, ending == .closes, content != nil {
                try require(closes || received.endsWithConnection, "does not say that it closes")
            }
        }
    }
}

extension String {
    /// The status that the handler gives to a kind of request.
    fileprivate var status: Int {
        switch self {
        case "echo", "ignore", "peek", "slow", "stream", "last": 200
        case "none": 204
        case "empty": 205
        case "unmodified": 304
        case "throw": 409
        default: 404
        }
    }
}
