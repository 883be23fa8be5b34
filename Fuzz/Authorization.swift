import MartletWire

/// Credentials that are taken have each parameter once, and say the same when they are written again; base64 is read in one
/// way only.
func fuzz(_ bytes: [UInt8]) {
    if let field = AuthorizationField(parsing: bytes.span) {
        check(field.scheme == AuthorizationField.scheme(of: bytes.span), "scheme \(field.scheme)")
        check(field.scheme == field.scheme.lowercased(), "scheme \(field.scheme)")
        switch field.content {
        case .none: break
        case .token68(let token):
            check(AuthorizationField("\(field.scheme) \(token)") == field, "token68")
        case .parameters(let parameters):
            check(Set(parameters.names).count == parameters.count, "\(parameters.names)")
            check(parameters.count <= AuthorizationField.parameterLimit, "\(parameters.count) parameters")
            let written = Array("\(field.scheme) ".utf8) + parameters.fieldValue
            check(AuthorizationField(parsing: written.span) == field, "\(parameters.names)")
        }
    }
    if let octets = Base64.decode(bytes.span) {
        check(Array(Base64.encode(octets).utf8) == bytes, "\(octets.count) octets")
    }
    check(Base64.decode(Base64.encode(bytes)) == bytes, "\(bytes.count) octets")
    if let octets = Base64.decode(bytes.span, as: .url) {
        check(Array(Base64.encode(octets, as: .url).utf8) == bytes, "\(octets.count) octets for URLs")
    }
    check(Base64.decode(Base64.encode(bytes, as: .url), as: .url) == bytes, "\(bytes.count) octets for URLs")
    if let text = ExtendedValue.decode(bytes.span) {
        check(text.utf8.count <= bytes.count, "\(text.utf8.count) octets")
    }
}
