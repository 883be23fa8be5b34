import Glibc
import Martlet
import MartletReactor

/// The connection of a client, or that there is none: commands wait, go out, and are answered in order.
///
/// Everything happens on the client's loop. `@unchecked Sendable` because calls to the loop carry it along.
final class RedisConnection: EventSource, @unchecked Sendable {
    /// A socket and its place in the loop's table.
    struct Link {
        let socket: Socket
        let registration: Registration
    }

    enum Phase {
        /// None. With a reason commands fail by that until then; afterwards, or without one, the next command connects.
        case away(RedisError?, until: Instant)
        /// Its name is looked up; the number tells this time from others.
        case resolving(Int)
        /// The addresses are tried after this one.
        case connecting(Link, ArraySlice<SocketAddress>)
        /// It logs in: so many answers are missing.
        case greeting(Link, missing: Int)
        case ready(Link)
    }

    private static let shortestPause = Nanoseconds(.milliseconds(50))
    private static let resolver = ThreadPool(name: "redis-resolver", threads: 1)

    let address: RedisAddress
    let options: RedisOptions
    let loop: EventLoop
    private(set) var phase = Phase.away(nil, until: .never)
    /// Commands that wait for the connection.
    private var waiting: [RedisCommand] = []
    /// Commands that were sent, the oldest first.
    private var sent: [RedisCommand] = []
    /// So many of them have their answer, and go when all that was received has been read.
    private var answered = 0
    /// By then the connection is ready.
    private var openingDeadline = Instant.never
    private var openings = 0
    /// Openings or connections that failed, one after the other.
    private var failures: UInt64 = 0
    /// Its own place in the loop's table, for deadlines and turns.
    private var registration: Registration?

    var output: [UInt8] = []
    var outputOffset = 0
    var input = ReceiveBuffer()
    var reader: RESPReader

    init(to address: RedisAddress, options: RedisOptions, loop: EventLoop) {
        self.address = address
        self.options = options
        self.loop = loop
        reader = RESPReader(limit: options.maximumAnswer)
    }

    deinit {
        if case .connecting(let link, _) = phase { link.socket.close() }
        link?.socket.close()
    }

    /// The connection, once there is one.
    var link: Link? {
        switch phase {
        case .away, .resolving, .connecting: nil
        case .greeting(let link, _), .ready(let link): link
        }
    }

    // MARK: Commands

    /// Sends a command, when that can be done.
    func submit(_ command: RedisCommand, for waiter: Waiter<RESPValue>) {
        command.begin(waiter)
        guard !command.isOver else { return }
        if case .away(let reason?, let until) = phase, loop.now < until { return command.end(.failure(reason)) }
        guard waiting.count + sent.count < options.maximumWaiting else {
            return command.end(.failure(RedisError.busy(options.maximumWaiting)))
        }
        command.deadline = loop.now + Nanoseconds(options.commandTimeout)
        waiting.append(command)
        switch phase {
        case .away: open()
        case .resolving, .connecting, .greeting: setDeadline()
        case .ready: requestTurn()
        }
    }

    private func requestTurn() {
        if let registration { loop.requestTurn(registration) }
    }

    /// All commands of a turn go out at once.
    func turn() {
        guard case .ready = phase else { return }
        for command in waiting where !command.isOver {
            RESPWriter.append(command.words, to: &output)
            sent.append(command)
        }
        waiting.removeAll(keepingCapacity: true)
        setDeadline()
        flush()
    }

    // MARK: Opening

    private func open() {
        if registration == nil { registration = loop.register(timer: self) }
        openings += 1
        openingDeadline = loop.now + Nanoseconds(options.connectTimeout)
        setDeadline()
        switch address.place {
        case .address(let address):
            connect(to: [address])
        case .name(let name, let port):
            phase = .resolving(openings)
            Self.resolver.start { [self, openings, loop] in
                let result = Result { try SocketAddress.resolve(name, port: port) }
                loop.execute { [self] in
                    guard case .resolving(openings) = phase else { return }
                    switch result {
                    case .success(let addresses): connect(to: addresses[...])
                    case .failure(let error): lose(.unreachable("Redis cannot be reached: \(error)"))
                    }
                }
            }
        }
    }

    /// Begins to connect to the first address with which that does not fail at once.
    private func connect(to addresses: ArraySlice<SocketAddress>, after failure: SystemError? = nil) {
        phase = .away(nil, until: .never)
        var reason = failure.map { "\($0)" } ?? "its name stands for no address"
        var rest = addresses
        while let next = rest.popFirst() {
            do {
                let socket = try Socket.connect(to: next)
                do {
                    let registration = try loop.register(self, fd: socket.fd, trigger: .edge)
                    phase = .connecting(Link(socket: socket, registration: registration), rest)
                    return
                } catch {
                    socket.close()
                    throw error
                }
            } catch {
                reason = "\(error)"
            }
        }
        lose(.unreachable("Redis cannot be reached: \(reason)"))
    }

