extension WebSocket {
    /// Why a connection is closed (RFC 6455 §7.4).
    public struct CloseCode: Hashable, Sendable {
        /// 1000 to 1003, 1007 to 1014, or 3000 to 4999, of which 4000 and more are for programs to define.
        public let rawValue: UInt16

        /// A code that a Close frame may hold; nil for others, such as 1005 and 1006, which only stand for something
        /// locally.
        public init?(rawValue: UInt16) {
            guard CloseCodes.canBeSent(rawValue) else { return nil }
            self.rawValue = rawValue
        }

        init(unchecked rawValue: UInt16) {
            self.rawValue = rawValue
        }

        /// 1000: the connection has served its purpose.
        public static let normal = CloseCode(unchecked: 1000)
        /// 1001: the server stops, or the page was left.
        public static let goingAway = CloseCode(unchecked: 1001)
        /// 1002: the peer broke the protocol.
        public static let protocolError = CloseCode(unchecked: 1002)
        /// 1003: messages of this kind are not taken.
        public static let unsupportedData = CloseCode(unchecked: 1003)
        /// 1007: a message does not hold what its type promises, such as a text that is not UTF-8.
        public static let invalidData = CloseCode(unchecked: 1007)
        /// 1008: a message breaks the rules of the program.
        public static let policyViolation = CloseCode(unchecked: 1008)
        /// 1009: a message is too long.
        public static let messageTooLong = CloseCode(unchecked: 1009)
        /// 1011: something went wrong in the server.
        public static let internalError = CloseCode(unchecked: 1011)
    }
}
