import HTTPTypes
import MartletWire

private let now = 1_795_348_800

/// Lines: the current tag, If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since; an empty one is a field
/// that is not there. What RFC 9110 §13 says of each result has to hold.
func fuzz(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    let tag = input.line() ?? []
    let fields = (0..<4).map { _ in input.line().flatMap { $0.isEmpty ? nil : $0 } }
    let current = Validators(entityTag: EntityTag(parsing: tag.span), lastModified: 784_111_777)
    if let entityTag = current.entityTag { checkTag(entityTag) }

    let get = evaluate(.get, fields, current)
    check(get == evaluate(.head, fields, current), "HEAD differs from GET")
    check(evaluate(.options, fields, current) == .proceed, "OPTIONS has no conditions")
    let put = evaluate(.put, fields, current)
    check(put != .notModified, "PUT cannot be not modified")
    if put == .failed { check(get != .proceed, "what stops PUT stops GET") }
    if fields[1] != nil {
        check(get == evaluate(.get, [fields[0], fields[1], nil, fields[3]], current), "If-Modified-Since counted")
    }
    if fields[0] != nil {
        check(get == evaluate(.get, [fields[0], fields[1], fields[2], nil], current), "If-Unmodified-Since counted")
        check(evaluate(.get, fields, nil) == .failed, "If-Match holds for nothing")
    } else {
        check(evaluate(.put, fields, nil) == .proceed, "nothing exists, yet something stops PUT")
    }
    for field in fields {
        guard let field else { continue }
        if Preconditions.rangeApplies(ifRange: field.span, current: current, now: now) {
            let date = HTTPDate.parse(field.span, now: now)
            check(date == 784_111_777 || EntityTag(parsing: field.span)?.isWeak == false, "If-Range")
        }
    }
}

private func checkTag(_ tag: EntityTag) {
    var written: [UInt8] = []
    tag.append(to: &written)
    check(EntityTag(parsing: written.span) == tag, "\(tag) was read otherwise")
    let current = Validators(entityTag: tag)
    let isStrong = !tag.isWeak
    check(evaluate(.get, [written, nil, nil, nil], current) == (isStrong ? .proceed : .failed), "If-Match: \(tag)")
    check(evaluate(.get, [nil, written, nil, nil], current) == .notModified, "If-None-Match: \(tag)")
    check(Preconditions.rangeApplies(ifRange: written.span, current: current, now: now) == isStrong, "If-Range: \(tag)")
    let list = Array(" , \"other\",".utf8) + written + Array(", x".utf8)
    check(evaluate(.put, [nil, list, nil, nil], current) == .failed, "\(tag) in a list")
}

private func evaluate(
    _ method: HTTPRequest.Method,
    _ fields: [[UInt8]?],
    _ current: Validators?
) -> PreconditionResult {
    let (ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince) = (fields[0], fields[1], fields[2], fields[3])
    return Preconditions.evaluate(
        method: method,
        ifMatch: ifMatch?.span,
        ifNoneMatch: ifNoneMatch?.span,
        ifModifiedSince: ifModifiedSince?.span,
        ifUnmodifiedSince: ifUnmodifiedSince?.span,
        current: current,
        now: now
    )
}
