import MartletWire

/// Cookies written again are the same; what a Set-Cookie takes comes back as it was.
func fuzz(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    let cookies = Array(Cookies(bytes.span))
    let written = cookies.map { "\($0.name)=\($0.value)" }.joined(separator: "; ")
    let again = Array(Cookies(written))
    check(again.elementsEqual(cookies) { $0 == $1 }, "\(cookies) became \(again)")

    let languages = AcceptLanguage.best(of: ["de", "en-GB"], in: bytes.span)
    check(languages == nil || languages == "de" || languages == "en-GB", "language \(languages ?? "")")

    let name = String(decoding: input.line() ?? [], as: UTF8.self)
    let value = String(decoding: input.line() ?? [], as: UTF8.self)
    let path = String(decoding: input.line() ?? [], as: UTF8.self)
    let domain = input.line().map { String(decoding: $0, as: UTF8.self) }
    guard let cookie = try? SetCookie(name, value, path: path, domain: domain, secure: true) else { return }
    let read = Array(Cookies(cookie.description))
    let expected = [name, "Path"] + (domain == nil ? [] : ["Domain"]) + ["SameSite"]
    check(read.map(\.name) == expected, "\(cookie) has \(read)")
    check(read[0].value == value && read[1].value == path, "\(cookie) has \(read)")
    check(Fields.isValidValue(cookie.description), "\(cookie) is no field value")
}
