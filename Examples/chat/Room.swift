import Martlet

/// What somebody said.
struct Message: Sendable {
    /// Grows with every message, also over restarts: where a client goes on after a lost connection.
    let id: Int
    let name: String
    let text: String
}

/// The last messages, and a bell for each who listens.
///
/// Nothing is queued for anybody: who hears the bell takes what is new from the history. So a client that reads slowly
/// costs no memory, and misses only what is no longer in the history.
actor Room {
    static let capacity = 200

    private var history: [Message] = []
    private var nextID = WallClock.seconds() * 1000
    private var bells: [Int: AsyncStream<Void>.Continuation] = [:]
    private var nextBell = 0

    func say(_ text: String, as name: String) {
        history.append(Message(id: nextID, name: name, text: text))
        nextID += 1
        if history.count > Self.capacity { history.removeFirst() }
        for bell in bells.values { bell.yield() }
    }

    /// The messages after the one given, and whether there were others between that are forgotten.
    func messages(after id: Int) -> (messages: ArraySlice<Message>, isGap: Bool) {
        let start = history.firstIndex { $0.id > id } ?? history.endIndex
        let isGap = start == 0 && !history.isEmpty && id > 0 && history[0].id > id + 1
        return (history[start...], isGap)
    }

    /// Rings whenever something was said; many times at once sound like one. Ends with the task that listens.
    func bell() -> AsyncStream<Void> {
        let (stream, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let number = nextBell
        nextBell += 1
        bells[number] = bell
        bell.onTermination = { _ in Task { await self.forget(number) } }
        return stream
    }

    private func forget(_ number: Int) {
        bells[number] = nil
    }
}
