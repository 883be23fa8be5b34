/// The path of a request, percent-decoded once, as segments (RFC 3986 §3.3).
///
/// The raw path is split at `/` first and each segment decoded then, so `%2F` in a segment separates nothing
/// (RFC 3986 §2.4). Segments that read `.` or `..` once decoded are resolved, and a surplus `..` stays at the root
/// (§5.2.4); nothing is ever decoded twice. Empty segments inside a path are dropped: `/a//b` is `/a/b`.
///
/// Two paths are equal if their segments and slashes are, whatever was hidden before them.
public struct RequestPath: Sendable {
    /// Whether the path ended with `/`, or with a dot segment, which means a directory too. True for `/` itself.
    public private(set) var hasTrailingSlash = false
    /// Whether `%2F` stood anywhere in the raw path. No file name can hold it: who maps segments to files refuses it.
    public private(set) var hasEncodedSlash = false
    /// All segments, joined by `/`.
    private var octets: [UInt8] = []
    /// Where each segment ends in `octets`; the next one begins one later.
    private var ends: [Int] = []
    /// The number of segments at the beginning that do not count.
    private var hidden = 0

    /// Makes the path of a target that has none, such as `*`: no segments, no trailing slash.
    public init() {}

    /// Decodes a raw path; the empty path is the same as `/` (RFC 3986 §6.2.3).
    ///
    /// - Throws: `RequestError.invalidPathOctet` for an octet that may not stand in a path (`[` and `]` may, though the
    ///   grammar wants them encoded: browsers send them as they are), `.invalidPercentEncoding` for a `%` without two hex
    ///   digits, `.encodedNUL` for `%00`.
    public init(decoding rawPath: Span<UInt8>) throws(RequestError) {
        try decode(rawPath)
    }

    /// Replaces this path by another, as `init(decoding:)` makes it, and keeps the memory it has.
    ///
    /// - Throws: as `init(decoding:)`; the path is then empty.
    public mutating func decode(_ rawPath: Span<UInt8>) throws(RequestError) {
        removeAll()
        do {
            try appendSegments(of: rawPath)
        } catch {
            removeAll()
            throw error
        }
    }

    /// Makes the path one without segments or trailing slash, and keeps the memory it has.
    mutating func removeAll() {
        octets.empty()
        ends.empty()
        hidden = 0
        hasTrailingSlash = false
        hasEncodedSlash = false
    }
}

// MARK: - Segments

extension RequestPath {
    /// The decoded segments joined by `/`, with none at the beginning or the end; empty for the root. Need not be UTF-8.
    /// Never holds NUL. Where `hasEncodedSlash` is true a `/` in here may be part of a name.
    ///
    /// Costs nothing, but for a copy where `droppingFirst` has hidden segments.
    public var bytes: [UInt8] {
        hidden == 0 ? octets : Array(octets[start...])
    }

    /// The number of segments; 0 for the root.
    public var segmentCount: Int { ends.count - hidden }

    /// The decoded segments in order, right even where one holds an encoded slash. Bytes that are not UTF-8 read as
    /// U+FFFD.
    public var segments: [String] {
        var segments: [String] = []
        segments.reserveCapacity(segmentCount)
        for index in 0..<segmentCount {
            segments.append(String(decoding: octets[range(of: index)], as: UTF8.self))
        }
        return segments
    }

    /// The bytes of one decoded segment, borrowed from this path. `index` must be in `0..<segmentCount`.
    @_lifetime(borrow self)
    public func segment(_ index: Int) -> Span<UInt8> {
        octets.span.extracting(range(of: index))
    }

    /// The path without its first `count` segments, or the root without more where there are no more; for handlers that
    /// stand under a prefix. No octet is copied.
    public func droppingFirst(_ count: Int) -> RequestPath {
        guard count > 0 else { return self }
        var rest = self
        rest.hidden += min(count, segmentCount)
        if hasEncodedSlash {
            // The one that was seen may be among what is hidden now: joining adds one "/" fewer than there are segments.
            let slashes = octets[rest.start...].count { $0 == UInt8(ascii: "/") }
            rest.hasEncodedSlash = slashes > max(0, rest.segmentCount - 1)
        }
        return rest
    }

    /// The path as it may stand in a link or `Location`: begins with exactly one `/`, and every segment is
    /// percent-encoded as `PercentEncoding.appendSegment` does it. So it can never name another host.
    public var encoded: [UInt8] {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(octets.count + 2)
        for index in 0..<segmentCount {
            encoded.append(UInt8(ascii: "/"))
            PercentEncoding.appendSegment(segment(index), to: &encoded)
        }
        if hasTrailingSlash || encoded.isEmpty { encoded.append(UInt8(ascii: "/")) }
        return encoded
    }

