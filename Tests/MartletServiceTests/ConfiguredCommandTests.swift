import ArgumentParser
import TestSupport
import Testing

@testable import MartletService

/// A command with every kind of option.
private struct Sample: ConfigurableCommand {
    static let configuration = CommandConfiguration(commandName: "sample")

    @Argument var operands: [String] = []
    @Option(name: .shortAndLong) var port: UInt16?
    @Option(name: .shortAndLong, help: ArgumentHelp("", valueName: "address")) var bind: [String] = []
    @Option(help: ArgumentHelp("", valueName: "folder"), completion: .directory) var directory: String?
    @Flag(name: .shortAndLong) var quiet = false
    @Flag(name: .shortAndLong) var verbose = false
    @Flag var lan = false
    @Option(help: "Its format. (default: common)") var format: Format?
    @Option var adminToken: String?
    @Option(help: ArgumentHelp("", valueName: "url")) var redis: String?
    @OptionGroup var configurationFile: ConfigurationOptions

    enum Format: String, ExpressibleByArgument, CaseIterable { case common, json }

    struct Site: ParsableArguments {
        @Option var hosts: [String] = []
        @Option(completion: .directory) var directory: String?
        @Flag var verbose = false
        @Option var depth: Int?
    }

    static func option(for operand: String) -> String? { Operands.isPort(operand) ? "port" : "directory" }
    static var site: (any ParsableArguments.Type)? { Site.self }
    static var others: [any ConfigurableCommand.Type] { [Other.self] }
    func plan(with settings: Settings) throws -> ServingPlan { throw Problem("It serves nothing.") }
}

private struct Other: ConfigurableCommand {
    static let configuration = CommandConfiguration(commandName: "other")

    @Option var elsewhere: String?
    @OptionGroup var configurationFile: ConfigurationOptions

    static func option(for operand: String) -> String? { nil }
    static var others: [any ConfigurableCommand.Type] { [Sample.self] }
    func plan(with settings: Settings) throws -> ServingPlan { throw Problem("It serves nothing.") }
}

@Suite("What the command line says itself")
struct GivenArgumentsTests {
    private func given(_ arguments: [String]) -> (settings: [String: Setting.Value], operands: [String]) {
        let given = GivenArguments(arguments, options: OptionInfo.all(of: Sample.self))
        let settings = given.settings.map { ($0.name, $0.value) }
        return (Dictionary(settings) { $1 }, given.operands)
    }

    @Test("options in each of their forms, and operands between them")
    func forms() {
        let found = given([
            "a", "--port", "1", "-b", "x", "b", "--bind=y=z", "-qv", "-", "--config", "f", "--", "--lan", "c",
        ])
        #expect(
            found.settings == [
                "port": .texts(["1"]), "bind": .texts(["x", "y=z"]), "quiet": .isSet(true), "verbose": .isSet(true),
                "config": .texts(["f"]),
            ]
        )
        #expect(found.operands == ["a", "b", "-", "--lan", "c"])
        #expect(given(["-p=1", "--port", "2"]).settings == ["port": .texts(["2"])])
        #expect(given(["-qp", "3"]).settings == ["quiet": .isSet(true), "port": .texts(["3"])])
        #expect(given([]).settings.isEmpty)
    }
}

