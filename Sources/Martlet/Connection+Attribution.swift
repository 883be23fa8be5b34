/// Whose doing it is: what the loop's thread does while a handler has it, for the log of hold-ups and the report of a crash.
extension Connection {
    /// The handler gets the thread.
    func handlerBegins(_ received: ReceivedRequest) {
        CrashReport.begin(received, socket: transport.bareDescriptor)
    }

    /// The handler gave the thread back. Unless it is done, its task goes on later.
    func handlerWaits(_ task: Task<Void, Never>?, in phase: Phase, _ exchange: Exchange, _ number: UInt64) {
        CrashReport.end()
        // A handler that never waited has answered already, or has ended.
        guard self.phase == phase, number == exchangeNumber else { return }
        worker.measure(exchange)
        exchange.waiting = CrashReport.wait(exchange.received, socket: transport.bareDescriptor)
        exchange.task = task
        askWhetherGone()
    }

    /// The handler is done.
    func handlerReturned(_ exchange: Exchange) {
        CrashReport.end()
        worker.measure(exchange)
        exchange.endWaiting()
    }
}
