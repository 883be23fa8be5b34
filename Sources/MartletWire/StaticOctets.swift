extension [UInt8] {
    /// Appends the octets of a literal; it copies them once and allocates nothing by itself.
    mutating func append(_ literal: StaticString) {
        // The buffer lives as long as the program: only the copy inside the closure uses it.
        literal.withUTF8Buffer { unsafe append(contentsOf: $0) }
    }
}
