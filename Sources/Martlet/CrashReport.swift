import CMartlet
import MartletWire

/// What each thread answers, for the report of a crash: a trap cannot be caught, but it can be told whose it was.
///
/// A few stores for each request. The report itself is written by C, in a signal handler (`crash.c`).
enum CrashReport {
    /// The place of a request whose handler waits.
    typealias Ticket = UInt64

    /// The calling thread answers `received` from now on, until `end`; who calls keeps it and its head as they are.
    /// - Parameter socket: the client's; -1 where it might be closed meanwhile.
    static func begin(_ received: ReceivedRequest, socket: CInt) {
        unsafe received.head.line.withUnsafeBufferPointer { line in
            unsafe cm_answer_begins(line.baseAddress, line.count, socket)
        }
    }

    /// The calling thread answers nothing.
    static func end() {
        cm_answer_ends()
    }

    /// The handler of `received` waits for something, and will go on on this thread; as `begin`, until `endWaiting`.
    static func wait(_ received: ReceivedRequest, socket: CInt) -> Ticket {
        var ticket = Ticket()
        unsafe received.head.line.withUnsafeBufferPointer { line in
            ticket = unsafe cm_answer_waits(line.baseAddress, line.count, socket)
        }
        return ticket
    }

    /// The counterpart of `wait`, on the same thread.
    static func endWaiting(_ ticket: Ticket) {
        cm_answer_waits_no_more(ticket)
    }
}

extension Exchange {
    /// The handler waits no more: it ended, or nobody wants its answer.
    func endWaiting() {
        guard let ticket = waiting else { return }
        waiting = nil
        CrashReport.endWaiting(ticket)
    }
}

extension Server {
    /// Names the request that was being answered, on standard error, when the process crashes: a trap in a handler, such
    /// as an index out of range, ends the process and cannot be caught in Swift.
    ///
    /// ```
    /// hello: crashed (SIGILL: illegal instruction, most often a Swift runtime trap) on thread martlet-0 while answering "GET /x HTTP/1.1" of 127.0.0.1
    /// ```
    /// Where a handler was waiting and went on, all requests that wait on that thread are named, eight at most. Then the
    /// signal does what it would have done: Swift prints a backtrace where it finds `swift-backtrace` (see the architecture
    /// page); the exit status is the signal's. The signals: SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE and
    /// SIGABRT. It is for the whole process and for good; later calls do nothing.
    public func reportCrashes() {
        cm_report_crashes()
    }
}
