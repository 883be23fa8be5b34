import Glibc

/// A QR code as lines of text: two modules above each other are one character, which is about twice as high as it is wide.
package struct QRDrawing {
    /// How light and dark come out.
    package enum Style: Equatable, Sendable {
        /// In black on white by escape sequences, whatever colours the terminal has: as the standard wants it.
        case coloured
        /// Without any: what is light is drawn, so that it comes out right on a dark background.
        case plain
    }

    /// Light modules that the standard wants on each side.
    package static let quietZone = 4

    private let code: QRCode
    private let style: Style

    package init(_ code: QRCode, _ style: Style) {
        self.code = code
        self.style = style
    }

    /// Characters in a line.
    package var width: Int { code.size + 2 * Self.quietZone }

    /// The lines, each ended.
    package var text: String {
        var text = ""
        for row in stride(from: -Self.quietZone, to: code.size + Self.quietZone, by: 2) {
            if style == .coloured { text += Self.blackOnWhite }
            for column in -Self.quietZone..<code.size + Self.quietZone {
                text += character(upper: code[column, row], lower: code[column, row + 1])
            }
            text += style == .coloured ? "\(Self.asBefore)\n" : "\n"
        }
        return text
    }

    private func character(upper: Bool, lower: Bool) -> String {
        // What is drawn: the dark on white, else the light.
        switch style == .coloured ? (upper, lower) : (!upper, !lower) {
        case (true, true): "█"
        case (true, false): "▀"
        case (false, true): "▄"
        case (false, false): " "
        }
    }

    /// Of the 256 colours 16 and 231: themes change the first 16, and these hardly ever.
    private static let blackOnWhite = "\u{1B}[38;5;16;48;5;231m"
    private static let asBefore = "\u{1B}[0m"
}

extension QRDrawing {
    /// Writes the code of a text.
    /// - Parameters:
    ///   - fd: a terminal gets colours, unless NO_COLOR says otherwise or it has none.
    /// - Returns: what there is to say instead; nil when it was written.
    package static func write(_ text: String, to fd: CInt) -> String? {
        guard QRCode.isAvailable else { return QRCode.missing }
        guard let code = QRCode(text) else { return "the URL is too long for a QR code." }
        let isTerminal = isatty(fd) == 1
        let hasColours = isTerminal && Environment["NO_COLOR"] == nil && Environment["TERM"] != "dumb"
        let drawing = QRDrawing(code, hasColours ? .coloured : .plain)
        if isTerminal, let columns = columns(of: fd), columns < drawing.width {
            return "the QR code needs \(drawing.width) columns, and the terminal has \(columns): make it wider."
        }
        Messages.write(drawing.text, to: fd)
        return nil
    }

    private static func columns(of fd: CInt) -> Int? {
        var size = winsize()
        guard unsafe ioctl(fd, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }
}
