import Martlet
import MartletReactor

extension TestServer {
    /// All requests so far, in the order in which they were complete.
    public var requests: [RecordedRequest] { state.withLock { $0.requests } }

    /// Connections accepted so far.
    public var connectionCount: Int { state.withLock { $0.connections } }

    /// Waits for the next request: the first call gives the first one, also when it has come already.
    ///
    /// It comes as soon as it is complete, so its answer may still be on its way.
    /// - Throws: `NoRequest` after `timeout`; `CancellationError`.
    public func nextRequest(timeout: Duration = .seconds(2)) async throws -> RecordedRequest {
        let number = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        let timer = Locked<Task<Void, any Error>?>(nil)
        defer { timer.withLock { $0?.cancel() } }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                wait(number, continuation)
                // Only now: there must be somebody to give up.
                let task = Task {
                    try await Task.sleep(for: timeout)
                    giveUp(number, NoRequest(timeout: timeout, earlier: requests.count))
                }
                timer.withLock { $0 = task }
            }
        } onCancel: {
            giveUp(number, CancellationError())
        }
    }

    private func wait(_ number: Int, _ continuation: CheckedContinuation<RecordedRequest, any Error>) {
        let result = state.withLock { state -> Result<RecordedRequest, any Error>? in
            if state.given < state.requests.count {
                state.given += 1
                return .success(state.requests[state.given - 1])
            }
            // With the lock: a cancellation after this finds the waiter.
            guard !Task.isCancelled else { return .failure(CancellationError()) }
            state.waiters.append(Waiter(number: number, continuation: continuation))
            return nil
        }
        if let result { continuation.resume(with: result) }
    }

    private func giveUp(_ number: Int, _ error: any Error) {
        let waiter = state.withLock { state in
            state.waiters.firstIndex { $0.number == number }.map { state.waiters.remove(at: $0) }
        }
        waiter?.continuation.resume(throwing: error)
    }
}

/// No request came in the time that `nextRequest` waited.
public struct NoRequest: Error, Sendable, CustomStringConvertible {
    /// How long it waited.
    public let timeout: Duration
    /// Requests that had come before.
    public let earlier: Int

    /// Says so.
    public var description: String { "no request came within \(timeout); \(earlier) had come before" }
}

// MARK: - For its connections

extension TestServer {
    /// The fault that happens to a connection before anything is read.
    func acceptFault(connection: Int) -> Fault? {
        state.withLock { state in
            if let answer = state.answers.first, let fault = answer.fault, fault.stage == .accept {
                state.answers[0].fault = nil
                guard fault.happens(to: connection) else { return nil }
                // A connection that only waits goes on to the request for this answer.
                if case .delay = fault.action { return fault }
                state.answers.removeFirst()
                return fault
            }
            return state.faults.first { $0.stage == .accept && $0.happens(to: connection) }
        }
    }

    func nextNumber() -> Int {
        state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
    }

    /// Records a request and decides on its answer.
    func reply(to request: RecordedRequest) -> Reply {
        let (reply, waiter) = state.withLock { state in
            guard state.requests.count < Self.requestLimit else {
                state.report(.limit("more than \(Self.requestLimit) requests came"))
                return (Reply(source: .nothing, fault: nil), Waiter?.none)
            }
            state.requests.append(request)
            var waiter: Waiter?
            if !state.waiters.isEmpty {
                waiter = state.waiters.removeFirst()
                state.given += 1
            }
            return (Self.reply(to: request, &state), waiter)
        }
        waiter?.continuation.resume(returning: request)
        return reply
    }

    private static func reply(to request: RecordedRequest, _ state: inout State) -> Reply {
        let injected = state.faults.first { $0.stage != .accept && $0.happens(to: request.number) }
        if let route = state.routes.first(where: { $0.method == request.method && $0.path == request.path }) {
            return Reply(source: .route(route.respond), fault: injected)
        }
        guard !state.answers.isEmpty else {
            state.report(.unexpectedRequest("\(request)", connection: request.connection))
            return Reply(source: .nothing, fault: nil)
        }
        let answer = state.answers.removeFirst()
        guard let fault = answer.fault else { return Reply(source: .answer(answer.content), fault: injected) }
        if fault.stage == .accept {
            state.report(.missedFault("\(request)", connection: request.connection))
            return Reply(source: .answer(answer.content), fault: nil)
        }
        return Reply(source: .answer(answer.content), fault: fault.happens(to: request.number) ? fault : nil)
    }

    func answered(_ request: RecordedRequest) {
        let now = ContinuousClock.now
        state.withLock { state in
            guard let index = state.requests.lastIndex(where: { $0.number == request.number }) else { return }
            state.requests[index].timings.answer = now
        }
    }

    func report(_ problem: ServerProblems.Problem) {
        state.withLock { $0.report(problem) }
    }
}
