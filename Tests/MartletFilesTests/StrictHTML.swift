/// A page taken apart by rules stricter than HTML's: known elements and attributes only, closed in order, every
/// attribute in double quotes, no stray "<", ">" or "&". A name that became markup would not get through.
struct StrictHTML {
    struct Malformed: Error {
        let why: String
    }

    /// The values of `href`, references decoded, in order.
    private(set) var links: [String] = []
    /// What a reader sees, references decoded.
    private(set) var text = ""

    private static let void: Set<String> = ["meta", "link"]
    private static let elements: Set<String> = [
        "html", "head", "meta", "title", "link", "style", "body", "main", "nav", "ol", "li", "a", "bdi", "i", "h1", "p",
        "table", "thead", "tbody", "tr", "th", "td", "time", "span", "small", "footer", "b",
    ]
    private static let attributes: Set<String> = [
        "lang", "charset", "name", "content", "rel", "href", "aria-label", "scope", "aria-sort", "class", "title",
        "datetime",
    ]
    private static let references = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "#39": "'"]

    init(_ page: [UInt8]) throws {
        var rest = Substring(decoding: page, as: UTF8.self)
        guard Array(rest.utf8) == page else { throw Malformed(why: "not UTF-8") }
        let doctype = "<!DOCTYPE html>\n"
        guard rest.hasPrefix(doctype) else { throw Malformed(why: "no doctype") }
        rest = rest.dropFirst(doctype.count)
        var open: [String] = []
        while let next = rest.first {
            if open.last == "style" {
                guard let end = rest.firstIndex(of: "<") else { throw Malformed(why: "style without end") }
                rest = rest[end...]
            }
            if next == "<" || open.last == "style" {
                let tag = try Self.takeTag(&rest)
                if tag.isEnd {
                    guard open.popLast() == tag.name else { throw Malformed(why: "</\(tag.name)> out of order") }
                } else {
                    links += tag.links
                    if !Self.void.contains(tag.name) { open.append(tag.name) }
                }
            } else {
                text += try Self.decode(rest.prefix { $0 != "<" })
                rest = rest.drop { $0 != "<" }
            }
        }
        guard open.isEmpty else { throw Malformed(why: "open at the end: \(open)") }
    }

    private static func takeTag(_ rest: inout Substring) throws -> (name: String, isEnd: Bool, links: [String]) {
        rest = rest.dropFirst()
        let isEnd = rest.first == "/"
        if isEnd { rest = rest.dropFirst() }
        let name = String(rest.prefix { $0.isLetter || $0.isNumber })
        rest = rest.dropFirst(name.count)
        guard elements.contains(name) else { throw Malformed(why: "<\(name)>") }
        var links: [String] = []
        while rest.first == " ", !isEnd {
            rest = rest.dropFirst()
            let attribute = String(rest.prefix { $0.isLetter || $0 == "-" })
            rest = rest.dropFirst(attribute.count)
            guard attributes.contains(attribute), rest.hasPrefix("=\"") else { throw Malformed(why: "\(attribute)=") }
            rest = rest.dropFirst(2)
            let raw = rest.prefix { $0 != "\"" }
            rest = rest.dropFirst(raw.count + 1)
            let value = attribute == "href" && raw.hasPrefix("data:") ? String(raw) : try decode(raw)
            if attribute == "href" { links.append(value) }
        }
        guard rest.first == ">" else { throw Malformed(why: "<\(name) is not closed") }
        rest = rest.dropFirst()
        return (name, isEnd, links)
    }

    private static func decode(_ raw: Substring) throws -> String {
        guard !raw.contains(where: { $0 == "<" || $0 == ">" || $0 == "\"" }) else { throw Malformed(why: "\(raw)") }
        let pieces = raw.split(separator: "&", omittingEmptySubsequences: false)
        var decoded = String(pieces[0])
        for piece in pieces.dropFirst() {
            guard let end = piece.firstIndex(of: ";"), let character = references[String(piece[..<end])] else {
                throw Malformed(why: "& in \(raw)")
            }
            decoded += character + piece[piece.index(after: end)...]
        }
        return decoded
    }
}
