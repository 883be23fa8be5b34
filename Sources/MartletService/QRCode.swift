#if QR
    import CQREncode
#endif

/// A QR code (ISO/IEC 18004): which of its modules are dark. libqrencode makes it.
package struct QRCode: Equatable, Sendable {
    /// Modules in a row, and rows: 21 to 177.
    package let size: Int
    private let dark: [Bool]

    /// Told where the program has no codes.
    package static let missing =
        "this martlet was built without QR codes. Leave out --qr, or build it with the trait QR: swift build."

    #if QR
        /// Whether this program can make any.
        package static let isAvailable = true

        /// The code of a text in octets, such as a URL, with little redundancy: a screen is neither torn nor stained.
        /// Nil for a text of more than 2,953 octets.
        package init?(_ text: String) {
            guard let made = unsafe QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L) else { return nil }
            defer { unsafe QRcode_free(made) }
            let size = Int(unsafe made.pointee.width)
            guard size > 0, let data = unsafe made.pointee.data else { return nil }
            let modules = unsafe UnsafeBufferPointer(start: data, count: size * size)
            // The other bits say what a module is for.
            dark = unsafe modules.map { $0 & 1 == 1 }
            self.size = size
        }
    #else
        package static let isAvailable = false

        package init?(_ text: String) { return nil }
    #endif

    /// Whether a module is dark. Around the code all are light.
    package subscript(column: Int, row: Int) -> Bool {
        guard 0..<size ~= column, 0..<size ~= row else { return false }
        return dark[row * size + column]
    }
}
