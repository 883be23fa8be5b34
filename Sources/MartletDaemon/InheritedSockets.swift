import Glibc
package import MartletReactor

/// A listening socket that this process was started with, or hands on.
package struct InheritedSocket: Sendable {
    /// The name that tells it from others: systemd's FileDescriptorName=, the unit's name by default.
    package let name: String
    /// The socket.
    package let socket: ListeningSocket

    /// A socket by a name, in which a colon or a control character becomes "_".
    package init(name: String, socket: ListeningSocket) {
        self.name = String(
            String.UnicodeScalarView(name.unicodeScalars.map { $0 == ":" || $0.value < 0x20 ? "_" : $0 })
        )
        self.socket = socket
    }
}

/// Listening sockets that come with the start of a process: from systemd (LISTEN_FDS, see sd_listen_fds(3)), or from the
/// server that this one succeeds (MARTLET_LISTEN_FDS: the same layout without a process id, which nobody knows beforehand).
package enum InheritedSockets {
    /// The sockets this process was started with, in their order; empty when there are none. Takes the variables out of
    /// the environment: call it once, before there are threads.
    /// - Throws: when a descriptor is no listening stream socket. All are left open.
    package static func fromEnvironment() throws(DaemonError) -> [InheritedSocket] {
        let own = Variables.succession.take()
        let systemd = Variables.systemd.take()
        // The variables of systemd go to a service's children too, and mean nothing to them.
        let process = ProcessEnvironment.take("LISTEN_PID")
        if let own {
            return try sockets(own, of: .succession)
        }
        guard let systemd, let process else { return [] }
        guard let number = CInt(process) else {
            throw DaemonError("LISTEN_PID=\(process) is not a process id. Unset LISTEN_PID and LISTEN_FDS.")
        }
        return number == getpid() ? try sockets(systemd, of: .systemd) : []
    }

    /// Has a successor inherit the sockets and find them in its environment. Do it before it inherits anything else.
    package static func give(_ sockets: [InheritedSocket], to process: inout DetachedProcess) {
        for variable in Variables.all { process.environment[variable] = nil }
        guard !sockets.isEmpty else { return }
        for socket in sockets { _ = process.inherit(socket.socket.fd) }
        process.environment[Variables.succession.count] = "\(sockets.count)"
        process.environment[Variables.succession.names] = sockets.map(\.name).joined(separator: ":")
    }

    /// A pair of variables: how many sockets, and their names.
    private struct Variables {
        let count: String
        let names: String

        static let systemd = Variables(count: "LISTEN_FDS", names: "LISTEN_FDNAMES")
        static let succession = Variables(count: "MARTLET_LISTEN_FDS", names: "MARTLET_LISTEN_FDNAMES")
        static let all = [systemd, succession].flatMap { [$0.count, $0.names] } + ["LISTEN_PID"]

        func take() -> (count: String, names: String?)? {
            let names = ProcessEnvironment.take(names)
            return ProcessEnvironment.take(count).map { ($0, names) }
        }
    }

    /// More than any server has.
    private static let limit = 4096

    private static func sockets(
        _ values: (count: String, names: String?),
        of variables: Variables
    ) throws(DaemonError) -> [InheritedSocket] {
        guard let count = Int(values.count), (0...limit).contains(count) else {
            throw DaemonError("\(variables.count)=\(values.count) is not a number from 0 to \(limit). Unset it.")
        }
        guard count > 0 else { return [] }
        var names = [String](repeating: "unknown", count: count)
        if let given = values.names {
            names = given.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map {
                String($0) ?? ""
            }
            guard names.count == count else {
                throw DaemonError(
                    "\(variables.names) has \(names.count) names for the \(count) sockets of \(variables.count). "
                        + "Set both to match, or unset \(variables.names)."
                )
            }
        }
        var found: [InheritedSocket] = []
        for (index, name) in names.enumerated() {
            let fd = DetachedProcess.firstDescriptor + CInt(index)
            let place = "\(variables.count): descriptor \(fd) (\(name))"
            found.append(InheritedSocket(name: name, socket: try listening(fd, place)))
        }
        return found
    }

    /// Checks a descriptor, and sets on it what a socket of our own has.
    private static func listening(_ fd: CInt, _ place: String) throws(DaemonError) -> ListeningSocket {
        let flags = fcntl(fd, F_GETFD)
        guard flags >= 0 else {
            throw DaemonError("\(place) is not open. The variable must count the sockets that are passed from 3 on.")
        }
        guard let type = option(SO_TYPE, of: fd) else {
            throw DaemonError(
                "\(place) is not a socket. Pass only listening sockets (ListenStream= in a .socket unit)."
            )
        }
        guard type == CInt(SOCK_STREAM.rawValue) else {
            throw DaemonError("\(place) is not a stream socket. Use ListenStream= in the .socket unit.")
        }
        guard option(SO_ACCEPTCONN, of: fd) == 1 else {
            throw DaemonError("\(place) does not listen: is it a connection? Use Accept=no in the .socket unit.")
        }
        guard let address = Socket(fd: fd).localAddress else {
            throw DaemonError("\(place) is of another family than IPv4, IPv6 and Unix. Listen on one of these.")
        }
        let status = fcntl(fd, F_GETFL)
        guard fcntl(fd, F_SETFD, flags | FD_CLOEXEC) == 0, status >= 0, fcntl(fd, F_SETFL, status | O_NONBLOCK) == 0
        else { throw DaemonError("\(place) cannot be used: \(SystemError.text(of: errno)).") }
        return ListeningSocket(inherited: fd, address: address)
    }

    private static func option(_ name: CInt, of fd: CInt) -> CInt? {
        var value: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        return unsafe getsockopt(fd, SOL_SOCKET, name, &value, &length) == 0 ? value : nil
    }
}
