import Glibc

// A script that prints a header and a line: by a query, other things that a test asks of a compiled program.

func say(_ text: String) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
        let count = unsafe rest.withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
        if count <= 0 { exit(1) }
        rest = rest.dropFirst(count)
    }
}

/// The names of the descriptors that are open.
func descriptors() -> [String] {
    (0..<256).filter { fcntl($0, F_GETFD) >= 0 }.map(String.init)
}

let query = unsafe getenv("QUERY_STRING").map { unsafe String(cString: $0) } ?? ""
say("Content-Type: text/plain\n\n")
switch query {
case "descriptors": say(descriptors().joined(separator: " ") + "\n")
case "arguments": say(CommandLine.arguments.dropFirst().joined(separator: "|") + "\n")
default: say("hello from a compiled script\n")
}