    private func connected(_ link: Link, _ rest: ArraySlice<SocketAddress>) {
        let code = link.socket.connectionFailure
        guard code == 0 else {
            close(link)
            return connect(to: rest, after: SystemError(code: code, operation: "connect to \(address.description)"))
        }
        let greeting = greeting
        phase = .greeting(link, missing: greeting.count)
        for words in greeting { RESPWriter.append(words.map { Array($0.utf8) }, to: &output) }
        flush()
    }

    /// The log-in, and a question that shows whether the server answers at all.
    private var greeting: [[String]] {
        var commands: [[String]] = []
        if let password = address.password ?? options.password {
            commands.append(["AUTH"] + [address.user ?? options.user].compactMap(\.self) + [password])
        }
        let database = address.database ?? options.database
        if database != 0 { commands.append(["SELECT", "\(database)"]) }
        commands.append(["PING"])
        return commands
    }

    // MARK: Events

    func ready(_ readiness: Readiness) {
        if case .connecting(let link, let rest) = phase, !readiness.isDisjoint(with: [.writable, .hangup]) {
            connected(link, rest)
        } else if readiness.contains(.writable) {
            flush()
        }
        receive()
    }

    /// An answer came.
    func take(_ value: RESPValue) {
        switch phase {
        case .greeting(let link, let missing):
            if case .error(let text) = value {
                return lose(
                    .unreachable("Redis at \(address.description) does not let this client in: \(text.prefix(200))")
                )
            }
            phase = missing > 1 ? .greeting(link, missing: missing - 1) : .ready(link)
            guard missing == 1 else { return }
            failures = 0
            openingDeadline = .never
            requestTurn()
        case .ready where answered < sent.count:
            sent[answered].answer(value)
            answered += 1
        default:
            lose(.malformed("Redis at \(address.description) answered what nobody asked."))
        }
    }

    /// All answers that were received have been taken.
    func dropAnswered() {
        guard answered > 0 else { return }
        sent.removeFirst(answered)
        answered = 0
        setDeadline()
    }

    // MARK: Deadlines

    private func setDeadline() {
        guard let registration else { return }
        let first = min((sent.first ?? waiting.first)?.deadline ?? .never, openingDeadline)
        loop.setDeadline(registration, first)
    }

    func deadlineReached() {
        if openingDeadline <= loop.now {
            return lose(
                .unreachable(
                    "Redis at \(address.description) cannot be reached: no answer in \(options.connectTimeout)."
                )
            )
        }
        let late = RedisError.timedOut("Redis at \(address.description) did not answer in \(options.commandTimeout).")
        if let oldest = sent.first, oldest.deadline <= loop.now { return lose(late) }
        let end = waiting.firstIndex { $0.deadline > loop.now } ?? waiting.endIndex
        for command in waiting[..<end] { command.end(.failure(late)) }
        waiting.removeFirst(end)
        setDeadline()
    }

    // MARK: The end of a connection

    /// Gives the connection, or the attempt, up. Commands fail for a while.
    func lose(_ reason: RedisError) {
        failures += 1
        let longest = Nanoseconds(options.longestPause).count
        let pause = min(longest, Self.shortestPause.count << min(failures - 1, 20))
        // Not all clients at once.
        let share = UInt64.random(in: pause / 2...pause)
        end(reason, phase: .away(reason, until: loop.now + Nanoseconds(count: share)))
    }

    /// The server closed, or its machine did. The next command connects again at once.
    func ended(_ how: String) {
        guard case .ready = phase else {
            return lose(.unreachable("Redis at \(address.description) did not let this client in: \(how)."))
        }
        end(.lost("The connection to Redis at \(address.description) ended: \(how)."), phase: .away(nil, until: .never))
    }

    private func end(_ reason: RedisError, phase next: Phase) {
        if case .connecting(let link, _) = phase { close(link) }
        if let link { close(link) }
        phase = next
        openingDeadline = .never
        let failed = sent[answered...] + waiting
        (sent, waiting, answered) = ([], [], 0)
        for command in failed { command.end(.failure(reason)) }
        setDeadline()
    }

    private func close(_ link: Link) {
        loop.deregister(link.registration, fd: nil)
        link.socket.close()
        (output, outputOffset) = ([], 0)
        input.removeAll()
        reader = RESPReader(limit: options.maximumAnswer)
    }
}