    /// Where the segments that count begin in `octets`.
    private var start: Int { hidden < ends.count ? range(of: 0).lowerBound : octets.count }

    private func range(of index: Int) -> Range<Int> {
        let index = index + hidden
        return (index == 0 ? 0 : ends[index - 1] + 1)..<ends[index]
    }
}

extension RequestPath: Hashable {
    /// Whether both have the same segments, and both or none a slash at the end.
    public static func == (one: RequestPath, other: RequestPath) -> Bool {
        one.segmentCount == other.segmentCount && one.hasTrailingSlash == other.hasTrailingSlash
            && one.octets[one.start...] == other.octets[other.start...]
            && (0..<one.segmentCount).allSatisfy { one.range(of: $0).count == other.range(of: $0).count }
    }

    /// Hashes what `==` compares.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(octets[start...])
        hasher.combine(hasTrailingSlash)
    }
}

// MARK: - Decoding

extension RequestPath {
    private mutating func appendSegments(of raw: Span<UInt8>) throws(RequestError) {
        var decoder = SegmentDecoder(ends: ends)
        ends = []
        defer { ends = decoder.ends }
        // Decoded, a path is never longer.
        try octets.append(addingCapacity: raw.count) { output throws(RequestError) in
            try decoder.decode(raw, to: &output)
        }
        hasTrailingSlash = decoder.hasTrailingSlash
        hasEncodedSlash = decoder.hasEncodedSlash
    }
}

/// Decodes a raw path; what comes out of it beside the octets.
private struct SegmentDecoder {
    /// Where each segment ends in the output. Empty at first: given for its memory.
    var ends: [Int]
    var hasTrailingSlash = false
    var hasEncodedSlash = false

    init(ends: consuming [Int]) {
        self.ends = ends
    }

    mutating func decode(_ raw: Span<UInt8>, to output: inout OutputSpan<UInt8>) throws(RequestError) {
        var index = !raw.isEmpty && raw[0] == UInt8(ascii: "/") ? 1 : 0
        while true {
            let separated = output.count
            if !ends.isEmpty {
                output.append(UInt8(ascii: "/"))
            }
            let start = output.count
            try appendSegment(raw, from: &index, to: &output)
            endSegment(from: start, separatedAt: separated, in: &output)
            guard index < raw.count else { return }
            index += 1
        }
    }

    /// Appends the segment at `index`, decoded, and moves `index` to its end: a `/` or the end of `raw`.
    @inline(__always)
    private mutating func appendSegment(
        _ raw: Span<UInt8>,
        from index: inout Int,
        to output: inout OutputSpan<UInt8>
    ) throws(RequestError) {
        while index < raw.count {
            var octet = raw[index]
            if OctetSet.segment.contains(octet) {
                index += 1
            } else if octet == UInt8(ascii: "/") {
                return
            } else {
                guard octet == UInt8(ascii: "%") else { throw .invalidPathOctet }
                guard let decoded = PercentEncoding.triplet(raw, at: index) else { throw .invalidPercentEncoding }
                guard decoded != 0 else { throw .encodedNUL }
                hasEncodedSlash = hasEncodedSlash || decoded == UInt8(ascii: "/")
                octet = decoded
                index += 3
            }
            output.append(octet)
        }
    }

    /// Keeps the segment that was appended at `start`, or takes it away again if it is empty or a dot segment.
    @inline(__always)
    private mutating func endSegment(
        from start: Int,
        separatedAt separated: Int,
        in output: inout OutputSpan<UInt8>
    ) {
        let count = output.count - start
        let dot = UInt8(ascii: ".")
        guard count <= 2, count < 1 || output[start] == dot, count < 2 || output[start + 1] == dot else {
            ends.append(output.count)
            hasTrailingSlash = false
            return
        }
        hasTrailingSlash = true
        output.removeLast(output.count - separated)
        if count == 2, !ends.isEmpty {
            ends.removeLast()
            output.removeLast(output.count - (ends.last ?? 0))
        }
    }
}

extension RequestPath: CustomStringConvertible {
    /// The decoded path as text: "/", "/a b/c", "/folder/". Octets that are not UTF-8 read as U+FFFD. With an encoded
    /// slash (`hasEncodedSlash`) it is ambiguous; `segments` is not.
    public var description: String {
        let text = "/" + String(decoding: bytes, as: UTF8.self)
        return hasTrailingSlash && !bytes.isEmpty ? text + "/" : text
    }
}
