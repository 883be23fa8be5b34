/// A file name made of what a client says, which is only a hint: visible, not hidden, not too long, one line of harmless
/// characters. (`Multipart.Part.filename` has no path any more.)
struct SafeName {
    private var stem: String
    private var suffix: String

    init(_ hint: String) {
        var name = String(String.UnicodeScalarView(hint.unicodeScalars.map { Self.isVisible($0) ? $0 : "_" }))
        // A dot in front hides; a space at the end misleads.
        while name.hasSuffix(" ") || name.hasSuffix(".") { name.removeLast() }
        if name.isEmpty { name = "file" }
        if name.hasPrefix(".") || name.hasPrefix(" ") { name = "_" + name.dropFirst() }
        let dot = name.lastIndex(of: ".") ?? name.endIndex
        let isSuffix = name[dot...].utf8.count <= 16
        stem = String(isSuffix ? name[..<dot] : name[...])
        suffix = isSuffix ? String(name[dot...]) : ""
        // The system takes 255 octets; a number may come to it.
        while stem.utf8.count > 200 { stem.unicodeScalars.removeLast() }
    }

    /// The name itself for 1, else with a number: `photo (2).jpg`.
    func numbered(_ number: Int) -> String {
        number == 1 ? stem + suffix : "\(stem) (\(number))\(suffix)"
    }

    /// Letters, digits, marks, symbols, punctuation and the plain space. Not what controls, reorders or hides text; not what
    /// means something in a path, or to a shell or Windows that is given the name.
    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        case .spaceSeparator: scalar == " "
        default: !"/\\:*?\"<>|`$".unicodeScalars.contains(scalar)
        }
    }
}
