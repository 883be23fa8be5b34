public import HTTPTypes
public import MartletWire

extension Fields {
    /// Says that the answer depends on the request's field `name` (RFC 9110 §12.5.5). Does nothing where `Vary` says so
    /// already, by this name or by `*`.
    public mutating func addVary(_ name: HTTPField.Name) {
        if hasMember("*", of: .vary) || hasMember(name.canonicalName, of: .vary) { return }
        append(.vary, name.rawName)
    }
}
