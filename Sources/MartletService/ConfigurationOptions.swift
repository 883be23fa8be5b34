package import ArgumentParser

/// The file of settings. What it says has been turned into other options before a command runs.
package struct ConfigurationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A file with options, as port = 9000 (man martlet.toml). None is read unless it is named here.",
            valueName: "file"
        ),
        completion: .file(extensions: ["toml"])
    )
    package var config: String?

    @Flag(help: "Print all settings and where each comes from, as such a file, and end.")
    package var printConfig = false

    package init() {}
}
