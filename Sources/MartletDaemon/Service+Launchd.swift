/// The property list for launchd, macOS's service manager.
extension Service {
    /// The file LABEL.plist for /Library/LaunchDaemons (launchd.plist(5)). A dynamic user is launchd's "_www".
    /// - Parameter label: by custom a name in reverse domain order: "dev.martlet.web".
    package func propertyList(label: String) throws(DaemonError) -> String {
        try check()
        for text in arguments + [label] {
            // XML has no way to write them (XML 1.0 §2.2).
            guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0xFFFE && $0.value != 0xFFFF })
            else {
                throw DaemonError("A property list cannot have the argument \"\(text)\": no control characters.")
            }
        }
        let account = if case .named(let name) = user { name } else { "_www" }
        let words = ([program] + arguments).map { "        <string>\(Self.xml($0))</string>\n" }.joined()
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
            <plist version="1.0">
            <dict>
                <key>Label</key>
                <string>\(Self.xml(label))</string>
                <key>ProgramArguments</key>
                <array>
            \(words)    </array>
                <key>UserName</key>
                <string>\(account)</string>
                <key>RunAtLoad</key>
                <true/>
                <key>KeepAlive</key>
                <dict>
                    <key>SuccessfulExit</key>
                    <false/>
                </dict>
                <key>ExitTimeOut</key>
                <integer>\(stopTimeout)</integer>
                <key>StandardErrorPath</key>
                <string>/var/log/\(name).log</string>
                <key>SoftResourceLimits</key>
                <dict>
                    <key>NumberOfFiles</key>
                    <integer>\(descriptors)</integer>
                </dict>
            </dict>
            </plist>

            """
    }

    private static func xml(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            switch scalar {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            default: "\(scalar)"
            }
        }.joined()
    }
}
