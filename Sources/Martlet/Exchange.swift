import MartletReactor
import MartletWire

/// One request and its answer, while they are under way on a connection. Loops keep a few for reuse.
final class Exchange {
    private(set) var received: ReceivedRequest
    /// The head is complete and valid.
    private(set) var hasHead = false
    var content = Content.none
    /// Octets of content received so far, without framing.
    var contentReceived = 0
    /// The client waits for "100 Continue" before it sends its content.
    var awaitsContinue = false
    /// The handler's task, while it runs.
    var task: Task<Void, Never>?
    /// Who works on the answer instead of a task.
    var deferral: (any Deferral)?
    /// Its place in the report of a crash, while the handler waits.
    var waiting: CrashReport.Ticket?
    /// The handler waits for content here.
    var reader: Waiter<[UInt8]?>?
    /// The content, where a handler makes it while it is sent.
    var stream: ResponseStream?
    var streamFraming = StreamFraming.chunked
    /// Tasks that wait here until the client has taken enough of what was written.
    var writers: [Waiter<Void>] = []
    /// A long write is under way, in pieces; others wait for their turn, so that theirs does not get between.
    var isWriting = false
    var writeTurns: [Waiter<Void>] = []
    /// What goes on after a 101.
    var upgraded: UpgradedState?
    /// When the first octet of the head came in.
    var start = Instant.never
    /// For the access log and the observer.
    var status = 0
    var contentSent = 0
    /// What the answer calls its request, for an access log that tells it.
    var name: String?
    /// Who the request is of, for the access log.
    var user: String?
    /// For the observer, where there is one.
    var method = ObservedMethod.other
    var route: RoutePattern?
    /// The turn in which the handler read last, and how often it may still read in it without giving way.
    private var readTurn = Instant.never
    private var readShare = 0
    /// Chunks that a handler reads in one turn: one that reads as fast as its client sends leaves time for others.
    private static let readsPerTurn = 64

    /// How the end of streamed content is found.
    enum StreamFraming {
        case chunked
        /// So many octets are to be written.
        case length(Int)
        /// For HTTP/1.0, which knows no chunks.
        case untilClose
    }

    /// Where the receipt of the content stands.
    enum Content {
        /// There is none, or all of it was received.
        case none
        /// So many octets are to come.
        case length(Int)
        /// Chunks are to come. Indirect, so that the usual cases stay small.
        indirect case chunked(ChunkedDecoder)
        /// It was malformed, too long or too late: nothing after it can be understood, so the connection must close.
        case failed(any Error)
    }

    /// What there is to read of the content now.
    enum Chunk {
        case data([UInt8])
        case end
        case needsInput
    }

    init(_ configuration: ServerConfiguration) {
        received = ReceivedRequest(logger: configuration.logger, errorFormat: configuration.errorFormat)
    }

    var head: RequestHead { received.head }

    /// The head was parsed: the content comes next.
    func begin() {
        hasHead = true
        switch received.head.framing {
        case .none: content = .none
        case .length(let count): content = .length(count)
        case .chunked: content = .chunked(ChunkedDecoder())
        }
        awaitsContinue = received.head.expectsContinue
    }

    /// Lets go of what only this request needed.
    func end() {
        // The report of a crash must not look at a head that is another's by then.
        endWaiting()
        dropWriters()
        if task != nil { task = nil }
        if deferral != nil { deferral = nil }
        if reader != nil { reader = nil }
        if stream != nil { stream = nil }
        if upgraded != nil { upgraded = nil }
        if name != nil { name = nil }
        if user != nil { user = nil }
        if route != nil { route = nil }
    }

    /// Nobody takes what is still to be written: who waits to write hears so.
    func dropWriters() {
        isWriting = false
        guard !writers.isEmpty || !writeTurns.isEmpty else { return }
        let waiting = writers + writeTurns
        (writers, writeTurns) = ([], [])
        for waiter in waiting { waiter.resume(throwing: CancellationError()) }
    }

    /// Makes it as new for the next request. Only then is it known whether anybody kept the last one; if nobody did,
    /// the memory of its head is used again.
    func reset() {
        if isKnownUniquelyReferenced(&received) {
            received.reset()
        } else {
            received = received.another()
        }
        hasHead = false
        content = .none
        contentReceived = 0
        awaitsContinue = false
        start = .never
        status = 0
        contentSent = 0
        method = .other
    }

    /// Takes one from the handler's share of this turn. False when there is none left.
    func takeReadShare(at turn: Instant) -> Bool {
        if readTurn != turn {
            readTurn = turn
            readShare = Self.readsPerTurn
        }
        guard readShare > 0 else { return false }
        readShare -= 1
        return true
    }

    /// True when octets of this request's content are still to come.
    var expectsContent: Bool {
        if case .none = content { return false }
        return true
    }

    /// True when octets behind the head may still come: those announced, or those of a client that sends content
    /// without saying so, to end it by closing. They are no request, but a reset would cost that client its answer.
    var mayHaveContent: Bool {
        if expectsContent { return true }
        return contentReceived == 0 && received.head.method != .get && received.head.method != .head
    }

    /// Takes the next piece of content out of `input`.
    func takeContent(from input: inout ReceiveBuffer) throws(RequestError) -> Chunk {
        switch content {
        case .none:
            return .end
        case .failed:
            return .needsInput
        case .length(let remaining):
            guard !input.isEmpty else { return .needsInput }
            let count = min(remaining, input.count)
            let data = Array(input.bytes, 0..<count)
            input.consume(count)
            contentReceived += count
            content = remaining == count ? .none : .length(remaining - count)
            return .data(data)
        case .chunked(var decoder):
            content = .none  // Until the decoder says otherwise; it is moved, not copied.
            let chunk = try takeChunk(&decoder, from: &input)
            if case .end = chunk { content = .none } else { content = .chunked(decoder) }
            return chunk
        }
    }

    private func takeChunk(_ decoder: inout ChunkedDecoder, from input: inout ReceiveBuffer) throws(RequestError)
        -> Chunk
    {
        var offset = 0
        let step = try decoder.next(input.bytes, offset: &offset)
        switch step {
        case .needsInput:
            input.consume(offset)
            return .needsInput
        case .data(let range):
            let data = Array(input.bytes, range)
            input.consume(offset)
            contentReceived += data.count
            return .data(data)
        case .end:
            input.consume(offset)
            return .end
        }
    }
}

extension Array<UInt8> {
    /// A copy of a part of `bytes`.
    init(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        self = unsafe bytes.extracting(range).withUnsafeBufferPointer { unsafe Array($0) }
    }
}
