extension Fields {
    /// Calls `body` with the name and the value of each line as they came, in order.
    package borrowing func forEachLine(_ body: (_ name: Span<UInt8>, _ value: Span<UInt8>) -> Void) {
        for index in lines.indices {
            let line = lines[index]
            body(bytes.span.extracting(line.name), bytes.span.extracting(line.value))
        }
    }

    /// The value of `name` over all its lines as octets, joined by ", "; nil if there is none. What is not UTF-8 stays as
    /// it is.
    package borrowing func joinedOctets(_ name: String) -> [UInt8]? {
        var joined: [UInt8]?
        var start = 0
        while let index = firstIndex(of: name, from: start) {
            if joined != nil { joined?.append(", ") }
            var value = joined.take() ?? []
            value.append(copying: bytes.span.extracting(lines[index].value))
            joined = value
            start = index + 1
        }
        return joined
    }
}
