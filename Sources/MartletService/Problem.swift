import ArgumentParser

/// Something that keeps the server from serving, in words for the person at the terminal: what, and what to do.
package struct Problem: Error {
    package let message: String

    package init(_ message: String) {
        self.message = message
    }

    /// What an error says, in words.
    static func words(_ error: any Error) -> String {
        switch error {
        case let problem as Problem: problem.message
        case let error as ValidationError: error.message
        default: "\(error)"
        }
    }

    /// Runs `body`; a problem ends the program with its message.
    package static func told(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let problem as Problem {
            Messages.complain(problem.message)
            throw ExitCode.failure
        }
    }
}
