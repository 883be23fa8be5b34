/// A binary min-heap of deadlines, each with the token of the source it belongs to.
///
/// Entries are never removed early: who gets one asks whether it still counts. So a deadline that moves later,
/// as a keep-alive connection's does with every request, costs one store and no work here.
struct DeadlineQueue {
    struct Entry {
        var instant: Instant
        var token: UInt64
    }

    private var heap: [Entry] = []

    var count: Int { heap.count }

    /// The earliest deadline; nil when there is none.
    var next: Instant? { heap.first?.instant }

    mutating func insert(_ entry: Entry) {
        heap.append(entry)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].instant < heap[parent].instant else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes the earliest entry out if it is due.
    mutating func popDue(at now: Instant) -> Entry? {
        guard let first = heap.first, first.instant <= now else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first }
        heap[0] = last
        siftDown(from: 0)
        return first
    }

    /// Forgets all entries and takes these instead.
    mutating func replaceAll(with entries: [Entry]) {
        heap = entries
        for parent in (0..<heap.count / 2).reversed() { siftDown(from: parent) }
    }

    private mutating func siftDown(from top: Int) {
        var parent = top
        while true {
            var child = 2 * parent + 1
            guard child < heap.count else { return }
            if child + 1 < heap.count, heap[child + 1].instant < heap[child].instant { child += 1 }
            guard heap[child].instant < heap[parent].instant else { return }
            heap.swapAt(parent, child)
            parent = child
        }
    }
}
