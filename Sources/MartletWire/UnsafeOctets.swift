// The unsafe code of this target: two scans and two copies. All stay inside the span they are given.

/// Returns the index of the first control octet (below 0x20, or 0x7F) of `input` in `start..<end`, or `end`.
///
/// A CR can only be found, and nothing else be hidden, by looking at every octet; looking at eight at a time makes this
/// the cheapest part of reading a head instead of the dearest.
func firstControl(in input: Span<UInt8>, from start: Int, to end: Int) -> Int {
    let octets = unsafe input.bytes
    precondition(end <= octets.byteCount)
    var index = start
    while index + 8 <= end {
        // Unaligned but bounds-checked: unsafe only because a load may in general make a value its type does not have.
        let word = UInt64(
            littleEndian: unsafe octets.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
        )
        // The high bit of each octet below 0x20, and of each equal to 0x7F. A borrow can only set wrong bits above a
        // right one, so the lowest set bit is always right.
        let below = (word &- 0x2020_2020_2020_2020) & ~word
        let delete = word ^ 0x7F7F_7F7F_7F7F_7F7F
        let equal = (delete &- 0x0101_0101_0101_0101) & ~delete
        let found = (below | equal) & 0x8080_8080_8080_8080
        if found != 0 {
            return index + found.trailingZeroBitCount / 8
        }
        index += 8
    }
    while index < end, input[index] >= 0x20, input[index] != 0x7F {
        index += 1
    }
    return index
}

/// Returns the index of the first octet of `input` in `start..<end` that cannot stand in a token, or `end`.
func endOfToken(in input: Span<UInt8>, from start: Int, to end: Int) -> Int {
    let octets = unsafe input.bytes
    precondition(end <= octets.byteCount)
    var index = start
    // Eight at a time while they are letters and hyphens, as nearly all of a field name is.
    while index + 8 <= end {
        let word = UInt64(
            littleEndian: unsafe octets.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
        )
        // With the high bits off, no addition below carries into the next octet.
        let folded = (word | 0x2020_2020_2020_2020) & 0x7F7F_7F7F_7F7F_7F7F
        let atLeastA = folded &+ 0x1F1F_1F1F_1F1F_1F1F
        let aboveZ = folded &+ 0x0505_0505_0505_0505
        let notHyphen = ((word & 0x7F7F_7F7F_7F7F_7F7F) ^ 0x2D2D_2D2D_2D2D_2D2D) &+ 0x7F7F_7F7F_7F7F_7F7F
        let other = ((~atLeastA | aboveZ) & notHyphen | word) & 0x8080_8080_8080_8080
        if other != 0 {
            index += other.trailingZeroBitCount / 8
            break
        }
        index += 8
    }
    while index < end, OctetSet.token.contains(input[index]) {
        index += 1
    }
    return index
}

extension OutputSpan<UInt8> {
    /// Appends the octets of `span`, for which there must be room: one copy of memory.
    @inline(__always)
    mutating func append(copying span: Span<UInt8>) {
        unsafe span.withUnsafeBufferPointer { unsafe append(copying: $0) }
    }

    /// Appends the octets of a literal, for which there must be room.
    @inline(__always)
    mutating func append(_ literal: StaticString) {
        literal.withUTF8Buffer { unsafe append(copying: $0) }
    }

    @inline(__always)
    fileprivate mutating func append(copying octets: UnsafeBufferPointer<UInt8>) {
        precondition(octets.count <= freeCapacity)
        unsafe withUnsafeMutableBufferPointer { buffer, count in
            _ = unsafe buffer.extracting(count...).initialize(fromContentsOf: octets)
            count += octets.count
        }
    }
}

extension [UInt8] {
    /// Appends the octets of `span`: one copy of memory. (`Array` takes no `Span` before Swift 6.4.)
    package mutating func append(copying span: Span<UInt8>) {
        unsafe span.withUnsafeBufferPointer { unsafe append(copying: $0) }
    }

    /// Writes the octets of `span` over those that begin at `start`; all of them must be there already.
    @inlinable
    package mutating func overwrite(at start: Int, with span: Span<UInt8>) {
        precondition(start >= 0 && start + span.count <= count)
        unsafe withUnsafeMutableBytes { octets in
            unsafe span.withUnsafeBytes { span in
                unsafe UnsafeMutableRawBufferPointer(rebasing: octets[start..<start + span.count]).copyMemory(
                    from: span
                )
            }
        }
    }

    /// Appends the octets of a literal; it copies them once and allocates nothing by itself.
    package mutating func append(_ literal: StaticString) {
        // The buffer lives as long as the program: only the copy inside the closure uses it.
        literal.withUTF8Buffer { unsafe append(copying: $0) }
    }

    /// Half the instructions of `append(contentsOf:)`, and a response head is a dozen of these.
    @inline(__always)
    private mutating func append(copying octets: UnsafeBufferPointer<UInt8>) {
        append(addingCapacity: octets.count) { unsafe $0.append(copying: octets) }
    }
}
