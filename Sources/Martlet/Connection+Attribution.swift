/// Whose doing it is: what the loop's thread does while a handler has it, for the log of hold-ups and the report of a crash.
extension Connection {
    /// The handler gets the thread.
    func handlerBegins(_ exchange: Exchange) {
        CrashReport.begin(exchange.received, socket: socket.fd)
    }

    /// The handler gave the thread back and goes on later.
    func handlerWaits(_ exchange: Exchange) {
        CrashReport.end()
        worker.measure(exchange.received)
        exchange.waiting = CrashReport.wait(exchange.received, socket: socket.fd)
    }

    /// The handler is done.
    func handlerReturned(_ exchange: Exchange) {
        CrashReport.end()
        worker.measure(exchange.received)
        exchange.endWaiting()
    }
}
