/// Which status codes a Close frame may hold (RFC 6455 §7.4, and the registry that it founded).
package enum CloseCodes {
    /// False for those that only stand for something locally (1004, 1005, 1006, 1015) and for what is not defined.
    package static func canBeSent(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
