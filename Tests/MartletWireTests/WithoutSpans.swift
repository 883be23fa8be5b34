import MartletWire

// The expectation macros take no spans, so the tests call these with arrays.

extension RequestParser {
    mutating func parse(bytes: some Collection<UInt8>, into head: inout RequestHead) throws(RequestError) -> Int? {
        try parse(Array(bytes).span, into: &head)
    }
}

extension RequestPath {
    init(bytes: some Collection<UInt8>) throws(RequestError) {
        try self.init(decoding: Array(bytes).span)
    }

    mutating func decode(bytes: some Collection<UInt8>) throws(RequestError) {
        try decode(Array(bytes).span)
    }

    func segmentOctets(_ index: Int) -> [UInt8] {
        octets(of: segment(index))
    }
}

extension Authority {
    init?(bytes: some Collection<UInt8>) {
        self.init(parsing: Array(bytes).span)
    }
}

extension ChunkedDecoder {
    mutating func next(bytes: some Collection<UInt8>, offset: inout Int) throws(RequestError) -> Step {
        try next(Array(bytes).span, offset: &offset)
    }
}

func octets(of span: Span<UInt8>) -> [UInt8] {
    span.indices.map { span[$0] }
}

extension MultipartDecoder {
    mutating func next(bytes: some Collection<UInt8>, offset: inout Int) throws(FormError) -> Step {
        try next(Array(bytes).span, offset: &offset)
    }
}
