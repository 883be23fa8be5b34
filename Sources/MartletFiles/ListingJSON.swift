import MartletWire

extension Listing {
    /// The listing as JSON (RFC 8259), `application/json`, one entry a line:
    ///
    /// ```json
    /// {"path": "/photos/", "entries": [
    /// {"name": "2026", "href": "./2026/", "type": "directory", "size": null, "modified": "2026-11-22T17:20:00Z"},
    /// {"name": "a b.jpg", "href": "./a%20b.jpg", "type": "file", "size": 123, "modified": "2026-11-22T17:20:00Z"}
    /// ], "next": null}
    /// ```
    ///
    /// - `path` is percent-encoded, so that it is exact and every `href` can be resolved against it.
    /// - `name` is for people: a byte that is not UTF-8 is a U+FFFD there. `href` is exact, whatever the name.
    /// - `type` is `file`, `directory`, or `other` for what cannot be fetched. Only a file has a `size`, in bytes.
    /// - `modified` is in UTC.
    /// - `next` is the relative reference of the next page (`?sort=…`), or `null` on the last one.
    public func json() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256 + entries.count * 192)
        bytes.append("{\"path\": \"/")
        for segment in path {
            PercentEncoding.appendSegment(segment, to: &bytes)
            bytes.append(UInt8(ascii: "/"))
        }
        bytes.append("\", \"entries\": [")
        var separator = "\n"
        for entry in entries {
            bytes.append(contentsOf: separator.utf8)
            Self.append(entry, to: &bytes)
            separator = ",\n"
        }
        bytes.append("\n], \"next\": ")
        if let next {
            bytes.append(UInt8(ascii: "\""))
            next.append(to: &bytes)
            bytes.append(UInt8(ascii: "\""))
        } else {
            bytes.append("null")
        }
        bytes.append("}\n")
        return bytes
    }

    private static func append(_ entry: DirectoryEntry, to bytes: inout [UInt8]) {
        bytes.append("{\"name\": \"")
        appendJSONText(entry.name, to: &bytes)
        bytes.append("\", \"href\": \"./")
        PercentEncoding.appendSegment(entry.name, to: &bytes)
        switch entry.kind {
        case .directory: bytes.append("/\", \"type\": \"directory\", \"size\": null")
        case .other: bytes.append("\", \"type\": \"other\", \"size\": null")
        case .file:
            bytes.append("\", \"type\": \"file\", \"size\": ")
            appendDecimal(entry.size, to: &bytes)
        }
        bytes.append(", \"modified\": \"")
        UTCTime(secondsSince1970: entry.modified).appendISO8601(to: &bytes)
        bytes.append("\"}")
    }

    /// Appends the content of a JSON string (RFC 8259 §7). U+2028 and U+2029 are escaped too, as they end a line in older
    /// JavaScript.
    private static func appendJSONText(_ text: [UInt8], to bytes: inout [UInt8]) {
        // What needs nothing done to it is copied in runs.
        var start = 0
        var index = 0
        while index < text.count {
            let byte = text[index]
            if (0x20..<0x7F).contains(byte), byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
                index += 1
                continue
            }
            let decoded = UTF8Sequence.decode(text.span, at: index)
            let count = decoded?.count ?? 1
            let escape: String? =
                switch decoded?.scalar {
                case nil: "\u{FFFD}"
                case 0x22: "\\\""
                case 0x5C: "\\\\"
                case 0x2028: "\\u2028"
                case 0x2029: "\\u2029"
                case .some(0..<0x20): "\\u00"
                default: nil
                }
            if let escape {
                bytes.append(copying: text.span.extracting(start..<index))
                bytes.append(contentsOf: escape.utf8)
                if byte < 0x20 {
                    bytes.appendHex(byte)
                }
                start = index + count
            }
            index += count
        }
        bytes.append(copying: text.span.extracting(start...))
    }
}
