import CMartletOpenSSL
import CMartletTLS
import Glibc
package import MartletReactor

/// A socket's octets under TLS by OpenSSL.
///
/// OpenSSL tells why a call failed in a queue that each thread has one of: every call here empties it before and reads it
/// right after, in one function.
@safe
package final class TLSStream: SecureStream {
    /// An SSL.
    let stream: OpaquePointer
    /// What OpenSSL reads from and writes to; nil: memory, in tests.
    let wire: UnsafeMutablePointer<cmt_wire>?
    /// What the callbacks of the SSL use.
    private let context: AnyObject
    private var state: State
    /// How receiving ended, and what every further call answers.
    private var ending: TransferResult?
    private var holdsInput = false
    /// A record is sent in part: nothing else can be sent before its rest.
    private var isSending = false
    private var notice = Notice.none
    private var knownSession: SecureSession?

    /// True when the peer's FIN came without a close_notify before it: somebody else may have cut the stream short
    /// (RFC 8446 §6.1). What ends by itself is complete all the same.
    package private(set) var endedWithoutNotice = false
    /// Why the handshake or a transfer failed.
    private var reason: SecurityFailure?

    private enum State {
        /// Nothing has come yet: it may be HTTP in the clear.
        case accepted
        case handshaking
        case open
        case failed
        case closed
    }

    /// The close_notify (RFC 8446 §6.1).
    private enum Notice {
        case none
        case waits
        case sent
    }

    /// Reads in one call of `receive`. A peer that sends nothing but KeyUpdates would else keep a loop to itself.
    private static let mostReads: CInt = 16

    /// Protects a socket.
    /// - Parameters:
    ///   - options: an SSL_CTX.
    ///   - context: what the callbacks of the SSL_CTX use, kept alive.
    /// - Returns: nil when there is no memory.
    init?(_ socket: Socket, _ role: Role, _ options: OpaquePointer, context: AnyObject) {
        guard let stream = unsafe SSL_new(options) else { return nil }
        guard let bio = unsafe cmt_wire_new(socket.fd) else {
            unsafe SSL_free(stream)
            return nil
        }
        unsafe self.stream = stream
        unsafe wire = cmt_wire_of(bio)
        self.context = context
        state = role == .server ? .accepted : .handshaking
        unsafe SSL_set_bio(stream, bio, bio)
        super.init(socket)
        begin(role)
    }

    /// Protects what is written to and read from two BIOs, for tests without sockets. Takes them over.
    init?(
        reading input: OpaquePointer,
        writing output: OpaquePointer,
        _ role: Role,
        _ options: OpaquePointer,
        _ context: AnyObject
    ) {
        guard let stream = unsafe SSL_new(options) else { return nil }
        unsafe self.stream = stream
        unsafe wire = nil
        self.context = context
        state = .handshaking
        unsafe SSL_set_bio(stream, input, output)
        super.init(Socket(fd: -1))
        begin(role)
    }

    /// Which end of the connection this is.
    enum Role {
        case server
        case client
    }

    private func begin(_ role: Role) {
        switch role {
        case .server: unsafe SSL_set_accept_state(stream)
        case .client: unsafe SSL_set_connect_state(stream)
        }
    }

    deinit {
        unsafe SSL_free(stream)
    }

    // MARK: Handshake

    package override func handshake() -> Handshake {
        switch state {
        case .accepted:
            if let result = peek() { return result }
            state = .handshaking
        case .handshaking: break
        case .open: return .done
        case .failed, .closed: return .failed(reason ?? .closed)
        }
        allowReads(.max)  // Its messages have limits of their own.
        cmt_clear_errors()
        let code = unsafe SSL_do_handshake(stream)
        guard code != 1 else {
            state = .open
            // A request may have come with the last of the handshake.
            holdsInput = true
            return .done
        }
        let step = outcome(code)
        if step == .wouldBlock { return .wouldBlock }
        let reason = reason ?? .closed
        self.reason = reason
        state = .failed
        return .failed(reason)
    }

    /// Looks at the first octet without taking it.
    /// - Returns: nil when it may begin a handshake.
    private func peek() -> Handshake? {
        var octet: UInt8 = 0
        while true {
            let count = unsafe recv(socket.fd, &octet, 1, CInt(MSG_PEEK))
            if count > 0 { break }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return .wouldBlock }
            let reason = count == 0 ? SecurityFailure.silent : .lost(errno)
            self.reason = reason
            state = .failed
            return .failed(reason)
        }
        switch octet {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): return .plainHTTP
        default: return nil
        }
    }

    // MARK: Receiving

    package override func receive(into buffer: inout ReceiveBuffer) -> TransferResult {
        holdsInput = false
        if let ending { return ending }
        guard state == .open else { return .failed(EPROTO) }
        allowReads(Self.mostReads)
        return unsafe buffer.fill { free in
            var count = 0
            repeat {
                let step = unsafe read(into: UnsafeMutableRawBufferPointer(rebasing: free[count...]))
                switch step {
                case .count(let read): count += read
                case .wouldBlock:
                    holdsInput = hasUsedReadsUp
                    return (count, count > 0 ? .count(count) : .wouldBlock)
                case .end, .failed:
                    ending = step
                    // Told by the next call.
                    holdsInput = count > 0
                    return (count, count > 0 ? .count(count) : step)
                }
            } while count < free.count && mayHaveMore
            holdsInput = mayHaveMore
            return (count, .count(count))
        }
    }

    private func read(into free: UnsafeMutableRawBufferPointer) -> TransferResult {
        guard unsafe !free.isEmpty else { return .wouldBlock }
        cmt_clear_errors()
        let code = unsafe SSL_read(stream, free.baseAddress, CInt(clamping: free.count))
        if code > 0 { return .count(Int(code)) }
        let result = outcome(code)
        if result == .end { endedWithoutNotice = unsafe wire?.pointee.has_ended ?? false }
        return result
    }

    /// False when neither OpenSSL nor the socket holds more, as far as is known without asking the system.
    private var mayHaveMore: Bool {
        guard let wire = unsafe wire, unsafe wire.pointee.is_drained else { return true }
        return unsafe SSL_has_pending(stream) == 1
    }

    package override var mayHoldInput: Bool { holdsInput }

    private func allowReads(_ count: CInt) {
        unsafe wire?.pointee.reads_left = count
    }

    private var hasUsedReadsUp: Bool {
        unsafe (wire?.pointee.reads_left ?? 1) <= 0
    }

    // MARK: Sending

    /// Sends one record's worth at most.
    package override func send(_ bytes: Span<UInt8>) -> TransferResult {
        guard state == .open, notice == .none else { return .failed(state == .failed ? EPROTO : EPIPE) }
        guard !bytes.isEmpty else { return .count(0) }
        cmt_clear_errors()
        let code = unsafe bytes.withUnsafeBytes { bytes in
            unsafe SSL_write(stream, bytes.baseAddress, CInt(clamping: bytes.count))
        }
        isSending = false
        if code > 0 { return .count(Int(code)) }
        switch outcome(code) {
        case .wouldBlock:
            isSending = true
            return .wouldBlock
        case .failed(let code): return .failed(code)
        case .end, .count: return .failed(EPIPE)
        }
    }

    // MARK: The end

    package override func finishSending() -> Bool {
        guard state != .closed else { return true }
        guard sendNotice() else { return false }
        socket.finishSending()
        return true
    }

    /// Sends a close_notify where one may be sent: not within a handshake, behind half a record, or after a failure.
    /// - Returns: false when the socket takes no more now.
    private func sendNotice() -> Bool {
        guard state == .open, !isSending, notice != .sent else { return true }
        notice = .sent
        cmt_clear_errors()
        let code = unsafe SSL_shutdown(stream)
        if code < 0, outcome(code) == .wouldBlock {
            notice = .waits
            return false
        }
        return true
    }

    package override func resetOnClose() {
        if state == .open { state = .failed }
        socket.resetOnClose()
    }

    package override func close() {
        guard state != .closed else { return }
        _ = sendNotice()
        if state == .failed { cmt_discard_input(socket.fd) }
        state = .closed
        socket.close()
    }

    // MARK: What came of it

    /// Why a call came back with `code`, which says only that it did not succeed. To be called right after.
    private func outcome(_ code: CInt) -> TransferResult {
        switch unsafe SSL_get_error(stream, code) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .wouldBlock
        case SSL_ERROR_ZERO_RETURN: return .end
        case SSL_ERROR_SYSCALL:
            // Nothing can be sent any more: no close_notify either.
            state = .failed
            guard let code = unsafe wire?.pointee.error, code != 0 else { return .end }
            reason = .lost(code)
            return .failed(code)
        default:
            state = .failed
            reason = unsafe SecurityFailure(OpenSSLError.take(), stream)
            return .failed(EPROTO)
        }
    }

    package override var failure: SecurityFailure? { reason }

    /// The host that was found to be covered last: hardly any client asks for another.
    private var coveredHost: [UInt8] = []

    package override func covers(_ host: Span<UInt8>) -> Bool {
        if host.count == coveredHost.count, host.indices.allSatisfy({ host[$0] == coveredHost[$0] }) { return true }
        var octets: [UInt8] = []
        for index in host.indices { octets.append(host[index]) }
        guard unsafe cmt_covers(stream, octets, octets.count) else { return false }
        coveredHost = octets
        return true
    }

    package override var session: SecureSession? {
        if let knownSession { return knownSession }
        guard unsafe SSL_is_init_finished(stream) == 1 else { return nil }
        let session = unsafe SecureSession(of: stream)
        knownSession = session
        return session
    }
}
