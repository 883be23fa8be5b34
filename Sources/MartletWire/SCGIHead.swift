/// The head of a request of SCGI: variables with NUL behind each name and value, as a netstring.
package enum SCGIHead {
    /// Appends the head. `CONTENT_LENGTH` comes first, as the protocol wants it, and `SCGI` with the value 1 second; both
    /// are taken from here, whatever `variables` say of them. A variable without a name, or with NUL in it, cannot be told
    /// and is left out.
    /// - Parameter contentLength: octets of content that follow.
    package static func append(
        _ variables: [(name: [UInt8], value: [UInt8])],
        contentLength: Int,
        to output: inout [UInt8]
    ) {
        var head: [UInt8] = []
        append(Array("CONTENT_LENGTH".utf8), Array("\(max(0, contentLength))".utf8), to: &head)
        append(Array("SCGI".utf8), Array("1".utf8), to: &head)
        for (name, value) in variables where !name.isEmpty && !name.contains(0) && !value.contains(0) {
            guard !name.elementsEqual("CONTENT_LENGTH".utf8), !name.elementsEqual("SCGI".utf8) else { continue }
            append(name, value, to: &head)
        }
        output.append(contentsOf: "\(head.count):".utf8)
        output.append(contentsOf: head)
        output.append(UInt8(ascii: ","))
    }

    private static func append(_ name: [UInt8], _ value: [UInt8], to head: inout [UInt8]) {
        head.append(contentsOf: name)
        head.append(0)
        head.append(contentsOf: value)
        head.append(0)
    }
}
