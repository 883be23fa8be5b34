// Sources: Tests/TestSupport/ABNF

/// The parsers of heads and of chunks agree with the RFC's grammar on every input. The first octet says of which it is.
func fuzz(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    let isHead = input.octet() & 1 == 0
    let text = Array(input.remainder().prefix(1024))  // The grammar is slow.
    let fault = isHead ? Agreement.fault(inHead: text) : Agreement.fault(inChunks: text)
    check(fault == nil, fault ?? "")
}
