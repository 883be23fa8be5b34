extension DecodingError {
    /// A sentence for the client: what is wrong, and where, such as `items[2].price`.
    /// - Parameter isValidJSON: whether it is the syntax that is wrong; asked where the error itself does not tell.
    func reason(isValidJSON: @autoclosure () -> Bool) -> String {
        switch self {
        case .keyNotFound(let key, let context):
            "The JSON lacks \(Self.path(context.codingPath + [key]))."
        case .valueNotFound(_, let context):
            "\(Self.place(context.codingPath)) is null, or lacks a value."
        case .typeMismatch(let type, let context):
            "\(Self.place(context.codingPath)) is not \(Self.name(of: type))."
        case .dataCorrupted(let context) where context.codingPath.isEmpty:
            // Foundation does not say where a number is that does not fit.
            isValidJSON() ? "A value in the JSON does not fit where it stands." : "The content is not valid JSON."
        case .dataCorrupted(let context):
            "\(Self.place(context.codingPath)) is not valid."
        @unknown default:
            "The content is not the JSON that belongs here."
        }
    }

    private static func place(_ path: [any CodingKey]) -> String {
        path.isEmpty ? "The JSON" : "The JSON's \(Self.path(path))"
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.reduce(into: "") { path, key in
            if let index = key.intValue {
                path += "[\(index)]"
            } else {
                path += path.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
    }

    /// JSON's word for what belongs there: the client knows nothing of our types.
    private static func name(of type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Bool.Type: "true or false"
        case is any BinaryInteger.Type: "a whole number"
        case is any FloatingPoint.Type: "a number"
        case is [Any].Type: "a list"
        case is [String: Any].Type: "an object"
        default: "of the type that belongs there"
        }
    }
}
