// swift-tools-version:6.3

import PackageDescription

let package = Package(
    name: "martlet",
    platforms: [.macOS("26.0")],
    products: [
        .executable(name: "martlet", targets: ["MartletCLI"]),
        .library(name: "Martlet", targets: ["Martlet"]),
        .library(name: "MartletAdmin", targets: ["MartletAdmin"]),
        .library(name: "MartletAuth", targets: ["MartletAuth"]),
        .library(name: "MartletCGI", targets: ["MartletCGI"]),
        .library(name: "MartletCompression", targets: ["MartletCompression"]),
        .library(name: "MartletFiles", targets: ["MartletFiles"]),
        .library(name: "MartletGateway", targets: ["MartletGateway"]),
        .library(name: "MartletJSON", targets: ["MartletJSON"]),
        .library(name: "MartletMetrics", targets: ["MartletMetrics"]),
        .library(name: "MartletRedis", targets: ["MartletRedis"]),
        .library(name: "MartletWebSocket", targets: ["MartletWebSocket"]),
        .library(name: "MartletShare", targets: ["MartletShare"]),
        .library(name: "MartletService", targets: ["MartletService"]),
        .library(name: "MartletTLS", targets: ["MartletTLS"]),
        .library(name: "MartletTesting", targets: ["MartletTesting"]),
        .library(name: "MartletWire", targets: ["MartletWire"]),
    ],
    traits: [
        .default(enabledTraits: ["TLS", "TOML", "QR"]),
        .trait(name: "TLS", description: "The command line and MartletTesting speak TLS: needs libssl-dev, OpenSSL 3."),
        .trait(name: "TOML", description: "The command line reads martlet.toml: needs libtomlplusplus-dev, toml++."),
        .trait(name: "QR", description: "The command line draws QR codes: needs libqrencode-dev."),
        .trait(name: "Brotli", description: "MartletCompression also speaks br: needs libbrotli-dev."),
        .trait(name: "Zstd", description: "MartletCompression also speaks zstd: needs libzstd-dev."),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    ],
    targets: [
        // Layers, lowest first: an arrow only ever points up this list (docs/architecture.md).
        .target(name: "CMartlet"),
        .target(name: "MartletReactor", dependencies: ["CMartlet"]),
        .target(name: "MartletDaemon", dependencies: ["MartletReactor", "CMartlet"]),
        .target(
            name: "MartletWire",
            dependencies: [.product(name: "HTTPTypes", package: "swift-http-types")]
        ),
        .target(
            name: "Martlet",
            dependencies: [
                "MartletReactor", "MartletWire", "CMartlet",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        // The one target with Foundation.
        .target(name: "MartletJSON", dependencies: ["Martlet"]),
        .target(
            name: "MartletFiles",
            dependencies: [
                "Martlet", "MartletReactor", "MartletWire", "CMartlet",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ]
        ),
        .target(
            name: "MartletGateway",
            dependencies: [
                "Martlet", "MartletReactor", "MartletWire", "CMartlet",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .target(
            name: "MartletCGI",
            dependencies: [
                "Martlet", "MartletReactor", "MartletWire", "CMartlet",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .target(
            name: "MartletWebSocket",
            dependencies: [
                "Martlet", "MartletReactor", "MartletWire",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ]
        ),
        .target(name: "MartletRedis", dependencies: ["Martlet", "MartletReactor", "MartletWire"]),
        .target(
            name: "MartletAdmin",
            dependencies: [
                "Martlet", "MartletReactor", "MartletWire", .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ],
            resources: [.embedInCode("Resources/status.css"), .embedInCode("Resources/status.js")]
        ),
        .target(
            name: "MartletMetrics",
            dependencies: ["Martlet", "MartletReactor", .product(name: "CoreMetrics", package: "swift-metrics")]
        ),
        // The system's libraries. Looked for only by who uses them: a program without MartletCompression needs none.
        .systemLibrary(name: "CZlib"),
        .systemLibrary(name: "CBrotli"),
        .systemLibrary(name: "CZstd"),
        .target(
            name: "MartletCompression",
            dependencies: [
                "Martlet", "MartletReactor", "MartletWire", "CZlib",
                .target(name: "CBrotli", condition: .when(traits: ["Brotli"])),
                .target(name: "CZstd", condition: .when(traits: ["Zstd"])),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ]
        ),
        .systemLibrary(
            name: "CMartletOpenSSL",
            pkgConfig: "openssl",
            providers: [.apt(["libssl-dev"]), .yum(["openssl-devel"]), .brew(["openssl@3"])]
        ),
        .target(name: "CMartletTLS", dependencies: ["CMartletOpenSSL"]),
        .target(name: "MartletTLS", dependencies: ["MartletReactor", "CMartletTLS", "CMartletOpenSSL", "CMartlet"]),
        // Signed URLs.
        .target(
            name: "MartletShare",
            dependencies: [
                "Martlet", "MartletReactor", "MartletWire", "CMartlet", "CMartletOpenSSL",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .target(
            name: "CMartletAuth",
            dependencies: ["CMartletOpenSSL"],
            // On macOS, crypt is in the system's own library.
            linkerSettings: [.linkedLibrary("crypt", .when(platforms: [.linux]))]
        ),
        .target(
            name: "MartletAuth",
            dependencies: [
                "Martlet", "MartletReactor", "MartletWire", "CMartlet", "CMartletAuth",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .target(
            name: "MartletTesting",
            dependencies: [
                "Martlet", "MartletReactor", "MartletWire", "CMartlet",
                .target(name: "MartletTLS", condition: .when(traits: ["TLS"])),
            ]
        ),
        .systemLibrary(
            name: "CQREncode",
            pkgConfig: "libqrencode",
            providers: [.apt(["libqrencode-dev"]), .yum(["qrencode-devel"]), .brew(["qrencode"])]
        ),
        // toml++ is headers alone.
        .target(name: "CMartletTOML"),
        // What a program that serves needs around its server: flags, messages, TLS from files.
        .target(
            name: "MartletService",
            dependencies: [
                "Martlet", "MartletAdmin", "MartletDaemon", "MartletReactor", "MartletWire", "CMartlet",
                .target(name: "CMartletTOML", condition: .when(traits: ["TOML"])),
                .target(name: "CQREncode", condition: .when(traits: ["QR"])),
                .target(name: "MartletTLS", condition: .when(traits: ["TLS"])),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .executableTarget(
            name: "MartletCLI",
            dependencies: [
                "MartletService", "Martlet", "MartletCGI", "MartletDaemon", "MartletFiles", "MartletGateway",
                "MartletReactor", "MartletWire", "CMartlet",
                .target(name: "MartletAuth", condition: .when(traits: ["TLS"])),
                .target(name: "MartletShare", condition: .when(traits: ["TLS"])),
                .target(name: "MartletTLS", condition: .when(traits: ["TLS"])),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]
        ),

        .executableTarget(
            name: "echo",
            dependencies: ["Martlet"],
            path: "Examples/echo"
        ),
        .executableTarget(
            name: "hello",
            dependencies: ["Martlet"],
            path: "Examples/hello"
        ),
        // With the verbs and flags of every Martlet program.
        .executableTarget(
            name: "greeter",
            dependencies: ["Martlet", "MartletService"],
            path: "Examples/greeter"
        ),
        // Examples/notes is a package of its own.
        .executableTarget(
            name: "httpsrv",
            dependencies: ["Martlet"],
            path: "Examples/httpsrv",
            exclude: ["README.md"]
        ),
        .executableTarget(
            name: "chat",
            dependencies: ["Martlet"],
            path: "Examples/chat",
            exclude: ["README.md"],
            resources: [.embedInCode("chat.css"), .embedInCode("chat.js")]
        ),
        .executableTarget(
            name: "upload",
            dependencies: ["Martlet", "MartletFiles"],
            path: "Examples/upload",
            exclude: ["README.md"],
            resources: [.embedInCode("upload.css"), .embedInCode("upload.js")]
        ),
        .executableTarget(
            name: "inspect",
            dependencies: ["Martlet", "MartletJSON"],
            path: "Examples/inspect",
            exclude: ["README.md"]
        ),

        .executableTarget(
            name: "handlers",
            dependencies: ["Martlet", "MartletCGI", "MartletFiles"],
            path: "Benchmarks/handlers"
        ),
        // What make micro counts the instructions and allocations of.
        .executableTarget(
            name: "micro",
            dependencies: [
                "Martlet", "MartletAdmin", "MartletFiles", "MartletReactor", "MartletWire",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            path: "Benchmarks/micro"
        ),

        .target(
            name: "TestSupport",
            dependencies: [
                "Martlet", "MartletReactor", "MartletWire", "CMartlet",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/TestSupport"
        ),
        .testTarget(
            name: "MartletWireTests",
            dependencies: [
                "MartletWire", "TestSupport", .product(name: "HTTPTypes", package: "swift-http-types"),
            ]
        ),
        // A server whose handler traps on purpose: StackDepthTests counts the frames of its backtrace.
        .executableTarget(name: "TrapProbe", dependencies: ["Martlet", "MartletReactor"], path: "Tests/TrapProbe"),
        .executableTarget(
            name: "ReactorProbe",
            dependencies: ["MartletReactor", "TestSupport"],
            path: "Tests/ReactorProbe"
        ),
        .executableTarget(
            name: "DaemonProbe",
            dependencies: ["MartletDaemon", "MartletReactor"],
            path: "Tests/DaemonProbe"
        ),
        .executableTarget(
            name: "ServiceProbe",
            dependencies: ["Martlet", "MartletService"],
            path: "Tests/ServiceProbe"
        ),
        // Sends made requests to a server in a process of its own: scripts/fuzz-server.sh.
        .executableTarget(
            name: "ServerFuzzer",
            dependencies: [
                "Martlet", "MartletReactor", "MartletWire", "TestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/ServerFuzzer"
        ),
        .testTarget(
            name: "MartletReactorTests",
            dependencies: ["MartletReactor", "CMartlet", "TestSupport", "ReactorProbe"]
        ),
        .testTarget(
            name: "MartletDaemonTests",
            dependencies: ["MartletDaemon", "MartletReactor", "CMartlet", "TestSupport", "DaemonProbe"]
        ),
        .testTarget(
            name: "MartletTests",
            dependencies: [
                "Martlet", "MartletReactor", "MartletWire", "CMartlet", "TestSupport", "TrapProbe",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .testTarget(
            name: "MartletTLSTests",
            dependencies: [
                "Martlet", .product(name: "Logging", package: "swift-log"), "MartletTLS", "MartletReactor",
                "CMartletTLS", "CMartletOpenSSL", "TestSupport",
            ]
        ),
        .testTarget(
            name: "MartletAdminTests",
            dependencies: [
                "MartletAdmin", "MartletMetrics", "MartletGateway", "Martlet", "MartletReactor", "MartletWire",
                "TestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
            ]
        ),
        .testTarget(
            name: "MartletAuthTests",
            dependencies: [
                "MartletAuth", "MartletGateway", "Martlet", "MartletReactor", "MartletWire", "TestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .testTarget(name: "MartletJSONTests", dependencies: ["MartletJSON", "Martlet", "TestSupport"]),
        .testTarget(
            name: "MartletCompressionTests",
            dependencies: [
                "MartletCompression", "Martlet", "MartletReactor", "MartletWire", "TestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ]
        ),
        .testTarget(
            name: "MartletFilesTests",
            dependencies: [
                "MartletFiles", "Martlet", "TestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ]
        ),
        .testTarget(
            name: "MartletGatewayTests",
            dependencies: [
                "MartletGateway", "Martlet", "MartletReactor", "MartletWire", "MartletTesting", "TestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        // A script that does what its query says.
        .executableTarget(name: "CGIProbe", path: "Tests/CGIProbe"),
        .executableTarget(name: "CGIServer", dependencies: ["Martlet", "MartletCGI"], path: "Tests/CGIServer"),
        .testTarget(
            name: "MartletCGITests",
            dependencies: [
                "MartletCGI", "Martlet", "MartletReactor", "MartletWire", "CMartlet", "TestSupport", "CGIProbe",
                "CGIServer",
                .target(name: "MartletTLS", condition: .when(traits: ["TLS"])),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .testTarget(
            name: "MartletRedisTests",
            dependencies: [
                "MartletRedis", "Martlet", "MartletReactor", "MartletWire", "CMartlet", "TestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .testTarget(
            name: "MartletWebSocketTests",
            dependencies: [
                "MartletWebSocket", "Martlet", "MartletReactor", "MartletWire", "TestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ],
            exclude: ["Scripts"]
        ),
        .testTarget(
            name: "MartletShareTests",
            dependencies: [
                "MartletShare", "Martlet", "MartletReactor", "MartletWire", "TestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ]
        ),
        .testTarget(
            name: "MartletTestingTests",
            dependencies: [
                "MartletTesting", "Martlet", "MartletReactor", "MartletWire", "TestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ]
        ),
        .testTarget(
            name: "ExamplesTests",
            dependencies: ["httpsrv", "chat", "upload", "inspect", "MartletReactor", "TestSupport"],
            exclude: ["Scripts"]
        ),
        // What make differences sends its requests to.
        .executableTarget(
            name: "DifferentialServer",
            dependencies: ["Martlet", "MartletFiles"],
            path: "Tests/Differential/Server"
        ),
        .testTarget(
            name: "MartletServiceTests",
            dependencies: [
                "MartletService", "TestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]
        ),
        .testTarget(
            name: "MartletCLITests",
            dependencies: ["MartletCLI", "ServiceProbe", "greeter", "MartletDaemon", "MartletReactor", "TestSupport"],
            exclude: ["Scripts"]
        ),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)

// CI turns every warning into an error; a newer compiler's new warnings must not break anybody else's build.
let warnings: [SwiftSetting] =
    Context.environment["MARTLET_WARNINGS_AS_ERRORS"] == nil ? [] : [.treatAllWarnings(as: .error)]

for target in package.targets
where !["CMartlet", "CMartletAuth", "CMartletTLS", "CMartletTOML"].contains(target.name) && target.type != .system {
    target.swiftSettings =
        (target.swiftSettings ?? []) + [
            .enableUpcomingFeature("ExistentialAny"),
            .enableUpcomingFeature("InternalImportsByDefault"),
            .enableUpcomingFeature("MemberImportVisibility"),
            .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
            .enableExperimentalFeature("Lifetimes"),
            .strictMemorySafety(),
        ] + warnings
}
