import Martlet
import MartletReactor
import MartletWire

/// What is spoken with an application.
enum ApplicationProtocol: Sendable {
    /// - Parameter keepsConnections: whether they serve more than one request.
    case fastCGI(keepsConnections: Bool)
    case scgi
}

/// Why an application gave no answer, or not all of one.
enum ApplicationFailure: Error {
    case connection(ConnectionFault)
    /// It sent what are no records, or not those of its answer.
    case record(FastCGIError)
    /// It would not take the request.
    case refused(FastCGIEnd.ProtocolStatus)

    /// For the client and the log.
    var told: ScriptFailure {
        switch self {
        case .connection(.timedOut(let stage)):
            ScriptFailure(ConnectionFault.timedOut(stage).reason, status: .gatewayTimeout)
        case .connection(let fault): ScriptFailure(fault.reason)
        case .record(let error): ScriptFailure("its records are not those of FastCGI: \(error.reason)")
        case .refused(.overloaded): ScriptFailure("its application is overloaded", status: .serviceUnavailable)
        case .refused(.cannotMultiplex):
            ScriptFailure("its application takes no more requests on this connection", status: .serviceUnavailable)
        case .refused: ScriptFailure("its application is no responder")
        }
    }

    /// Whether nothing at all came before the connection ended.
    var isUnanswered: Bool {
        if case .connection(let fault) = self { fault.isUnanswered } else { false }
    }
}

/// One connection to an application, which serves one request at a time. On its loop's thread.
typealias ApplicationConnection = OutgoingConnection<ApplicationDialect>

/// An application's answer as it comes in.
final class ApplicationDialect: OutgoingDialect {
    fileprivate let speaks: ApplicationProtocol
    /// Weak: it keeps the connections that rest.
    private weak let core: ApplicationCore?
    private var isCounted = true
    fileprivate var decoder = FastCGIAnswerDecoder()
    fileprivate var hasOutput = false
    /// How the request has ended; nil while it has not.
    fileprivate(set) var end: FastCGIEnd?
    /// All of the request was sent.
    fileprivate(set) var isSent = false
    /// Is given what the script says on its standard error.
    var onErrors: (([UInt8]) -> Void)?

    init(_ core: ApplicationCore) {
        self.core = core
        speaks = core.speaks
    }

    /// Its loop has ended, and closed nothing.
    deinit {
        if isCounted { core?.closed(self) }
    }

    var answerHasBegun: Bool { hasOutput }

    var canRest: Bool {
        guard case .fastCGI(true) = speaks, let end else { return false }
        return isSent && end.protocolStatus == .requestComplete
    }

    func beginRequest() {
        decoder = FastCGIAnswerDecoder()
        hasOutput = false
        end = nil
        isSent = false
    }

    func failure(_ fault: ConnectionFault) -> any Error { ApplicationFailure.connection(fault) }

    func didClose() {
        onErrors = nil
        isCounted = false
        core?.closed(self)
    }
}

/// So often is received at once.
private let fairRounds = 16

extension ApplicationConnection {
    /// Begins to connect.
    convenience init(to address: SocketAddress, core: ApplicationCore, loop: EventLoop) throws(ConnectionFault) {
        let times = ConnectionTimes(
            connect: core.options.connectTimeout,
            answer: core.options.firstOctetTimeout,
            content: core.options.idleTimeout,
            rest: core.options.restTimeout
        )
        try self.init(to: address, speaking: ApplicationDialect(core), times: times, loop: loop)
    }

    private var speaks: ApplicationProtocol { dialect.speaks }
    /// How the request has ended; nil while it has not.
    var end: FastCGIEnd? { dialect.end }
    /// All of the request was sent.
    var isSent: Bool { dialect.isSent }

    // MARK: The request

