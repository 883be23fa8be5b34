import CMartlet
import Glibc

/// One thread that waits for many descriptors and deadlines and tells their sources: the reactor.
///
/// It is a `TaskExecutor` too, so that an `async` handler started with this preference runs on the loop's thread,
/// beside the connection it belongs to, without a lock or a hop.
///
/// Everything but `execute`, `enqueue`, `stop`, `start`, `join` and `isCurrent` belongs to the loop's own thread.
public final class EventLoop: TaskExecutor, @unchecked Sendable {
    /// Shown by debuggers: "martlet-0".
    public let name: String

    /// The monotonic time at the start of this turn: what deadlines are reckoned from.
    public var now: Instant { turnStart }

    // Private, so that the compiler can see every use and leaves out the checks for overlapping access at run time.
    private var turnStart = Instant.now()
    private var lastLap = Instant(nanoseconds: 0)

    /// Buffers that connections borrow while they have something to receive or send.
    public var buffers = BufferPool()

    /// What others keep for this loop alone, each under its own identity. Reached without a lock, on the loop's thread.
    public var attachments: [ObjectIdentifier: AnyObject] = [:]

    private struct Slot {
        var source: (any EventSource)?
        var generation: UInt32 = 0
        /// When the source wants to be told; may move later without the queue knowing.
        var deadline = Instant.never
        /// The entry in the queue that stands for this slot: never later than `deadline`.
        var queued = Instant.never
    }

    private var poller: EpollPoller
    private var slots: [Slot] = []
    private var freeSlots: [Int] = []
    private var deadlines = DeadlineQueue()
    private var beforeWait: [() -> Void] = []
    private var longestTurn = Nanoseconds(count: .max)
    private var heldUp: ((Nanoseconds) -> Void)?
    private var isStopping = false

    // Each list that grows while it is worked off has a second one to change places with, so that neither is copied
    // nor allocated anew in every turn.
    private var turns: [Registration] = []
    private var runningTurns: [Registration] = []
    private var jobs: [UnownedJob] = []
    private var runningJobs: [UnownedJob] = []
    private var arrivedWork: [Work] = []

    private enum Work {
        case job(UnownedJob)
        case call(@Sendable () -> Void)
        case stop
    }

    private struct Inbox {
        var work: [Work] = []
        var isClosed = false
    }

    private let inbox = Locked(Inbox())
    private let wakeDescriptor: CInt
    private let thread = Locked<Thread?>(nil)

    /// The token of the wake-up descriptor: no slot has this generation.
    private static let wakeToken = UInt64.max

    /// Makes a loop that does not run yet. Ignores SIGPIPE in the whole process where it has its default action: else
    /// `Socket.sendFile` to a peer that is gone would end the process.
    /// - Throws: `SystemError` when the system gives no epoll or event descriptor.
    public init(name: String) throws(SystemError) {
        self.name = name
        poller = try EpollPoller()
        wakeDescriptor = cm_eventfd()
        guard wakeDescriptor >= 0 else { throw SystemError(operation: "eventfd") }
        try poller.add(wakeDescriptor, token: Self.wakeToken, trigger: .level)
        _ = cm_ignore_sigpipe()
    }

    deinit {
        close(wakeDescriptor)
    }

    // MARK: From any thread

    /// The loop whose thread this is; nil on other threads.
    public static var current: EventLoop? {
        unsafe cm_current_loop().map { unsafe Unmanaged<EventLoop>.fromOpaque($0).takeUnretainedValue() }
    }

    /// True on the loop's own thread.
    public var isCurrent: Bool {
        unsafe cm_current_loop() == Unmanaged.passUnretained(self).toOpaque()
    }

    /// Starts the loop's thread. A loop runs once.
    public func start() throws(SystemError) {
        try thread.withLock { thread throws(SystemError) in
            thread = try Thread(name: name) { [self] in run() }
        }
    }

    /// Waits until the loop's thread has ended; not at all when it was not started, or on the loop itself.
    public func join() {
        guard !isCurrent else { return }
        thread.withLock { thread in
            thread?.join()
            thread = nil
        }
    }

    /// Ends the loop after the turn that hears of it. Sources still registered hear nothing more.
    public func stop() {
        _ = post(.stop)
    }

    /// Runs `work` on the loop's thread, in a later turn when called there. Dropped when the loop has ended.
    public func execute(_ work: @escaping @Sendable () -> Void) {
        _ = post(.call(work))
    }

