/// What some octets are to a rule.
public enum GrammarMatch: Equatable, Sendable {
    /// They are one.
    case whole
    /// They are none, but may become one with more octets behind them.
    case beginning
    /// They are none, whatever follows.
    case none
}

extension Grammar {
    /// Says whether all of `octets` is what `rule` describes. Every way to derive them is tried.
    public func match(_ rule: String, _ octets: [UInt8]) -> GrammarMatch {
        var search = GrammarSearch(self, octets)
        let ends = search.ends(.rule(index(of: rule)), from: 0)
        if ends.contains(octets.count) { return .whole }
        return search.wantsMore ? .beginning : .none
    }

    /// The octets that the rules named `parts` stand for where `octets` are taken as `rule`; nil if they are none.
    /// In the order they stand in.
    public func parts(_ parts: Set<String>, of rule: String, in octets: [UInt8]) -> [(rule: String, octets: [UInt8])]? {
        var search = GrammarSearch(self, octets)
        let element = Element.rule(index(of: rule))
        guard search.ends(element, from: 0).contains(octets.count) else { return nil }
        var found: [(Int, Range<Int>)] = []
        search.derive(element, 0..<octets.count, wanted: Set(parts.map(index)), into: &found)
        return found.map { (names[$0], Array(octets[$1])) }
    }
}

/// Follows all derivations at once: for each element the set of places where it can end.
private struct GrammarSearch {
    let grammar: Grammar
    let octets: [UInt8]
    /// Some derivation of all the octets would go on if there were another.
    var wantsMore = false

    init(_ grammar: Grammar, _ octets: [UInt8]) {
        self.grammar = grammar
        self.octets = octets
    }

    /// Every end, without repetition, of what `element` can match at `start`.
    mutating func ends(_ element: Grammar.Element, from start: Int) -> [Int] {
        switch element {
        case .octet(let set):
            guard start < octets.count else {
                wantsMore = true
                return []
            }
            return set[Int(octets[start])] ? [start + 1] : []
        case .rule(let index): return ends(grammar.rules[index], from: start)
        case .sequence(let parts):
            return places(parts, from: start).last ?? [start]
        case .alternatives(let choices):
            var all = Places()
            for choice in choices { all.add(ends(choice, from: start)) }
            return all.list
        case .any(let inner): return chain(inner, from: start).map(\.end)
        }
    }

    /// The places where each part of a sequence can begin, and where the last can end.
    private mutating func places(_ parts: [Grammar.Element], from start: Int) -> [[Int]] {
        var places = [[start]]
        for part in parts {
            var next = Places()
            for begin in places[places.count - 1] { next.add(ends(part, from: begin)) }
            places.append(next.list)
            if next.list.isEmpty { break }
        }
        return places
    }

    /// The ends of any number of `inner`, each with the place from where it was first reached.
    private mutating func chain(_ inner: Grammar.Element, from start: Int) -> [(end: Int, begin: Int)] {
        var reached = [(end: start, begin: start)]
        if case .octet(let set) = inner {
            while let (end, _) = reached.last, end < octets.count, set[Int(octets[end])] {
                reached.append((end + 1, end))
            }
            if reached[reached.count - 1].end == octets.count { wantsMore = true }
            return reached
        }
        var seen = Places()
        _ = seen.insert(start)
        var next = 0
        while next < reached.count {
            let begin = reached[next].end
            next += 1
            for end in ends(inner, from: begin) where seen.insert(end) { reached.append((end, begin)) }
        }
        return reached
    }

    /// Notes where the wanted rules stand in one derivation of `range` from `element`, which has one.
    mutating func derive(
        _ element: Grammar.Element,
        _ range: Range<Int>,
        wanted: Set<Int>,
        into found: inout [(Int, Range<Int>)]
    ) {
        guard reaches(element, wanted) else { return }
        switch element {
        case .octet: break
        case .rule(let index):
            if wanted.contains(index) { found.append((index, range)) }
            derive(grammar.rules[index], range, wanted: wanted, into: &found)
        case .alternatives(let choices):
            for choice in choices where ends(choice, from: range.lowerBound).contains(range.upperBound) {
                return derive(choice, range, wanted: wanted, into: &found)
            }
        case .sequence(let parts):
            let places = places(parts, from: range.lowerBound)
            var cuts = [range.upperBound]
            for (index, part) in parts.enumerated().reversed() {
                let begin = places[index].first { ends(part, from: $0).contains(cuts[cuts.count - 1]) }
                cuts.append(begin ?? range.lowerBound)
            }
            cuts.reverse()
            for (index, part) in parts.enumerated() {
                derive(part, cuts[index]..<cuts[index + 1], wanted: wanted, into: &found)
            }
        case .any(let inner):
            let begins = Dictionary(
                chain(inner, from: range.lowerBound).map { ($0.end, $0.begin) },
                uniquingKeysWith: { first, _ in first }
            )
            var pieces: [Range<Int>] = []
            var end = range.upperBound
            while end > range.lowerBound, let begin = begins[end] {
                pieces.append(begin..<end)
                end = begin
            }
            for piece in pieces.reversed() { derive(inner, piece, wanted: wanted, into: &found) }
        }
    }
}

extension GrammarSearch {
    /// Whether one of the wanted rules stands anywhere in an element.
    private func reaches(_ element: Grammar.Element, _ wanted: Set<Int>) -> Bool {
        switch element {
        case .octet: false
        case .rule(let index): wanted.contains(index) || reaches(grammar.rules[index], wanted)
        case .any(let inner): reaches(inner, wanted)
        case .sequence(let parts), .alternatives(let parts): parts.contains { reaches($0, wanted) }
        }
    }
}

/// A set of places that keeps the order in which they came.
private struct Places {
    private(set) var list: [Int] = []
    /// Whether a place is in the list; made when a second lot comes.
    private var seen: [Bool] = []

    mutating func insert(_ place: Int) -> Bool {
        while seen.count <= place { seen.append(false) }
        guard !seen[place] else { return false }
        seen[place] = true
        list.append(place)
        return true
    }

    /// Adds places of which none comes twice.
    mutating func add(_ places: [Int]) {
        guard !list.isEmpty else { return list = places }
        if seen.isEmpty {
            let first = list
            list = []
            for place in first { _ = insert(place) }
        }
        for place in places { _ = insert(place) }
    }
}
