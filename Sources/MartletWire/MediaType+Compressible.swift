extension MediaType {
    /// Text and the like: what gets much smaller. Pictures and archives are compressed already.
    /// - Parameter type: a media type in lower case, with or without parameters.
    package static func isCompressible(_ type: String) -> Bool {
        if type.hasPrefix("text/") { return true }
        let essence = type.prefix { $0 != ";" }
        if essence.hasSuffix("+xml") || essence.hasSuffix("+json") { return true }
        switch essence {
        case "application/json", "application/xml", "application/javascript", "application/wasm",
            "application/manifest+json", "application/rtf", "font/ttf", "font/otf", "image/bmp",
            "application/vnd.ms-fontobject", "image/x-icon", "image/vnd.microsoft.icon":
            return true
        default:
            return false
        }
    }
}
