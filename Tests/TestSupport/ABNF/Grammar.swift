/// A grammar in ABNF (RFC 5234, with `%s` of RFC 7405), read from its text as the RFCs print it.
///
/// Slow and simple on purpose: it is the second opinion on parsers that are neither.
public final class Grammar: Sendable {
    /// What a rule is made of. Bounded repetitions are written out when the text is read.
    indirect enum Element: Sendable {
        /// One octet of a set of 256.
        case octet([Bool])
        case sequence([Element])
        case alternatives([Element])
        /// Any number, none included.
        case any(Element)
        case rule(Int)
    }

    let names: [String]
    let rules: [Element]
    private let indices: [String: Int]

    /// Reads rules, one a line; a line that begins with a space goes on with the one before. A later rule replaces an
    /// earlier one of the same name. Traps on text that is no ABNF and on names without a rule: these are mistakes here.
    public init(_ text: String) {
        var bodies: [(name: String, body: String)] = []
        for line in text.split(separator: "\n") where !line.allSatisfy({ $0 == " " }) {
            if line.hasPrefix(" ") {
                bodies[bodies.count - 1].body += " " + line
            } else {
                guard let equals = line.firstIndex(of: "=") else { fatalError("no rule: \(line)") }
                let name = line[..<equals].split(separator: " ").joined()
                bodies.removeAll { $0.name == name }
                bodies.append((name, String(line[line.index(after: equals)...])))
            }
        }
        let indices = Dictionary(uniqueKeysWithValues: bodies.enumerated().map { ($1.name, $0) })
        var rules = bodies.map { name, body in
            var reader = GrammarReader(rule: name, body, indices)
            return reader.read()
        }
        // A rule may refer to one behind it: a few rounds reach everything.
        for _ in 0..<4 { rules = rules.map { Self.simplified($0, rules) } }
        names = bodies.map(\.name)
        self.indices = indices
        self.rules = rules
    }

    /// The number of a rule.
    func index(of name: String) -> Int {
        guard let index = indices[name] else { fatalError("no rule \(name)") }
        return index
    }

    /// Makes one set of each choice among single octets, which is most of HTTP's grammar, so that it takes one look.
    private static func simplified(_ element: Element, _ rules: [Element]) -> Element {
        switch element {
        case .octet: return element
        case .rule(let index):
            if case .octet = rules[index] { return rules[index] }
            return element
        case .any(let inner): return .any(simplified(inner, rules))
        case .sequence(let parts):
            return parts.count == 1 ? simplified(parts[0], rules) : .sequence(parts.map { simplified($0, rules) })
        case .alternatives(let parts):
            var set = [Bool](repeating: false, count: 256)
            var others: [Element] = []
            for part in parts {
                let part = simplified(part, rules)
                guard case .octet(let more) = part else {
                    others.append(part)
                    continue
                }
                for octet in more.indices where more[octet] { set[octet] = true }
            }
            guard set.contains(true) else { return .alternatives(others) }
            return others.isEmpty ? .octet(set) : .alternatives([.octet(set)] + others)
        }
    }
}

/// Reads the right side of one rule.
private struct GrammarReader {
    let rule: String
    var rest: Substring
    let indices: [String: Int]

    init(rule: String, _ text: String, _ indices: [String: Int]) {
        self.rule = rule
        rest = text[...]
        self.indices = indices
    }

    mutating func read() -> Grammar.Element {
        let element = alternatives()
        guard rest.isEmpty else { fatalError("\(rule): what is \(rest)") }
        return element
    }

    private mutating func alternatives() -> Grammar.Element {
        var choices = [sequence()]
        while rest.first == "/" {
            rest.removeFirst()
            choices.append(sequence())
        }
        return choices.count == 1 ? choices[0] : .alternatives(choices)
    }

    private mutating func sequence() -> Grammar.Element {
        var parts: [Grammar.Element] = []
        while true {
            rest = rest.drop { $0 == " " }
            guard let next = rest.first, !"/)]".contains(next) else { return .sequence(parts) }
            parts.append(repetition())
        }
    }

    private mutating func repetition() -> Grammar.Element {
        let least = number()
        guard rest.first == "*" else {
            let element = single()
            return least.map { .sequence(Array(repeating: element, count: $0)) } ?? element
        }
        rest.removeFirst()
        let most = number()
        let element = single()
        let required = Array(repeating: element, count: least ?? 0)
        guard let most else { return .sequence(required + [.any(element)]) }
        var optional = Grammar.Element.sequence([])
        for _ in (least ?? 0)..<most { optional = .alternatives([.sequence([element, optional]), .sequence([])]) }
        return .sequence(required + [optional])
    }

    private mutating func number() -> Int? {
        let digits = rest.prefix { $0.isNumber }
        rest = rest.dropFirst(digits.count)
        return Int(digits)
    }

    private mutating func single() -> Grammar.Element {
        switch rest.first {
        case "(": return group(")")
        case "[": return .alternatives([group("]"), .sequence([])])
        case "\"": return text(sensitive: false)
        case "%":
            rest.removeFirst()
            if rest.first == "s" {
                rest.removeFirst()
                return text(sensitive: true)
            }
            return value()
        default:
            let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "-" }
            rest = rest.dropFirst(name.count)
            guard let index = indices[String(name)] else { fatalError("\(rule): no rule \(name), before \(rest)") }
            return .rule(index)
        }
    }

    private mutating func group(_ end: Character) -> Grammar.Element {
        rest.removeFirst()
        let element = alternatives()
        guard rest.first == end else { fatalError("\(rule): \(end) is missing before \(rest)") }
        rest.removeFirst()
        return element
    }

    private mutating func text(sensitive: Bool) -> Grammar.Element {
        rest.removeFirst()
        let octets = rest.prefix { $0 != "\"" }.utf8
        rest = rest.dropFirst(octets.count + 1)
        return .sequence(
            octets.map { octet in
                let isLetter = octet | 0x20 >= 0x61 && octet | 0x20 <= 0x7A
                return one(of: isLetter && !sensitive ? [octet | 0x20, octet & 0xDF] : [octet])
            }
        )
    }

    /// `%x41`, `%x41-5A` or `%x0D.0A`.
    private mutating func value() -> Grammar.Element {
        guard rest.first == "x" else { fatalError("\(rule): only %x and %s are known, not %\(rest)") }
        rest.removeFirst()
        var octets = [hexadecimal()]
        if rest.first == "-" {
            rest.removeFirst()
            return one(of: Array(octets[0]...hexadecimal()))
        }
        while rest.first == "." {
            rest.removeFirst()
            octets.append(hexadecimal())
        }
        return .sequence(octets.map { one(of: [$0]) })
    }

    private mutating func hexadecimal() -> UInt8 {
        let digits = rest.prefix { $0.isHexDigit }
        rest = rest.dropFirst(digits.count)
        guard let octet = UInt8(digits, radix: 16) else { fatalError("\(rule): no octet: \(digits)") }
        return octet
    }

    private func one(of octets: [UInt8]) -> Grammar.Element {
        var set = [Bool](repeating: false, count: 256)
        for octet in octets { set[Int(octet)] = true }
        return .octet(set)
    }
}
