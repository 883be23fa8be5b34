import MartletReactor

/// Listings that are about to be made, for all who ask for the same.
///
/// Reading a folder costs a system call for each entry, so who asks for a listing that waits to be made gets that one,
/// however many they are. From the moment when the folder is opened nobody can join it, and nothing is kept: every answer
/// is made of a folder that was read after its request had come in. Hence a change that was over before is seen, however
/// it was made and whatever the file system is.
final class SharedListings: Sendable {
    /// What two who ask must have in common.
    struct Key: Hashable, Sendable {
        let path: [UInt8]
        let query: ListingQuery
        let isJSON: Bool
    }

    /// Reading a large folder takes a while: not on a loop. Who would have to wait for a hundred others is told so.
    static let pool = ThreadPool(name: "martlet-list", threads: 2, queueLimit: 128)

    /// One listing to be made, and who waits for it beside its leader, who asked first.
    private struct Waiting {
        let leader: ObjectIdentifier
        var others: [ObjectIdentifier: CheckedContinuation<[UInt8]?, any Error>] = [:]
    }

    /// Stands for one who asks. Changed under the lock of `waiting`.
    private final class Ticket: @unchecked Sendable {
        var isCancelled = false
    }

    private let pool: ThreadPool
    private let waiting = Locked<[Key: Waiting]>([:])

    init(pool: ThreadPool = pool) {
        self.pool = pool
    }

    /// The octets of a listing; `make` is called on another thread, by one of those who ask.
    /// - Throws: what `make` throws; `SystemError` when too many listings wait; `CancellationError`.
    func content(_ key: Key, _ make: @escaping @Sendable () throws -> [UInt8]) async throws -> [UInt8] {
        while true {
            let ticket = Ticket()
            let leads = waiting.withLock { waiting in
                guard waiting[key] == nil else { return false }
                waiting[key] = Waiting(leader: ObjectIdentifier(ticket))
                return true
            }
            if leads { return try await lead(key, ticket, make) }
            // Nil: it was begun in between, or the leader is gone, so ask again.
            if let content = try await join(key, ticket) { return content }
        }
    }

    private func lead(
        _ key: Key,
        _ ticket: Ticket,
        _ make: @escaping @Sendable () throws -> [UInt8]
    ) async throws -> [UInt8] {
        // What else the loop has received in this turn joins first.
        await Task.yield()
        do {
            return try await pool.run { [self] in
                let others = begin(key, ticket)
                let result = Result { try make() }
                for other in others { other.resume(with: result.map { $0 }) }
                return try result.get()
            }
        } catch {
            // Not begun: it was cancelled, or there is no room for it.
            for other in begin(key, ticket) {
                if error is CancellationError { other.resume(returning: nil) } else { other.resume(throwing: error) }
            }
            throw error
        }
    }

    /// Closes a listing to whoever comes later.
    /// - Returns: who waits for it; nobody when it is closed already.
    private func begin(_ key: Key, _ ticket: Ticket) -> [CheckedContinuation<[UInt8]?, any Error>] {
        waiting.withLock { waiting in
            guard waiting[key]?.leader == ObjectIdentifier(ticket) else { return [] }
            return waiting.removeValue(forKey: key).map { Array($0.others.values) } ?? []
        }
    }

    private func join(_ key: Key, _ ticket: Ticket) async throws -> [UInt8]? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let outcome: Result<[UInt8]?, any Error>? = waiting.withLock { waiting in
                    if ticket.isCancelled { return .failure(CancellationError()) }
                    guard waiting[key] != nil else { return .success(nil) }
                    waiting[key]?.others[ObjectIdentifier(ticket)] = continuation
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let continuation = waiting.withLock { waiting in
                ticket.isCancelled = true
                return waiting[key]?.others.removeValue(forKey: ObjectIdentifier(ticket))
            }
            continuation?.resume(throwing: CancellationError())
        }
    }

    /// For tests: how many wait for a listing beside its leader; nil when nobody asks for it.
    func joined(_ key: Key) -> Int? {
        waiting.withLock { $0[key]?.others.count }
    }
}
