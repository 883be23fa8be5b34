/// What a Redis server answers: a value of its protocol in version 2, RESP2.
public indirect enum RESPValue: Hashable, Sendable {
    /// A short text without line breaks, such as "OK".
    case simple(String)
    /// Why a command failed. Only inside of an array: what is the whole answer is thrown.
    case error(String)
    /// A number.
    case integer(Int64)
    /// Octets, any.
    case bulk([UInt8])
    /// Values, each of any kind.
    case array([RESPValue])
    /// Nothing: no such key, for example.
    case null

    /// What it says, where it is text: a simple one, or octets that are UTF-8.
    public var text: String? {
        switch self {
        case .simple(let text): text
        case .bulk(let octets): String(validating: octets, as: UTF8.self)
        case .error, .integer, .array, .null: nil
        }
    }
}
