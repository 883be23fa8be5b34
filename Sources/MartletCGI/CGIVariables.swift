import HTTPTypes
import Martlet
import MartletReactor
import MartletWire

/// The script that a request is for, as URIs and the file system name it. Octets, not text: neither need be UTF-8.
struct ScriptPlace: Sendable, Equatable {
    /// SCRIPT_NAME: the decoded path of the script, "" or beginning with "/", without a slash at its end.
    var name: [UInt8]
    /// PATH_INFO: the decoded rest of the path, "" or beginning with "/".
    var pathInfo: [UInt8] = []
    /// SCRIPT_FILENAME: the script's file, where there is one.
    var file: [UInt8]?
    /// DOCUMENT_ROOT, and what PATH_TRANSLATED lies below. Absolute; "" is "/".
    var documentRoot: [UInt8]?

    /// What the log calls it: on one line, and without what could change a terminal.
    var told: String { StandardErrors.text(name.isEmpty ? [UInt8(ascii: "/")] : name) }
}

/// The meta-variables of one request (RFC 3875 §4.1), in order.
///
/// For CGI they are the environment, for FastCGI and SCGI the parameters. Values are octets as they came; none holds a NUL.
struct CGIVariables: Sendable {
    /// One variable.
    struct Variable: Sendable, Equatable {
        let name: String
        var value: [UInt8]
    }

    /// What cannot be a variable.
    enum Fault: Error, Equatable, CustomStringConvertible {
        /// The value holds a NUL, with which the environment ends it (§7.2).
        case nul(String)
        /// The name is empty or holds "=" or NUL.
        case name(String)

        var description: String {
            switch self {
            case .nul(let name): "the value of the variable \(name) holds a NUL"
            case .name(let name): "\"\(name)\" cannot be the name of a variable"
            }
        }
    }

    /// All variables; no name is there twice.
    private(set) var all: [Variable] = []

    /// The value of a variable as text; nil where it is not set.
    subscript(_ name: String) -> String? {
        all.first { $0.name == name }.map { String(decoding: $0.value, as: UTF8.self) }
    }

    /// The variables of a request.
    /// - Parameters:
    ///   - contentLength: the octets of content that the script will get; nil: the request has none.
    ///   - passesAuthorization: whether the script sees the client's credentials (§9.2).
    init(
        _ request: Request,
        _ place: ScriptPlace,
        contentLength: Int?,
        passesAuthorization: Bool = false
    ) throws(Fault) {
        all.reserveCapacity(48)
        let local = request.localAddress
        try addContent(request, contentLength)
        try set("GATEWAY_INTERFACE", "CGI/1.1")
        try addPlace(place)
        try set("QUERY_STRING", request.query ?? "")
        try addClient(request)
        try set("REQUEST_METHOD", request.method.rawValue)
        try set("REQUEST_SCHEME", request.scheme)
        try addTarget(request.head)
        if request.tls != nil { try set("HTTPS", "on") }
        try set("SERVER_NAME", Self.serverName(request.head, local))
        try set("SERVER_PORT", "\(Self.serverPort(request, local))")
        try set("SERVER_PROTOCOL", request.head.version == .http1_0 ? "HTTP/1.0" : "HTTP/1.1")
        try set("SERVER_SOFTWARE", request.serverSoftware)
        // php-cgi takes no request without: it was to show that a server, not the client, chose the script.
        try set("REDIRECT_STATUS", "200")
        try addFields(request.fields, passesAuthorization: passesAuthorization)
        if request.head.form == .absolute {
            // The target says what Host is, whatever that says (RFC 9112 §3.2.2).
            var host: [UInt8] = []
            if request.head.appendAuthority(to: &host) { try set("HTTP_HOST", host) }
        }
    }

    /// The length of a request's content as far as its head tells: nil where there is none, or where it is chunked.
    static func contentLength(of request: Request) -> Int? {
        switch request.head.framing {
        case .length(let count): count
        case .none: request.fields.contains(.contentLength) ? 0 : nil
        case .chunked: nil
        }
    }

    /// Sets a variable, in the place of one of the same name.
    mutating func set(_ name: String, _ value: String) throws(Fault) {
        try set(name, Array(value.utf8))
    }

