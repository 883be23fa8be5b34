import MartletReactor

/// A list that handlers fill and tests read.
public final class Record<Element: Sendable>: Sendable {
    private let elements = Locked<[Element]>([])

    /// Makes an empty list.
    public init() {}

    /// What was appended, in order.
    public var all: [Element] { elements.withLock { $0 } }

    /// Appends an element.
    public func append(_ element: Element) {
        elements.withLock { $0.append(element) }
    }
}
