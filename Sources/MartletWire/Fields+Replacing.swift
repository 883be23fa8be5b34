extension Fields {
    /// Puts what `write` appends in the place of the last line's value: for fields that are sent again and again with
    /// another value. It must be a valid value. Copies nothing unless a copy of these fields is still in use.
    package mutating func replaceLastValue(_ write: (inout [UInt8]) -> Void) {
        guard let last = lines.indices.last else { return }
        bytes.removeLast(bytes.count - lines[last].value.lowerBound)
        write(&bytes)
        lines[last].valueEnd = UInt32(bytes.count)
        bytes.append(0x0D)
        bytes.append(0x0A)
    }
}
