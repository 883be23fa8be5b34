import HTTPTypes

/// An answer that cannot be sent as the handler gave it: a 500, and this for the log.
enum HandlerFault: Error, CustomStringConvertible {
    case notFinal(Int)
    /// A status that must not be sent without this field.
    case lacksField(Int, HTTPField.Name)
    case fileChanged
    case upgradeWithoutSwitching(Int)

    /// What keeps an answer from being sent; nil: nothing does. Statuses go from 200 to 599 (RFC 9110 §15).
    init?(of code: Int, _ fields: borrowing Fields) {
        guard (200...599).contains(code) else {
            self = .notFinal(code)
            return
        }
        let needed: HTTPField.Name
        switch code {
        case 401: needed = .wwwAuthenticate  // RFC 9110 §11.6.1, as §15.5.6 and §15.5.22 for the others.
        case 405: needed = .allow
        case 426: needed = .upgrade
        default: return nil
        }
        guard !fields.contains(needed) else { return nil }
        self = .lacksField(code, needed)
    }

    var description: String {
        switch self {
        case .notFinal(let code): "the handler answered \(code), which is no final status"
        case .lacksField(let code, let name): "the handler answered \(code) without \(name), which must come with it"
        case .fileChanged: "a file of the answer became shorter before it was read"
        case .upgradeWithoutSwitching(let code): "the handler changes the protocol with a status \(code) instead of 101"
        }
    }
}
