/// The order of the entries of a listing. Directories come first, whatever the order.
public struct ListingOrder: Sendable, Hashable {
    /// What entries are compared by.
    public enum Property: String, Sendable, CaseIterable {
        /// The name: see `NaturalOrder`.
        case name
        /// The size in bytes; directories, which have none, are in the order of their names.
        case size
        /// The time of the last change.
        case date
    }

    /// Which end comes first.
    public enum Direction: String, Sendable, CaseIterable {
        /// A before Z, small before big, old before new.
        case ascending = "asc"
        /// Z before A, big before small, new before old.
        case descending = "desc"
    }

    /// What entries are compared by; those equal by size or date are in ascending order of their names.
    public var property: Property
    /// Which end comes first.
    public var direction: Direction

    /// Makes an order; ascending by name unless something else is said.
    public init(_ property: Property = .name, _ direction: Direction = .ascending) {
        self.property = property
        self.direction = direction
    }

    /// Whether an entry with key `first` is listed before one with key `second`. This is a strict total order for the
    /// keys of one directory, whose names differ.
    public func precedes(_ first: ListingKey, _ second: ListingKey) -> Bool {
        precedes(
            (first.isDirectory, first.value),
            first.name.span,
            (second.isDirectory, second.value),
            second.name.span
        )
    }

    /// The same of keys whose names are elsewhere.
    func precedes(
        _ first: (isDirectory: Bool, value: Int),
        _ firstName: Span<UInt8>,
        _ second: (isDirectory: Bool, value: Int),
        _ secondName: Span<UInt8>
    ) -> Bool {
        if first.isDirectory != second.isDirectory {
            return first.isDirectory
        }
        if first.value != second.value {
            return (first.value < second.value) == (direction == .ascending)
        }
        let difference = NaturalOrder.compare(firstName, secondName)
        return property == .name && direction == .descending ? difference > 0 : difference < 0
    }
}
