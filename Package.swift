// swift-tools-version:6.3

import PackageDescription

let package = Package(
    name: "martlet",
    platforms: [.macOS("26.0")],
    products: [
        .executable(name: "martlet", targets: ["MartletCLI"]),
        .library(name: "Martlet", targets: ["Martlet"]),
        .library(name: "MartletCompression", targets: ["MartletCompression"]),
        .library(name: "MartletFiles", targets: ["MartletFiles"]),
        .library(name: "MartletGateway", targets: ["MartletGateway"]),
        .library(name: "MartletJSON", targets: ["MartletJSON"]),
        .library(name: "MartletWebSocket", targets: ["MartletWebSocket"]),
        .library(name: "MartletTLS", targets: ["MartletTLS"]),
        .library(name: "MartletTesting", targets: ["MartletTesting"]),
        .library(name: "MartletWire", targets: ["MartletWire"]),
    ],
    traits: [
        .default(enabledTraits: ["TLS"]),
        .trait(name: "TLS", description: "The command line and MartletTesting speak TLS: needs libssl-dev, OpenSSL 3."),
        .trait(name: "Brotli", description: "MartletCompression also speaks br: needs libbrotli-dev."),
        .trait(name: "Zstd", description: "MartletCompression also speaks zstd: needs libzstd-dev."),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        // Layers, lowest first: an arrow only ever points up this list (docs/architecture.md).
        .target(name: "CMartlet"),
        .target(name: "MartletReactor", dependencies: ["CMartlet"]),
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
            name: "MartletWebSocket",
            dependencies: [
                "Martlet", "MartletReactor", "MartletWire",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ]
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
        .target(
            name: "MartletTesting",
            dependencies: [
                "Martlet", "MartletReactor", "MartletWire", "CMartlet",
                .target(name: "MartletTLS", condition: .when(traits: ["TLS"])),
            ]
        ),
        .executableTarget(
            name: "MartletCLI",
            dependencies: [
                "Martlet", "MartletFiles", "MartletGateway", "MartletReactor", "MartletWire", "CMartlet",
                .target(name: "MartletTLS", condition: .when(traits: ["TLS"])),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
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
            dependencies: ["Martlet", "MartletFiles"],
            path: "Benchmarks/handlers"
        ),
        // What make micro counts the instructions and allocations of.
        .executableTarget(
            name: "micro",
            dependencies: [
                "Martlet", "MartletFiles", "MartletReactor", "MartletWire",
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
            name: "MartletCLITests",
            dependencies: ["MartletCLI", "MartletReactor", "TestSupport"],
            exclude: ["Scripts"]
        ),
    ],
    swiftLanguageModes: [.v6]
)

// CI turns every warning into an error; a newer compiler's new warnings must not break anybody else's build.
let warnings: [SwiftSetting] =
    Context.environment["MARTLET_WARNINGS_AS_ERRORS"] == nil ? [] : [.treatAllWarnings(as: .error)]

for target in package.targets where !["CMartlet", "CMartletTLS"].contains(target.name) && target.type != .system {
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
