// The unsafe code of this target: two ways to look at octets, three copies, and a way to lend some out. All stay inside the span they are given.

extension Span<UInt8> {
    /// The eight octets from `index` on as one number, the first octet lowest; nil where there are not eight.
    @inline(__always)
    func word(at index: Int) -> UInt64? {
        guard index >= 0, index <= count - 8 else { return nil }
        // Unsafe because it leaves to us what was checked just now, and because a load may in general make a value its
        // type does not have; a UInt64 may have any.
        return UInt64(
            littleEndian: unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self)
        )
    }

    /// Whether there are as many octets here as in `literal`, and `body` says yes to each pair of them.
    ///
    /// A literal is known to the compiler, which a `String` is not: what is left is a comparison for each octet.
    @inline(__always)
    private func agrees(with literal: StaticString, _ body: (UInt8, UInt8) -> Bool) -> Bool {
        // The buffer lives as long as the program, and its length is compared before it is read.
        literal.withUTF8Buffer { other in
            guard count == other.count else { return false }
            for index in indices where unsafe !body(self[index], other[index]) {
                return false
            }
            return true
        }
    }

    /// Whether these octets are those of `literal`.
    @inline(__always)
    func equals(_ literal: StaticString) -> Bool {
        agrees(with: literal) { $0 == $1 }
    }

    /// Whether these octets are those of `lowercase`, ASCII in lower case, in any case.
    @inline(__always)
    func equals(anyCaseOf lowercase: StaticString) -> Bool {
        agrees(with: lowercase) { octet, other in octet | (OctetSet.isLowercase(other) ? 0x20 : 0) == other }
    }
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

extension Refillable<UInt8> {
    /// Lends the octets to `body`, as an array does; not generic, for who asks from another module pays for that.
    @inlinable
    package func withUnsafeBufferPointer(_ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        unsafe storage.withUnsafeBufferPointer { unsafe body($0.extracting(0..<count)) }
    }

    /// Adds the octets of `span` at the end: one copy of memory.
    @inlinable
    package mutating func append(copying span: Span<UInt8>) {
        let end = count + span.count
        if end > storage.count { grow(to: end) }
        storage.overwrite(at: count, with: span)
        count = end
    }

    /// At once to what was reserved, or the size of a usual head, instead of step by step from nothing.
    @usableFromInline
    mutating func grow(to count: Int) {
        let room = Swift.max(count, storage.capacity, 2 * storage.count, 256)
        storage.append(contentsOf: repeatElement(0, count: room - storage.count))
    }
}
