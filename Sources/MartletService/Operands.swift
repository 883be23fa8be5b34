import ArgumentParser

/// The positional arguments: a bare number is a port, as for `python3 -m http.server 8000`; anything else a path.
package struct Operands: Equatable {
    package var path: String?
    package var port: UInt16?

    /// Whether an operand is meant as a port.
    package static func isPort(_ operand: String) -> Bool {
        !operand.isEmpty && operand.allSatisfy { $0.isASCII && $0.isNumber }
    }

    private static func second(_ path: String, after first: String) -> ValidationError {
        let given = "Two paths are given: \(first) and \(path)."
        guard let verb = ServingProgram.verbs(near: first) else { return ValidationError(given) }
        return ValidationError("\(given) Did you mean \(verb)?")
    }

    package init(_ arguments: [String]) throws {
        for argument in arguments {
            if Self.isPort(argument) {
                guard port == nil else { throw ValidationError("Two ports are given: \(port!) and \(argument).") }
                guard let number = UInt16(argument) else {
                    throw ValidationError("\(argument) is no port: they go from 0 to 65535. A folder: ./\(argument)")
                }
                port = number
            } else {
                if let path { throw Self.second(argument, after: path) }
                path = argument
            }
        }
    }
}
