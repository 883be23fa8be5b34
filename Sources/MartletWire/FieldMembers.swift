public import HTTPTypes

extension Fields {
    /// The members of a list-valued field in order, over all its lines (RFC 9110 §5.6.1): for lists of tokens, such as
    /// Upgrade. Empty where there is no such field; empty members are skipped.
    public func members(of name: HTTPField.Name) -> [String] {
        guard let value = self[name] else { return [] }
        let octets = Array(value.utf8)
        var list = FieldList()
        var members: [String] = []
        while let range = list.next(in: octets.span) { members.append(String(decoding: octets[range], as: UTF8.self)) }
        return members
    }
}
