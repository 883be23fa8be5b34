import Glibc

/// The sockets that listen at one address, before or beside a server: bound early, inherited from another process, or
/// handed on from one server to the next.
///
/// As long as one copy of each socket is open, clients that connect wait in its queue and none is refused.
public struct BoundAddress: Sendable {
    /// Where they listen, with the real port.
    public let address: SocketAddress
    /// One or more: with SO_REUSEPORT each has a queue of its own, and somebody has to accept from every one.
    public let sockets: [ListeningSocket]

    /// Whether the file of a Unix socket goes when its last server stops; not that of a service manager's, which listens on.
    public let ownsFile: Bool

    /// Sockets that listen already, all at one address. There must be one at least.
    /// - Parameter ownsFile: whether the file of a Unix socket goes with the last server; default true.
    public init(_ sockets: [ListeningSocket], ownsFile: Bool = true) {
        precondition(!sockets.isEmpty, "a BoundAddress has a socket")
        address = sockets[0].address
        self.sockets = sockets
        self.ownsFile = ownsFile
    }

    /// Removes the file of a Unix socket, if that is this one's to do.
    package func removeFile() {
        if ownsFile, case .unix(let path) = address { unsafe unlink(path) }
    }

    /// Binds each address, with a socket for each of `count` loops, all or none: where one fails the others are closed.
    /// - Parameter awaitsData: as in `ListeningSocket.bind`.
    /// - Throws: `SystemError` of the address that cannot be bound.
    public static func bind(
        _ addresses: [SocketAddress],
        count: Int,
        awaitsData: Bool = true
    ) throws(SystemError) -> [BoundAddress] {
        var bound: [BoundAddress] = []
        do throws(SystemError) {
            for address in addresses {
                bound.append(BoundAddress(try ListeningSocket.bind(address, count: count, awaitsData: awaitsData)))
            }
            return bound
        } catch {
            for address in bound { address.close() }
            throw error
        }
    }

    /// The same sockets under further descriptors, for a successor.
    /// - Throws: `SystemError` when the process has no descriptor left.
    public func duplicate() throws(SystemError) -> BoundAddress {
        var copies: [ListeningSocket] = []
        do throws(SystemError) {
            for socket in sockets { copies.append(try socket.duplicate()) }
            return BoundAddress(copies, ownsFile: ownsFile)
        } catch {
            for copy in copies { copy.close() }
            throw error
        }
    }

    /// Closes the descriptors, for sockets that no server took. A Unix socket's file stays.
    public func close() {
        for socket in sockets { socket.close() }
    }

    /// The sockets dealt out to `count` loops: every socket to one loop at least, and to every loop one at least, under a
    /// descriptor of its own where there are more loops than sockets.
    package func dealt(to count: Int) throws(SystemError) -> [[ListeningSocket]] {
        var hands = [[ListeningSocket]](repeating: [], count: count)
        for (index, socket) in sockets.enumerated() { hands[index % count].append(socket) }
        do throws(SystemError) {
            for index in hands.indices.dropFirst(sockets.count) {
                hands[index].append(try sockets[index % sockets.count].duplicate())
            }
            return hands
        } catch {
            for hand in hands.dropFirst(sockets.count) { for copy in hand { copy.close() } }
            throw error
        }
    }
}
