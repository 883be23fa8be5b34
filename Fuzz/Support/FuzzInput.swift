// swift-format-ignore: AlwaysUseLowerCamelCase
/// What libFuzzer calls with each input; the target's own `fuzz` says what has to hold.
@c
public func LLVMFuzzerTestOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    fuzz(unsafe [UInt8](UnsafeBufferPointer(start: start, count: count)))
    return 0
}

/// Stops the fuzzer, which then keeps the input, when `condition` is false.
func check(_ condition: Bool, _ message: @autoclosure () -> String, line: Int = #line) {
    if !condition { fatalError("line \(line): \(message())") }
}

/// Hands out an input piece by piece: numbers and lines that steer a target.
struct FuzzInput {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    /// The next octet; 0 at the end.
    mutating func octet() -> UInt8 {
        rest.popFirst() ?? 0
    }

    /// A number from two octets.
    mutating func number() -> Int {
        Int(octet()) << 8 | Int(octet())
    }

    /// What lies before the next LF, which is dropped; nil at the end of the input.
    mutating func line() -> [UInt8]? {
        guard !rest.isEmpty else { return nil }
        let end = rest.firstIndex(of: 0x0A) ?? rest.endIndex
        defer { rest = rest[min(end + 1, rest.endIndex)...] }
        return Array(rest[..<end])
    }

    /// Everything left.
    mutating func remainder() -> [UInt8] {
        defer { rest = [] }
        return Array(rest)
    }
}
