import MartletWire

/// The fields of a form that was sent: names and values in the order of the form.
public struct Form: Sendable, Sequence {
    /// One field.
    public typealias Element = (name: String, value: String)

    private let fields: [Element]

    init(_ fields: [Element]) {
        self.fields = fields
    }

    /// The fields of `application/x-www-form-urlencoded` content.
    init(decoding content: [UInt8], upTo limit: Int) throws(HTTPError) {
        do throws(FormError) {
            fields = try URLEncodedForm.fields(in: content, upTo: limit)
        } catch {
            throw HTTPError(error)
        }
    }

    /// The number of fields.
    public var count: Int { fields.count }

    /// The value of the first field named `name`, with case; nil when there is none. A field left empty has the value "".
    public subscript(_ name: String) -> String? {
        fields.first { $0.name == name }?.value
    }

    /// The values of every field named `name`, in order.
    public func values(of name: String) -> [String] {
        fields.filter { $0.name == name }.map(\.value)
    }

    /// The value of the first field named `name`.
    /// - Throws: `HTTPError` 400 that names the field, when there is none.
    public func required(_ name: String) throws(HTTPError) -> String {
        guard let value = self[name] else { throw HTTPError(.badRequest, "The form has no field \"\(name)\".") }
        return value
    }

    /// The fields from the first on.
    public func makeIterator() -> IndexingIterator<[Element]> {
        fields.makeIterator()
    }
}

extension HTTPError {
    /// The answer to a malformed form, or one with too much in it.
    init(_ error: FormError) {
        self.init(error.status, error.reason)
    }
}
