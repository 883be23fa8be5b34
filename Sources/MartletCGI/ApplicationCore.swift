import Martlet
import MartletReactor
import MartletWire

/// What all loops share of an application: where it is, and its connections.
///
/// A connection belongs to one loop. How many there are is counted for all: PHP has a process for each, also for those that
/// rest, and must not run out of them while another loop needs one.
final class ApplicationCore: Sendable {
    private struct Ledger {
        /// The one that rests for the longest time first.
        var resting: [ApplicationConnection] = []
        /// In use, resting and being made.
        var open = 0
    }

    let place: ApplicationPlace
    let speaks: ApplicationProtocol
    let options: ApplicationOptions
    private let addresses: ServerAddresses
    private let ledger = Locked(Ledger())

    init(_ place: ApplicationPlace, isFastCGI: Bool, options: ApplicationOptions) {
        self.place = place
        self.options = options
        speaks = isFastCGI ? .fastCGI(keepsConnections: options.keptConnections > 0) : .scgi
        addresses = ServerAddresses(of: place.server)
    }

    /// A connection of `loop` that rests, the last used first; nil where there is none.
    func takeResting(on loop: EventLoop, isRepeatable: Bool) -> ApplicationConnection? {
        while let connection = resting(of: loop) {
            if connection.take(isRepeatable: isRepeatable) { return connection }
        }
        return nil
    }

    private func resting(of loop: EventLoop) -> ApplicationConnection? {
        ledger.withLock { ledger in
            ledger.resting.lastIndex { $0.loop === loop }.map { ledger.resting.remove(at: $0) }
        }
    }

    /// A new connection on `loop`, whose thread this is.
    /// - Throws: `ApplicationFailure`, `CancellationError`.
    func connect(on loop: EventLoop) async throws -> ApplicationConnection {
        makeRoom(for: loop)
        var failure = ApplicationFailure.connection(.unreachable("the name stands for no address"))
        do {
            for address in try await addresses.current(at: loop.now) {
                do {
                    ledger.withLock { $0.open += 1 }
                    let connection = try ApplicationConnection(to: address, core: self, loop: loop)
                    try await connection.connected()
                    _ = connection.take(isRepeatable: true)
                    return connection
                } catch let fault as ConnectionFault {
                    failure = .connection(fault)
                } catch let fault as ApplicationFailure {
                    failure = fault
                }
            }
        } catch let fault as ConnectionFault {
            failure = .connection(fault)
        }
        throw failure
    }

    /// Where enough are open, one that rests on another loop closes first.
    private func makeRoom(for loop: EventLoop) {
        let other = ledger.withLock { ledger -> ApplicationConnection? in
            guard ledger.open >= options.keptConnections else { return nil }
            return ledger.resting.firstIndex { $0.loop !== loop }.map { ledger.resting.remove(at: $0) }
        }
        guard let other else { return }
        other.loop.execute { other.close(CancellationError()) }
    }

    /// The request is done: the connection rests, or closes.
    func give(_ connection: ApplicationConnection) {
        connection.dialect.onErrors = nil
        guard connection.rest() else { return connection.close(CancellationError()) }
        let isKept = ledger.withLock { ledger in
            guard ledger.resting.count < options.keptConnections else { return false }
            ledger.resting.append(connection)
            return true
        }
        if !isKept { connection.close(CancellationError()) }
    }

    /// A connection was closed.
    func closed(_ dialect: ApplicationDialect) {
        ledger.withLock { ledger in
            ledger.open -= 1
            ledger.resting.removeAll { $0.dialect === dialect }
        }
    }
}