#if TOML
    @Suite("Layers of settings")
    struct ConfiguredCommandTests {
        private let folder: TemporaryDirectory

        init() throws {
            folder = try TemporaryDirectory()
        }

        private func configured(
            _ text: String,
            _ arguments: String...,
            of command: any ParsableCommand.Type = Sample.self
        ) throws -> ConfiguredCommand {
            try folder.write("martlet.toml", text)
            return try ConfiguredCommand(command, ["--config", folder.path(of: "martlet.toml")] + arguments)
        }

        private func sample(_ text: String, _ arguments: String...) throws -> Sample {
            try folder.write("martlet.toml", text)
            let made = try ConfiguredCommand(Sample.self, ["--config", folder.path(of: "martlet.toml")] + arguments)
            return try #require(made.command as? Sample)
        }

        private func refusal(_ text: String, of command: any ParsableCommand.Type = Sample.self) throws -> String {
            do {
                _ = try configured(text, of: command)
                return "taken"
            } catch let problem as Problem {
                let path = folder.path(of: "")
                return problem.message.hasPrefix(path) ? String(problem.message.dropFirst(path.count)) : problem.message
            }
        }

        @Test("keys are the options, with their types")
        func keys() throws {
            let sample = try sample("port = 9000\nbind = [\"a\", \"b\"]\nquiet = true\nlan = false\nformat = \"json\"")
            #expect(sample.port == 9000)
            #expect(sample.bind == ["a", "b"])
            #expect(sample.quiet && !sample.lan && !sample.verbose)
            #expect(sample.format == .json)
            #expect(try self.sample("bind = \"-x\"").bind == ["-x"])
        }

        @Test("the command line takes the place of the file, list by list")
        func commandLine() throws {
            let text = "port = 1\nbind = [\"a\"]\nverbose = true\ndirectory = \"/f\""
            let sample = try sample(text, "-b", "x", "--port=2", "--", "--lan")
            #expect(sample.bind == ["x"] && sample.port == 2 && sample.verbose && sample.directory == nil)
            #expect(sample.operands == ["--lan"])
        }

        @Test("a port and a folder without their options' names take that place too")
        func operands() throws {
            let sample = try sample("port = 1\ndirectory = \"/f\"", "2", "here")
            #expect(sample.port == nil && sample.directory == nil)
            #expect(sample.operands == ["2", "here"])
        }

        @Test("who gives --lan has no use for the addresses of the file")
        func replaced() throws {
            #expect(try sample("bind = [\"a\"]", "--lan").bind == [])
            #expect(try !sample("lan = true", "-b", "a").lan)
            #expect(try sample("lan = false\nbind = [\"a\"]").bind == ["a"])
        }

        @Test("a relative path begins in the file's folder, on the command line where one is")
        func paths() throws {
            let base = String(folder.path(of: "x").dropLast(2))
            #expect(try sample("directory = \"public\"").directory?.hasSuffix("/public") == true)
            #expect(try sample("directory = \"public\"").directory?.hasPrefix("/") == true)
            #expect(try sample("directory = \"/srv\"").directory == "/srv")
            #expect(try sample("directory = \".\"").directory?.hasSuffix(String(base.suffix(8))) == true)
            #expect(try sample("bind = \"unix:run\"").bind[0].hasSuffix("/run"))
            #expect(try sample("bind = \"unix:/run/x\"").bind == ["unix:/run/x"])
            #expect(try sample("", "--directory", "here").directory == "here")
        }

        @Test(
            "what is wrong is told with its line",
            arguments: [
                ("\n\nport = \"abc\"", "martlet.toml:3: port is 'abc'; it must be a port from 0 to 65535."),
                ("port = true", "martlet.toml:1: port is true; it must be a port from 0 to 65535."),
                ("port = [1]", "martlet.toml:1: port is an array; it must be a port from 0 to 65535."),
                ("quiet = \"yes\"", "martlet.toml:1: quiet is 'yes'; it must be true or false."),
                ("quiet = 1", "martlet.toml:1: quiet is '1'; it must be true or false."),
                ("format = \"x\"", "martlet.toml:1: format is 'x'; it must be common or json."),
                (
                    "bind = [true]",
                    "martlet.toml:1: bind is an array of something else than texts; it must be a text or an array of texts."
                ),
                ("directory = [\"a\"]", "martlet.toml:1: directory is an array; it must be a text."),
                ("directory.x = 1", "martlet.toml:1: directory is a table; it must be a text."),
                ("prot = 1", "martlet.toml:1: there is no setting 'prot'; did you mean 'port'?"),
                ("[server]\nport = 1", "martlet.toml:1: there is no setting 'server'."),
                ("\"a\\nb\" = 1", "martlet.toml:1: there is no setting 'a?b'."),
                ("help = true", "martlet.toml:1: there is no setting 'help'."),
                ("config = \"x\"", "martlet.toml:1: there is no setting 'config'."),
                ("elsewhere = 1", "martlet.toml:1: 'elsewhere' is a setting of other, not of sample."),
                ("[site]\n", "martlet.toml:1: sites are tables in an array, each begun by [[site]]."),
                ("hosts = [\"a\"]", "martlet.toml:1: 'hosts' is for a site: it stands below a [[site]]."),
                (
                    "[[site]]\nport = 1",
                    "martlet.toml:2: 'port' is for all sites: it stands above the first [[site]]."
                ),
                ("[[site]]\nhost = 1", "martlet.toml:2: there is no setting 'host'; did you mean 'hosts'?"),
                ("[[site]]\n[[site]]\ndepth = \"x\"", "martlet.toml:3: depth is 'x'; it must be of the form depth."),
            ]
        )
        func wrong(text: String, message: String) throws {
            #expect(try refusal(text) == message)
        }

        @Test("a command without sites says whose they are")
        func noSites() throws {
            #expect(
                try refusal("[[site]]", of: Other.self)
                    == "martlet.toml:1: 'site' is a setting of sample, not of other."
            )
            #expect(
                try refusal("port = 1", of: Other.self)
                    == "martlet.toml:1: 'port' is a setting of sample, not of other."
            )
        }

        @Test("what the command line has wrong by itself is told as ever")
        func wrongArguments() throws {
            let error = #expect(throws: (any Error).self) { try configured("port = 1", "--port", "x") }
            #expect(error.map { Sample.message(for: $0) }?.contains("'x' is invalid for '--port <port>'") == true)
            #expect(!(error is Problem))
        }

        @Test("what a command refuses itself is told with the place of the setting")
        func explained() throws {
            let settings = try configured("port = 1\nbind = [\"a\"]", "--quiet").settings.values
            func told(_ message: String) -> String {
                switch Settings.explained(ValidationError(message), by: settings) {
                case let problem as Problem: String(problem.message.dropFirst(folder.path(of: "").count))
                case let error as ValidationError: error.message
                default: "?"
                }
            }
            #expect(told("--port is too low.") == "martlet.toml:1: port is too low.")
            #expect(
                told("--quiet and --bind do not go together.") == "martlet.toml:2: quiet and bind do not go together."
            )
            #expect(told("--quiet is wrong.") == "--quiet is wrong.")
            #expect(told("--lan is wrong.") == "--lan is wrong.")
        }

        @Test("a site has its own settings, then those above all sites; the command line goes before both")
        func sites() throws {
            let text = """
                verbose = true
                [[site]]
                hosts = ["a"]
                directory = "a"
                verbose = false
                [[site]]
                hosts = ["b"]
                depth = 3
                """
            let sites = try configured(text).settings.sites.map { try $0.parsed(as: Sample.Site.self) }
            #expect(sites.map(\.hosts) == [["a"], ["b"]])
            #expect(sites.map(\.verbose) == [false, true])
            #expect(sites.map(\.depth) == [nil, 3])
            #expect(sites[0].directory?.hasSuffix("/a") == true && sites[1].directory == nil)
            let given = try configured(text, "-v", "-b", "x").settings.sites.map { try $0.parsed(as: Sample.Site.self) }
            #expect(given.map(\.verbose) == [true, true])
        }

        @Test("printed settings are a file that says the same")
        func printed() throws {
            let text = """
                port = 9000
                bind = ["a", 'b"\\', "c\\u0001\\n", "é"]
                quiet = false
                directory = "public"
                admin-token = "s3cret"
                redis = "redis://:s3cret@127.0.0.1/"
                [[site]]
                hosts = ["a"]
                verbose = true
                """
            let settings = try configured(text, "--format", "json", "-v").settings
            let printed = settings.printed()
            func place(_ line: Int) -> String { "\(folder.path(of: "martlet.toml")):\(line)" }
            #expect(printed.contains("port = 9000 # \(place(1))\n"))
            #expect(printed.contains("bind = [\"a\", \"b\\\"\\\\\", \"c\\u0001\\u000a\", \"é\"] # \(place(2))\n"))
            #expect(printed.contains("quiet = false # \(place(3))\n"))
            #expect(printed.contains("format = \"json\" # command line\n"))
            #expect(printed.contains("# lan = false # default\n"))
            #expect(printed.contains("# admin-token is not shown # \(place(5))\n"))
            #expect(printed.contains("# redis is not shown # \(place(6))\n"))
            #expect(!printed.contains("s3cret"))
            #expect(printed.contains("\n[[site]] # \(place(7))\nhosts = [\"a\"] # \(place(8))\n"))
            let again = try configured(printed).settings
            func values(_ settings: Settings.Values) -> Settings.Values {
                let secrets: Set = ["admin-token", "redis"]
                return settings.filter { !secrets.contains($0.key) }.mapValues {
                    Setting(name: $0.name, value: $0.value, origin: .commandLine)
                }
            }
            #expect(values(again.values) == values(settings.values))
            #expect(again.sites.map { values($0.values) } == settings.sites.map { values($0.values) })
            #expect(again.printed().split(separator: "\n").count == printed.split(separator: "\n").count)
        }

        @Test("the file is read again each time: that is how a server reloads")
        func again() throws {
            #expect(try sample("port = 1").port == 1)
            #expect(try sample("port = 2").port == 2)
            #expect(throws: Problem.self) { try sample("port = ") }
        }
    }
#endif
