/// How much a multipart form may hold. The server's own limit on request content holds before these.
public struct MultipartLimits: Sendable {
    /// Parts; default 1000. More are answered 413.
    public var parts = 1000
    /// Octets of a part that is no file; default 1 MiB. More are answered 413.
    public var field = 1 << 20
    /// Octets of a part that is a file; default no limit. More are answered 413.
    public var file = Int.max
    /// Octets of the whole content; default no limit. More are answered 413.
    public var total = Int.max

    /// The defaults.
    public init() {}
}
