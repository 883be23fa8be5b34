/// The fields of a message that are meant for the next hop only, so that no gateway passes them on (RFC 9110 §7.6.1):
/// those that Connection names, and those that have always been so whether it names them or not.
package struct HopByHop: Sendable {
    /// What Connection names beside the usual, in lower case.
    private var named: [[UInt8]] = []

    /// The hop-by-hop fields of a message with these fields.
    package init(of fields: borrowing Fields) {
        var start = 0
        while let index = fields.firstIndex(of: "connection", from: start) {
            note(fields.bytes.span.extracting(fields.lines[index].value))
            start = index + 1
        }
    }

    private mutating func note(_ value: Span<UInt8>) {
        var list = FieldList()
        while let bounds = list.next(in: value) {
            let option = value.extracting(bounds)
            // An option that is no field, and fields that are in the list below.
            if option.equals(ignoringCase: "close") || Self.isAlways(option) { continue }
            named.append(option.indices.map { OctetSet.lowercased(option[$0]) })
        }
    }

    /// Whether a field with this name, in any case, stays behind.
    package func contains(_ name: Span<UInt8>) -> Bool {
        if Self.isAlways(name) { return true }
        return named.contains { named in
            guard named.count == name.count else { return false }
            for index in named.indices where named[index] != OctetSet.lowercased(name[index]) { return false }
            return true
        }
    }

    private static func isAlways(_ name: Span<UInt8>) -> Bool {
        switch name.count {
        case 2: name.equals(ignoringCase: "te")
        case 5: name.equals(ignoringCase: "close")
        case 7: name.equals(ignoringCase: "upgrade")
        case 10: name.equals(ignoringCase: "connection") || name.equals(ignoringCase: "keep-alive")
        case 16: name.equals(ignoringCase: "proxy-connection")
        case 17: name.equals(ignoringCase: "transfer-encoding")
        default: false
        }
    }
}

extension Fields {
    /// Appends the lines whose name `isKept` to `output`, each as `Name: value` CRLF, in order.
    package borrowing func write(into output: inout [UInt8], where isKept: (_ name: Span<UInt8>) -> Bool) {
        for index in lines.indices {
            let line = lines[index]
            guard isKept(bytes.span.extracting(line.name)) else { continue }
            output.append(copying: bytes.span.extracting(line.name))
            output.append(UInt8(ascii: ":"))
            output.append(UInt8(ascii: " "))
            output.append(copying: bytes.span.extracting(line.value))
            output.append(0x0D)
            output.append(0x0A)
        }
    }

    /// The lines whose name `isKept`, in order.
    package borrowing func filtered(where isKept: (_ name: Span<UInt8>) -> Bool) -> Fields {
        var kept = Fields()
        kept.reserveCapacity(bytes: bytes.count + 128, lines: lines.count + 4)
        for index in lines.indices {
            let line = lines[index]
            guard isKept(bytes.span.extracting(line.name)) else { continue }
            kept.append(copying: bytes.span.extracting(line.name), bytes.span.extracting(line.value))
        }
        return kept
    }

    /// Adds one field line that was read from a valid one.
    mutating func append(copying name: Span<UInt8>, _ value: Span<UInt8>) {
        lines.append(FieldLine(start: bytes.count, nameCount: name.count, valueCount: value.count))
        bytes.append(copying: name)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(UInt8(ascii: " "))
        bytes.append(copying: value)
        bytes.append(0x0D)
        bytes.append(0x0A)
    }
}
