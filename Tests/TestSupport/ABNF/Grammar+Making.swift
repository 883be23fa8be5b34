extension Grammar {
    /// Makes octets that `rule` describes, as chance wants it. What is repeated without bound comes a few times.
    public func make(_ rule: String, _ random: inout SplitMix) -> [UInt8] {
        var made: [UInt8] = []
        make(.rule(index(of: rule)), &random, &made)
        return made
    }

    private func make(_ element: Element, _ random: inout SplitMix, _ made: inout [UInt8]) {
        switch element {
        case .octet(let set):
            // Mostly letters and digits, where these may stand: everything else is rare on the wire, too.
            let members = set.indices.filter { set[$0] }
            let usual = random.chance(3) ? [] : members.filter { UInt8($0).isAlphanumeric }
            made.append(UInt8(random.pick(usual.isEmpty ? members : usual)))
        case .rule(let index): make(rules[index], &random, &made)
        case .sequence(let parts): for part in parts { make(part, &random, &made) }
        case .alternatives(let choices): make(random.pick(choices), &random, &made)
        case .any(let inner):
            while !random.chance(4) { make(inner, &random, &made) }
        }
    }
}

extension UInt8 {
    fileprivate var isAlphanumeric: Bool {
        self >= 0x30 && self <= 0x39 || self | 0x20 >= 0x61 && self | 0x20 <= 0x7A
    }
}
