import Martlet

/// Clients that listen to the same events.
actor Audience {
    private var listeners: [EventWriter] = []

    /// The answer to a client that wants to listen, from now on.
    nonisolated func seat() -> Response {
        .events { events in
            await self.add(events)
            try await events.comment("welcome")
            while true { try await Task.sleep(for: .seconds(3600)) }
        }
    }

    private func add(_ events: EventWriter) {
        listeners.append(events)
    }

    /// Sends each listener `count` events in turns, and then says how many were sent in all.
    func tell(_ count: String?) async throws -> Response {
        guard let count = count.flatMap({ Int($0) }), count > 0 else { throw HTTPError(.badRequest) }
        for number in 0..<count {
            let text = "event \(1_000_000 + number)!"
            for listener in listeners { try await listener.send(text) }
        }
        return .text("\(count * listeners.count)\n")
    }
}
