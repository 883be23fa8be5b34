package import ArgumentParser
package import Martlet

/// The limits of DESIGN's table as flags.
package struct LimitOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Octets of a request line; else 414. (default: 8k)", valueName: "octets"))
    package var maxRequestLine: ByteCount?

    @Option(help: ArgumentHelp("Octets of a request head; else 431. (default: 64k)", valueName: "octets"))
    package var maxHead: ByteCount?

    @Option(help: ArgumentHelp("Field lines of a request; else 431. (default: 100)", valueName: "n"))
    package var maxFields: Int?

    @Option(help: ArgumentHelp("Octets of request content; else 413. (default: 16m)", valueName: "octets"))
    package var maxBody: ByteCount?

    @Option(help: ArgumentHelp("Connections at once; else 503. (default: 16384)", valueName: "n"))
    package var maxConnections: Int?

    @Option(help: ArgumentHelp("Seconds for a request head to arrive; else 408. (default: 10)", valueName: "seconds"))
    package var headTimeout: Int?

    @Option(
        help: ArgumentHelp("Seconds without an octet of awaited content; else 408. (default: 30)", valueName: "seconds")
    )
    package var bodyTimeout: Int?

    @Option(help: ArgumentHelp("Seconds that a connection may be idle. (default: 60)", valueName: "seconds"))
    package var keepAliveTimeout: Int?

    @Option(
        help: ArgumentHelp("Seconds that a client may take nothing of an answer. (default: 30)", valueName: "seconds")
    )
    package var writeTimeout: Int?

    package init() {}

    package func resolved() throws -> Limits {
        var limits = Limits()
        try set(&limits.requestLine, maxRequestLine?.count, "max-request-line", 1024...1 << 20)
        try set(&limits.head, maxHead?.count, "max-head", 1024...16 << 20)
        try set(&limits.fieldCount, maxFields, "max-fields", 1...10_000)
        try set(&limits.body, maxBody?.count, "max-body", 0...Int.max)
        try set(&limits.connections, maxConnections, "max-connections", 1...1 << 20)
        try set(&limits.headTimeout, headTimeout, "head-timeout")
        try set(&limits.bodyIdleTimeout, bodyTimeout, "body-timeout")
        try set(&limits.keepAliveTimeout, keepAliveTimeout, "keep-alive-timeout")
        try set(&limits.writeStallTimeout, writeTimeout, "write-timeout")
        return limits
    }

    private func set(_ limit: inout Int, _ option: Int?, _ name: String, _ range: ClosedRange<Int>) throws {
        guard let option else { return }
        guard range.contains(option) else {
            throw ValidationError("--\(name) goes from \(range.lowerBound) to \(range.upperBound), not \(option).")
        }
        limit = option
    }

    private func set(_ timeout: inout Duration, _ option: Int?, _ name: String) throws {
        var seconds = Int(timeout.components.seconds)
        try set(&seconds, option, name, 1...86_400)
        timeout = .seconds(seconds)
    }
}

/// A number of octets as people write it: 8192, 8k, 16m, 2g (powers of 1024).
package struct ByteCount: ExpressibleByArgument {
    package let count: Int

    package init?(argument: String) {
        self.init(argument)
    }

    package init?(_ text: String) {
        let units: [Character: Int] = ["k": 10, "m": 20, "g": 30]
        let shift = text.lowercased().last.flatMap { units[$0] }
        guard let number = Int(shift == nil ? text[...] : text.dropLast()), number >= 0 else { return nil }
        let (count, overflow) = number.multipliedReportingOverflow(by: 1 << (shift ?? 0))
        guard !overflow else { return nil }
        self.count = count
    }
}
