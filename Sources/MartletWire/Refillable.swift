/// An array that is filled again and again: emptying it is one store, and what comes next is written over what was there.
///
/// `Array.removeAll(keepingCapacity:)` and `append` cost some eighty instructions each; a request head does a dozen.
@frozen
package struct Refillable<Element: BitwiseCopyable & Sendable>: Sendable {
    /// The elements, then what is left of those before them.
    @usableFromInline var storage: [Element] = []
    /// The number of elements, at most that of the storage.
    @usableFromInline package internal(set) var count = 0

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
            if storage.capacity == 0 { storage.reserveCapacity(8) }  // Not step by step from nothing.
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

extension Refillable: CustomStringConvertible, CustomReflectable {
    /// As an array's. What is left behind the elements may be another client's, and shows nowhere.
    package var description: String { Array(self).description }

    package var customMirror: Mirror { Mirror(reflecting: Array(self)) }
}
