import MartletReactor

/// `http` or `https`, and the URLs of it.
enum Scheme: String {
    case http, https

    /// Every URL that leads to a listener: for one of all addresses those of the interfaces.
    func urls(of address: SocketAddress) -> [String] {
        guard address.isAny, let port = address.port else { return [url(of: address)] }
        var found = [url(of: .loopback(port: port))]
        for (_, own) in SocketAddress.ofInterfaces() where !own.isLoopback {
            if case .ipv6 = own, case .ipv4 = address { continue }
            found.append(url(of: own.with(port: port)))
        }
        return found
    }

    private func url(of address: SocketAddress) -> String {
        if case .unix(let path) = address { return "unix:\(path)" }
        let host = if case .ipv6 = address, address.mappedIPv4 == nil { "[\(address.host)]" } else { address.host }
        return url(host: host, port: address.port ?? 0)
    }

    /// - Parameter host: in brackets if it is an address of IPv6.
    func url(host: String, port: UInt16) -> String {
        "\(rawValue)://\(host)\(port == (self == .https ? 443 : 80) ? "" : ":\(port)")/"
    }
}
