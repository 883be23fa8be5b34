public import HTTPTypes

extension Fields {
    /// The members of a list-valued field in order, over all its lines (RFC 9110 §5.6.1): for lists of tokens, such as
    /// Upgrade. Empty where there is no such field; empty members are skipped.
    public func members(of name: HTTPField.Name) -> [String] {
        guard let value = combinedValue(name) else { return [] }
        let octets = value.span
        var list = FieldList()
        var members: [String] = []
        while let range = list.next(in: octets) {
            var member: [UInt8] = []
            member.append(copying: octets.extracting(range))
            members.append(String(decoding: member, as: UTF8.self))
        }
        return members
    }

    /// Whether `member`, given in lower case, is among the members of the field `name`, in any case.
    package func hasMember(_ member: String, of name: HTTPField.Name) -> Bool {
        guard let value = combinedValue(name) else { return false }
        let octets = value.span
        var list = FieldList()
        while let range = list.next(in: octets) {
            if octets.extracting(range).equals(ignoringCase: member) { return true }
        }
        return false
    }
}
