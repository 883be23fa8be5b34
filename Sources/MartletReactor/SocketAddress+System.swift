package import CMartlet
import Glibc

/// The conversions between `SocketAddress` and the system's `sockaddr` family.
extension SocketAddress {
    /// The longest path of a Unix socket, in octets: `sun_path` without its NUL.
    public static let longestPath = 107

    /// Calls `body` with the system's form of the address.
    package func withSystemAddress<Result>(_ body: (UnsafePointer<cm_sockaddr>, UInt32) -> Result) -> Result {
        var storage = sockaddr_storage()
        let length = unsafe withUnsafeMutableBytes(of: &storage) { unsafe fill($0) }
        return unsafe withUnsafeBytes(of: &storage) { bytes in
            unsafe body(bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(length))
        }
    }

    private func fill(_ bytes: UnsafeMutableRawBufferPointer) -> Int {
        switch self {
        case .ipv4(let address, let port):
            var system = sockaddr_in()
            system.sin_family = sa_family_t(AF_INET)
            system.sin_port = port.bigEndian
            system.sin_addr.s_addr = address.bigEndian
            unsafe bytes.storeBytes(of: system, as: sockaddr_in.self)
            return MemoryLayout<sockaddr_in>.size
        case .ipv6(let high, let low, let port, let zone):
            var system = sockaddr_in6()
            system.sin6_family = sa_family_t(AF_INET6)
            system.sin6_port = port.bigEndian
            system.sin6_scope_id = zone
            unsafe withUnsafeMutableBytes(of: &system.sin6_addr) { octets in
                unsafe octets.storeBytes(of: high.bigEndian, toByteOffset: 0, as: UInt64.self)
                unsafe octets.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            unsafe bytes.storeBytes(of: system, as: sockaddr_in6.self)
            return MemoryLayout<sockaddr_in6>.size
        case .unix(let path):
            unsafe bytes.storeBytes(of: sa_family_t(AF_UNIX), as: sa_family_t.self)
            let offset = MemoryLayout<sa_family_t>.size
            let octets = path.utf8.prefix(Self.longestPath)
            for (index, octet) in octets.enumerated() { unsafe bytes[offset + index] = octet }
            return offset + octets.count + 1
        }
    }

    /// Reads what `accept` or `getsockname` left in `storage`; nil for a family other than the three.
    package init?(_ storage: inout cm_sockaddr_storage, length: UInt32) {
        let family = CInt(storage.ss_family)
        let read = unsafe withUnsafeBytes(of: &storage) { bytes -> SocketAddress? in
            switch family {
            case AF_INET:
                let system = unsafe bytes.load(as: sockaddr_in.self)
                return .ipv4(UInt32(bigEndian: system.sin_addr.s_addr), port: UInt16(bigEndian: system.sin_port))
            case AF_INET6:
                var system = unsafe bytes.load(as: sockaddr_in6.self)
                let (high, low) = unsafe withUnsafeBytes(of: &system.sin6_addr) { octets in
                    // The address lies at a multiple of four, not of eight.
                    unsafe (
                        octets.loadUnaligned(as: UInt64.self), octets.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
                    )
                }
                return .ipv6(
                    UInt64(bigEndian: high),
                    UInt64(bigEndian: low),
                    port: UInt16(bigEndian: system.sin6_port),
                    zone: system.sin6_scope_id
                )
            case AF_UNIX:
                let path = unsafe bytes[MemoryLayout<sa_family_t>.size..<max(Int(length), 2)].prefix { $0 != 0 }
                return .unix(path: unsafe String(decoding: path, as: UTF8.self))
            default:
                return nil
            }
        }
        guard let read else { return nil }
        self = read
    }

    /// The addresses that a name or a numeric address stands for, by `getaddrinfo`. May ask a name server: call it at
    /// start, not on a loop.
    /// - Throws: `ResolutionError` when there is none.
    public static func resolve(_ host: String, port: UInt16) throws(ResolutionError) -> [SocketAddress] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_PASSIVE
        var list: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(host, nil, &hints, &list)
        guard code == 0 else {
            throw ResolutionError(host: host, reason: unsafe String(cString: gai_strerror(code)))
        }
        defer { unsafe freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = unsafe list
        while let entry = unsafe next {
            var storage = sockaddr_storage()
            let length = min(Int(unsafe entry.pointee.ai_addrlen), MemoryLayout<sockaddr_storage>.size)
            unsafe withUnsafeMutableBytes(of: &storage) { bytes in
                unsafe bytes.copyMemory(from: UnsafeRawBufferPointer(start: entry.pointee.ai_addr, count: length))
            }
            // Hosts files often name an address twice; a server would bind it twice.
            if let address = SocketAddress(&storage, length: socklen_t(length))?.with(port: port),
                !addresses.contains(address)
            {
                addresses.append(address)
            }
            unsafe next = entry.pointee.ai_next
        }
        return addresses
    }

    /// The numeric addresses of this machine's network interfaces that are up, with port 0, each with its interface's
    /// name. Link-local ones are left out: they need a zone that no URL carries.
    public static func ofInterfaces() -> [(interface: String, address: SocketAddress)] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard unsafe getifaddrs(&list) == 0 else { return [] }
        defer { unsafe freeifaddrs(list) }
        var found: [(interface: String, address: SocketAddress)] = []
        var next = unsafe list
        while let entry = unsafe next {
            unsafe next = entry.pointee.ifa_next
            guard let system = unsafe entry.pointee.ifa_addr, unsafe entry.pointee.ifa_flags & UInt32(IFF_UP) != 0
            else { continue }
            let length =
                switch unsafe CInt(system.pointee.sa_family) {
                case AF_INET: MemoryLayout<sockaddr_in>.size
                case AF_INET6: MemoryLayout<sockaddr_in6>.size
                default: 0
                }
            guard length > 0 else { continue }
            var storage = sockaddr_storage()
            unsafe withUnsafeMutableBytes(of: &storage) { bytes in
                unsafe bytes.copyMemory(from: UnsafeRawBufferPointer(start: system, count: length))
            }
            guard let address = SocketAddress(&storage, length: socklen_t(length)), !address.isLinkLocal else {
                continue
            }
            found.append((unsafe String(cString: entry.pointee.ifa_name), address.with(port: 0)))
        }
        return found
    }

    private var isLinkLocal: Bool {
        switch self {
        case .ipv4(let address, _): address >> 16 == 0xA9FE
        case .ipv6(let high, _, _, _): high >> 54 == 0xFE80 >> 6
        case .unix: false
        }
    }
}

/// A name that stands for no address.
public struct ResolutionError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The name as given.
    public let host: String
    /// The system's words for why.
    public let reason: String

    /// The name and the reason.
    public var description: String { "\(host): \(reason)" }
}

extension SocketAddress {
    /// The address that `text` is in numbers, IPv4 or IPv6 without brackets; nil when it is none. Asks nobody.
    public init?(numeric text: String, port: UInt16) {
        var ipv4 = in_addr()
        var ipv6 = in6_addr()
        if unsafe inet_pton(AF_INET, text, &ipv4) == 1 {
            self = .ipv4(UInt32(bigEndian: ipv4.s_addr), port: port)
        } else if unsafe inet_pton(AF_INET6, text, &ipv6) == 1 {
            let (high, low) = unsafe withUnsafeBytes(of: &ipv6) { octets in
                unsafe (
                    octets.loadUnaligned(as: UInt64.self), octets.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
                )
            }
            self = .ipv6(UInt64(bigEndian: high), UInt64(bigEndian: low), port: port, zone: 0)
        } else {
            return nil
        }
    }
}
