/// An array that is filled again and again: emptying it is one store, and what comes next is written over what was there.
///
/// `Array.removeAll(keepingCapacity:)` and `append` cost some eighty instructions each; a request head does a dozen.
@frozen
package struct Refillable<Element: BitwiseCopyable & Sendable>: Sendable {
    /// The elements, then what is left of those before them.
    @usableFromInline package var storage: [Element] = []
    /// The number of elements.
    @usableFromInline package private(set) var count = 0

    /// Makes an empty one; allocates nothing.
    @inlinable
    package init() {}

    /// The elements, borrowed.
    @inlinable
    package var span: Span<Element> {
        @_lifetime(borrow self)
        get { storage.span.extracting(0..<count) }
    }

    /// Removes every element and keeps the memory.
    @inlinable
    package mutating func removeAll() {
        count = 0
    }

    /// Removes the elements from `index` on, which is at most `count`, and keeps the memory.
    @inlinable
    package mutating func removeAll(from index: Int) {
        precondition(index >= 0 && index <= count)
        count = index
    }

    /// Makes room for `capacity` elements in all.
    @inlinable
    package mutating func reserveCapacity(_ capacity: Int) {
        storage.reserveCapacity(capacity)
    }

    /// Adds an element at the end.
    @inlinable
    package mutating func append(_ element: Element) {
        if count < storage.count {
            storage[count] = element
        } else {
            if storage.isEmpty { storage.reserveCapacity(8) }  // A usual head has as many fields.
            storage.append(element)
        }
        count += 1
    }
}

extension Refillable: RandomAccessCollection {
    package typealias SubSequence = ArraySlice<Element>

    @inlinable package var startIndex: Int { 0 }
    @inlinable package var endIndex: Int { count }

    @inlinable
    package subscript(index: Int) -> Element {
        precondition(index < count)
        return storage[index]
    }

    @inlinable
    package subscript(range: Range<Int>) -> ArraySlice<Element> {
        precondition(range.upperBound <= count)
        return storage[range]
    }
}

extension Refillable<UInt8> {
    /// As an array's.
    @inlinable
    @inline(__always)
    package func withUnsafeBufferPointer<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
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

    /// Once to the size of a usual head instead of step by step from nothing.
    @usableFromInline
    package mutating func grow(to count: Int) {
        let room = Swift.max(count, 2 * storage.count, 256)
        storage.append(contentsOf: repeatElement(0, count: room - storage.count))
    }
}
