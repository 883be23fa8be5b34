import MartletWire

/// Items written again, every octet encoded, are the same items.
func fuzz(_ bytes: [UInt8]) {
    let items = Array(QueryItems(bytes))
    var written: [UInt8] = []
    for item in items {
        if !written.isEmpty { written.append(UInt8(ascii: "&")) }
        append(item.name, to: &written)
        written.append(UInt8(ascii: "="))
        append(item.value, to: &written)
    }
    let again = Array(QueryItems(written.span))
    check(again.elementsEqual(items) { $0 == $1 }, "\(items) became \(again)")
    if let item = items.last {
        let query = QueryItems(bytes)
        check(query.values(of: item.name).last == item.value, "the last value of \(item.name)")
        check(query[item.name] == query.values(of: item.name).first, "the first value of \(item.name)")
    }
}

private func append(_ text: String, to output: inout [UInt8]) {
    for octet in text.utf8 {
        let digits = Array("0123456789abcdef".utf8)
        output += [UInt8(ascii: "%"), digits[Int(octet >> 4)], digits[Int(octet & 15)]]
    }
}
