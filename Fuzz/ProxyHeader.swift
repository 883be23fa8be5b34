import MartletWire

/// What is accepted is the same however it is cut, and is read again when it is written.
func fuzz(_ bytes: [UInt8]) {
    let whole: (header: ProxyHeader, count: Int)?
    do {
        whole = try ProxyHeader.parse(bytes.span)
    } catch {
        return
    }
    guard let whole else { return }
    check(whole.count <= bytes.count, "consumed \(whole.count)")
    for count in 0..<min(whole.count, 300) {
        do {
            check(try ProxyHeader.parse(bytes.span.extracting(0..<count)) == nil, "complete after \(count)")
        } catch {
            check(false, "refused after \(count)")
        }
    }
    var written: [UInt8] = []
    whole.header.append(.v2, to: &written)
    let again = try? ProxyHeader.parse(written.span)
    check(again?.header == whole.header && again?.count == written.count, "\(whole.header)")
}