    /// Takes a part of a task to run, as `TaskExecutor` asks.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent {
            jobs.append(job)
            return
        }
        // A task that outlives the loop must still be able to end.
        if !post(.job(job)) { globalConcurrentExecutor.enqueue(job) }
    }

    /// - Returns: false when the loop has ended and will do no more work.
    private func post(_ work: Work) -> Bool {
        let (isOpen, mustWake) = inbox.withLock { inbox in
            guard !inbox.isClosed else { return (false, false) }
            inbox.work.append(work)
            // Whoever brought the first piece wakes the loop for all that come until it looks.
            return (true, inbox.work.count == 1)
        }
        if mustWake {
            var one: UInt64 = 1
            _ = unsafe write(wakeDescriptor, &one, 8)
        }
        return isOpen
    }

    // MARK: Sources

    /// Watches `fd` for `source`. The loop keeps the source alive until `deregister`.
    public func register(_ source: any EventSource, fd: CInt, trigger: Trigger) throws(SystemError) -> Registration {
        let registration = register(timer: source)
        do {
            try watch(fd, for: registration, trigger: trigger)
        } catch {
            free(registration)
            throw error
        }
        return registration
    }

    /// Watches `fd` for a source that was registered without a descriptor.
    /// - Throws: `SystemError` when the system cannot watch it: ENOMEM or ENOSPC.
    public func watch(_ fd: CInt, for registration: Registration, trigger: Trigger) throws(SystemError) {
        try poller.add(fd, token: registration.token, trigger: trigger)
    }

    /// Gives a place to a source that has no descriptor, or none yet: only deadlines and turns.
    public func register(timer source: any EventSource) -> Registration {
        let index: Int
        if let free = freeSlots.popLast() {
            index = free
        } else {
            index = slots.count
            slots.append(Slot())
        }
        slots[index].source = source
        return Registration(slot: index, generation: slots[index].generation)
    }

    /// Forgets a source; call it before its descriptor is closed. Events already fetched for it are dropped. A second
    /// call does nothing: the slot and the descriptor may be somebody else's by then.
    /// - Parameter fd: the descriptor, if it stays open; nil when it is closed now, with which the kernel forgets it too.
    public func deregister(_ registration: Registration, fd: CInt?) {
        guard isCurrent(registration) else { return }
        if let fd { poller.remove(fd) }
        free(registration)
    }

    private func free(_ registration: Registration) {
        let index = registration.slot
        // The last generation is skipped: it would equal the wake-up's token in the highest slot.
        let next = slots[index].generation &+ 1
        let source = slots[index].source
        slots[index] = Slot(generation: next == .max ? 0 : next)
        freeSlots.append(index)
        // Let go only now that the table is whole again: the source's deinit may use the loop.
        withExtendedLifetime(source) {}
    }

    private func isCurrent(_ registration: Registration) -> Bool {
        registration.slot < slots.count && slots[registration.slot].generation == registration.generation
            && slots[registration.slot].source != nil
    }

    /// Calls `deadlineReached` once at `instant` or a little later; replaces the deadline set before.
    /// `Instant.never` unsets it. One that has passed already is reached in the next turn.
    public func setDeadline(_ registration: Registration, _ instant: Instant) {
        guard isCurrent(registration) else { return }
        let index = registration.slot
        // Later than this turn: else a source that sets it anew in `deadlineReached` would never let go of the loop.
        let instant = max(instant, now + Nanoseconds(count: 1))
        slots[index].deadline = instant
        guard instant < slots[index].queued else { return }
        slots[index].queued = instant
        deadlines.insert(.init(instant: instant, token: registration.token))
        if deadlines.count > 2 * slots.count + 64 { sweepDeadlines() }
    }

    /// Drops the queue's entries that no longer count, so that it stays as small as the table however fast sources
    /// come and go.
    private func sweepDeadlines() {
        var entries: [DeadlineQueue.Entry] = []
        for (index, slot) in slots.enumerated() where slot.source != nil && slot.queued != .never {
            let token = Registration(slot: index, generation: slot.generation).token
            entries.append(.init(instant: slot.queued, token: token))
        }
        deadlines.replaceAll(with: entries)
    }

    /// Calls `turn` before the loop waits again: for a source that stops half-way so that others get their share.
    public func requestTurn(_ registration: Registration) {
        turns.append(registration)
    }

    /// Calls `hook` at the end of every turn, before the loop may sleep or end: the place to flush what was batched.
    public func addBeforeWait(_ hook: @escaping () -> Void) {
        beforeWait.append(hook)
    }

    // MARK: Turns that take long

    /// Calls `report` after every turn that took longer than `limit`, with its length: in it, nothing else was served.
    public func onHoldUp(longerThan limit: Nanoseconds, _ report: @escaping (Nanoseconds) -> Void) {
        longestTurn = limit
        heldUp = report
    }

    /// The time since the last call or the start of this turn, for who wants to know what takes long in it. By a coarse
    /// clock: some 10 ms may be missing, but it costs next to nothing.
    public func lap() -> Nanoseconds {
        let start = max(lastLap, turnStart)
        lastLap = .coarse()
        return start.duration(to: lastLap)
    }

    // MARK: The loop

    /// Turns until `stop`. Called by `start` on a thread of its own, or directly to run on the caller's.
    public func run() {
        unsafe cm_set_current_loop(Unmanaged.passUnretained(self).toOpaque())
        turnStart = Instant.now()
        while !isStopping {
            for hook in beforeWait { hook() }
            let turnEnd = Instant.now()
            let length = turnStart.duration(to: turnEnd)
            if length.count > longestTurn.count { heldUp?(length) }
            let count: Int
            do {
                count = try poller.wait(milliseconds: timeout(at: turnEnd))
            } catch {
                // Only a bug of ours (a closed or wrong descriptor) gets here; going on would spin for ever.
                preconditionFailure("\(name): \(error)")
            }
            turnStart = Instant.now()
            for index in 0..<count { dispatch(poller.event(at: index)) }
            fireDeadlines()
            runTurns()
            runJobs()
        }
        end()
    }

    private func timeout(at current: Instant) -> CInt {
        guard jobs.isEmpty, turns.isEmpty else { return 0 }
        guard let next = deadlines.next else { return -1 }
        guard next > current else { return 0 }
        // Rounded up: woken too early, the loop would spin until the deadline.
        return CInt(clamping: (next.nanoseconds - current.nanoseconds - 1) / 1_000_000 + 1)
    }

    private func dispatch(_ event: PollerEvent) {
        if event.token == Self.wakeToken { return emptyInbox() }
        let registration = Registration(token: event.token)
        guard isCurrent(registration) else { return }
        slots[registration.slot].source?.ready(event.readiness)
    }

    private func emptyInbox() {
        var count: UInt64 = 0
        _ = unsafe read(wakeDescriptor, &count, 8)
        inbox.withLock { swap(&$0.work, &arrivedWork) }
        for work in arrivedWork {
            switch work {
            case .job(let job): jobs.append(job)
            case .call(let call): call()
            case .stop: isStopping = true
            }
        }
        arrivedWork.removeAll(keepingCapacity: true)
    }

    /// For tests: entries in the queue, those that no longer count included.
    var queuedDeadlineCount: Int { deadlines.count }

    private func fireDeadlines() {
        while let entry = deadlines.popDue(at: now) {
            let registration = Registration(token: entry.token)
            let index = registration.slot
            guard isCurrent(registration), slots[index].queued == entry.instant else { continue }
            slots[index].queued = .never
            let deadline = slots[index].deadline
            if deadline <= now {
                slots[index].deadline = .never
                slots[index].source?.deadlineReached()
            } else if deadline != .never {
                setDeadline(registration, deadline)
            }
        }
    }

    /// Only the turns asked for so far: a source that asks again waits until events were fetched.
    private func runTurns() {
        guard !turns.isEmpty else { return }
        swap(&turns, &runningTurns)
        for registration in runningTurns where isCurrent(registration) {
            slots[registration.slot].source?.turn()
        }
        runningTurns.removeAll(keepingCapacity: true)
    }

    private func runJobs() {
        guard !jobs.isEmpty else { return }
        swap(&jobs, &runningJobs)
        for job in runningJobs {
            unsafe job.runSynchronously(on: asUnownedTaskExecutor())
            _ = lap()  // What one took is not the next one's.
        }
        runningJobs.removeAll(keepingCapacity: true)
    }

    private func end() {
        for hook in beforeWait { hook() }
        let left = inbox.withLock { inbox in
            inbox.isClosed = true
            defer { inbox.work = [] }
            return inbox.work
        }
        cm_set_current_loop(nil)
        for case .job(let job) in left { globalConcurrentExecutor.enqueue(job) }
        for job in jobs { globalConcurrentExecutor.enqueue(job) }
        jobs = []
        // Sources and hooks often hold their loop: break the circle. They go when the table is empty already, as their
        // deinit may use it.
        let held = (slots, beforeWait, heldUp, attachments)
        (slots, freeSlots, beforeWait, heldUp, attachments) = ([], [], [], nil, [:])
        withExtendedLifetime(held) {}
    }
}
