public import HTTPTypes
public import MartletWire

extension Fields {
    /// Says that the answer depends on the request's field `name` (RFC 9110 §12.5.5). Does nothing where `Vary` says so
    /// already, by this name or by `*`.
    public mutating func addVary(_ name: HTTPField.Name) {
        for value in values(of: .vary) {
            for member in value.lowercased().split(whereSeparator: { ", \t".contains($0) }) {
                if member == "*" || member == name.canonicalName { return }
            }
        }
        append(.vary, name.rawName)
    }
}
