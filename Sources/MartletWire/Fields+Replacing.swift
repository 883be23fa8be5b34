extension Fields {
    /// Puts another value in the place of the last line's: for fields that are sent again and again. It must be a valid
    /// value. Copies nothing unless a copy of these fields is still in use.
    package mutating func replaceLastValue(by value: [UInt8]) {
        guard var line = lines.last else { return }
        bytes.removeAll(from: line.value.lowerBound)
        bytes.append(copying: value.span)
        line.valueEnd = UInt32(bytes.count)
        lines.removeAll(from: lines.count - 1)
        lines.append(line)
        bytes.append(0x0D)
        bytes.append(0x0A)
    }
}
