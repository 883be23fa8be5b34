import MartletWire

/// One line is a media type, the next one Accept and Accept-Encoding.
func fuzz(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    let text = input.line() ?? []
    let field = input.line()
    for weight in [
        Accept.quality(of: .html, in: field?.span), Accept.quality(of: .json, in: field?.span),
        AcceptEncoding.quality(of: "gzip", in: field?.span), AcceptEncoding.quality(of: "identity", in: field?.span),
    ] {
        check((0...1000).contains(weight), "weight \(weight)")
    }
    guard let mediaType = MediaType(parsing: text.span) else { return }
    check((0...1000).contains(Accept.quality(of: mediaType, in: field?.span)), "weight of \(mediaType)")
    let spelt = mediaType.description
    check(MediaType(spelt) == mediaType, "\(spelt) was read otherwise")
    if mediaType.parameter("q") == nil, mediaType.type != "*", mediaType.subtype != "*" {
        check(Accept.quality(of: mediaType, in: Array(spelt.utf8).span) == 1000, "\(spelt) does not accept itself")
        let refused = Array("*/*, \(spelt);q=0".utf8)
        check(Accept.quality(of: mediaType, in: refused.span) == 0, "\(spelt);q=0 accepts it")
    }
}