    /// Sets a variable, in the place of one of the same name.
    mutating func set(_ name: String, _ value: [UInt8]) throws(Fault) {
        guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: "=")), !name.utf8.contains(0) else { throw .name(name) }
        guard !value.contains(0) else { throw .nul(name) }
        if let index = all.firstIndex(where: { $0.name == name }) {
            all[index].value = value
        } else {
            all.append(Variable(name: name, value: value))
        }
    }

    // MARK: The request

    private mutating func addContent(_ request: Request, _ length: Int?) throws(Fault) {
        if let user = request.user { try set("AUTH_TYPE", user.scheme) }
        if let length { try set("CONTENT_LENGTH", "\(length)") }
        if let type = request.fields.joinedOctets("content-type") { try set("CONTENT_TYPE", type) }
    }

    private mutating func addPlace(_ place: ScriptPlace) throws(Fault) {
        let slash = UInt8(ascii: "/")
        if let root = place.documentRoot { try set("DOCUMENT_ROOT", root.isEmpty ? [slash] : root) }
        try set("PATH_INFO", place.pathInfo)
        if !place.pathInfo.isEmpty, let root = place.documentRoot {
            // Below the root: no segment of a decoded path is a dot segment (§9.8).
            try set("PATH_TRANSLATED", (root == [slash] ? [] : root) + place.pathInfo)
        }
        if let file = place.file { try set("SCRIPT_FILENAME", file) }
        try set("SCRIPT_NAME", place.name)
    }

    private mutating func addClient(_ request: Request) throws(Fault) {
        let address = Self.address(request.peer)
        try set("REMOTE_ADDR", address)
        try set("REMOTE_HOST", address)
        if let port = request.peer.port { try set("REMOTE_PORT", "\(port)") }
        if let user = request.user { try set("REMOTE_USER", user.name) }
    }

    private mutating func addTarget(_ head: RequestHead) throws(Fault) {
        var target: [UInt8] = []
        head.appendOriginForm(to: &target)
        try set("REQUEST_URI", target)
    }

    /// An address without its zone, which means something on this machine alone.
    private static func address(_ address: SocketAddress) -> String {
        guard case .ipv6(let high, let low, let port, _) = address else { return address.host }
        return SocketAddress.ipv6(high, low, port: port, zone: 0).host
    }

    /// The host that the request is for (§4.1.14); where it says none, the address that it came to.
    private static func serverName(_ head: RequestHead, _ local: SocketAddress?) -> String {
        if let host = head.authority?.host { return host }
        guard let local, local.port != nil else { return "localhost" }
        let host = address(local)
        return host.contains(":") ? "[\(host)]" : host
    }

    /// The port that it came to (§4.1.15). A Unix socket has none: then the one that the client meant.
    private static func serverPort(_ request: Request, _ local: SocketAddress?) -> UInt16 {
        local?.port ?? request.head.authority?.port ?? (request.tls == nil ? 80 : 443)
    }

    // MARK: Its fields

    /// HTTP_ and the field's name in upper case, "-" as "_" (§4.1.18).
    private mutating func addFields(_ fields: Fields, passesAuthorization: Bool) throws(Fault) {
        let hop = HopByHop(of: fields)
        var names: [[UInt8]] = []
        var values: [[UInt8]] = []
        fields.forEachLine { name, value in
            guard Self.isPassed(name, hop, passesAuthorization), let variable = Self.variable(name) else { return }
            guard let index = names.firstIndex(of: variable) else {
                names.append(variable)
                values.append([])
                return values[values.count - 1].append(copying: value)
            }
            // One value of the same meaning (RFC 9110 §5.3, RFC 6265 §5.4).
            values[index].append(contentsOf: variable.elementsEqual("HTTP_COOKIE".utf8) ? "; ".utf8 : ", ".utf8)
            values[index].append(copying: value)
        }
        for (name, value) in zip(names, values) {
            guard !value.contains(0) else { throw .nul(String(decoding: name, as: UTF8.self)) }
            all.append(Variable(name: String(decoding: name, as: UTF8.self), value: value))
        }
    }

    /// The variable for a field; nil for a name with anything but letters, digits and "-". So no two fields share one:
    /// `X_User` could else pass for the `X-User` that a proxy vouches for.
    private static func variable(_ name: Span<UInt8>) -> [UInt8]? {
        var variable = Array("HTTP_".utf8)
        variable.reserveCapacity(name.count + 5)
        for index in name.indices {
            switch name[index] {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): variable.append(name[index] & 0xDF)
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                variable.append(name[index])
            case UInt8(ascii: "-"): variable.append(UInt8(ascii: "_"))
            default: return nil
            }
        }
        return variable
    }

    /// Whether a script gets to see the field. Not: what other variables say, what is for this connection alone, credentials,
    /// and Proxy, for HTTP_PROXY means something else to many programs (httpoxy).
    private static func isPassed(_ name: Span<UInt8>, _ hop: HopByHop, _ passesAuthorization: Bool) -> Bool {
        switch name.count {
        case 4 where name.equals(ignoringCase: "host"): true  // Whatever Connection names.
        case 5 where name.equals(ignoringCase: "proxy"): false
        case 6 where name.equals(ignoringCase: "expect"): false
        case 7 where name.equals(ignoringCase: "trailer"): false
        case 12 where name.equals(ignoringCase: "content-type"): false
        case 13 where name.equals(ignoringCase: "authorization"): passesAuthorization
        case 14 where name.equals(ignoringCase: "content-length"): false
        case 19 where name.equals(ignoringCase: "proxy-authorization"): false
        default: !hop.contains(name)
        }
    }
}