    /// Sends what comes before the content.
    /// - Parameter contentLength: octets of content that follow.
    func sendHead(_ variables: CGIVariables, contentLength: Int) throws {
        let pairs = variables.all.map { (name: Array($0.name.utf8), value: $0.value) }
        try send { output in
            switch speaks {
            case .fastCGI(let keepsConnections):
                FastCGIWriter.appendBegin(keepsConnection: keepsConnections, to: &output)
                FastCGIWriter.appendParameters(pairs, to: &output)
            case .scgi:
                SCGIHead.append(pairs, contentLength: contentLength, to: &output)
            }
        }
    }

    /// Sends a piece of the content.
    func sendContent(_ octets: [UInt8]) throws {
        try send { output in
            switch speaks {
            case .fastCGI: FastCGIWriter.append(octets.span, of: .standardInput, to: &output)
            case .scgi: output.append(copying: octets.span)
            }
        }
    }

    /// All of the content was sent.
    func endContent() throws {
        if case .fastCGI = speaks { try send { FastCGIWriter.appendEnd(of: .standardInput, to: &$0) } }
        dialect.isSent = true
    }

    /// Nobody wants the answer any more. The application is told, as far as it can hear that, and the connection closed.
    func abandon() {
        guard !isClosed else { return }
        if case .fastCGI = speaks, end == nil, case .busy = phase {
            try? send { FastCGIWriter.appendAbort(to: &$0) }
        }
        close(CancellationError())
    }

    // MARK: The answer

    /// The output that is here, which may be nothing; receives, but does not wait.
    func arrivedOutput() throws -> [UInt8] {
        while true {
            let octets = try takeOutput()
            if !octets.isEmpty || end != nil { return octets }
            guard let hasMore = try receiveIfReady() else { return [] }
            guard hasMore else {
                try finished()
                return []
            }
        }
    }

    /// The next octets of the output; nil at its end.
    func nextOutput() async throws -> [UInt8]? {
        var rounds = 0
        while true {
            let octets = try takeOutput()
            if !octets.isEmpty { return octets }
            if end != nil { return nil }
            if try await !receive() { try finished() }
            // Much may come that is no output; others have their turn then.
            rounds += 1
            if rounds % fairRounds == 0 { await Task.yield() }
        }
    }

    /// The application has closed: with SCGI, that is how an answer ends.
    private func finished() throws {
        guard case .scgi = speaks else { throw ended() }
        dialect.end = FastCGIEnd()
    }

    private func takeOutput() throws -> [UInt8] {
        guard !input.isEmpty, end == nil else { return [] }
        var octets: [UInt8] = []
        var errors: [UInt8] = []
        switch speaks {
        case .scgi:
            octets = takeAll()
        case .fastCGI:
            do throws(FastCGIError) {
                try takeRecords(&octets, &errors)
            } catch {
                let failure = ApplicationFailure.record(error)
                close(failure)
                throw failure
            }
        }
        if !octets.isEmpty { dialect.hasOutput = true }
        if !errors.isEmpty { dialect.onErrors?(errors) }
        if let end, end.protocolStatus != .requestComplete {
            let failure = ApplicationFailure.refused(end.protocolStatus)
            close(failure)
            throw failure
        }
        return octets
    }

    private func takeAll() -> [UInt8] {
        // A local one, whose octets can be lent.
        var taken = ReceiveBuffer()
        swap(&taken, &input)
        defer { swap(&taken, &input) }
        var octets: [UInt8] = []
        octets.append(copying: taken.bytes)
        taken.removeAll()
        return octets
    }

    private func takeRecords(_ octets: inout [UInt8], _ errors: inout [UInt8]) throws(FastCGIError) {
        var taken = ReceiveBuffer()
        swap(&taken, &input)
        defer { swap(&taken, &input) }
        var offset = 0
        defer { taken.consume(offset) }
        while true {
            switch try dialect.decoder.next(taken.bytes, offset: &offset) {
            case .needsInput: return
            case .output(let range): octets.append(copying: taken.bytes.extracting(range))
            case .errors(let range): errors.append(copying: taken.bytes.extracting(range))
            case .end(let end):
                dialect.end = end
                return
            }
        }
    }
}
