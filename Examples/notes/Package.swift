// swift-tools-version:6.3

import PackageDescription

// A package of its own, so that nobody who builds Martlet needs SQLite.
let package = Package(
    name: "notes",
    platforms: [.macOS("26.0")],
    dependencies: [
        .package(name: "martlet", path: "../.."),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
    ],
    targets: [
        .executableTarget(
            name: "notes",
            dependencies: [
                .product(name: "Martlet", package: "martlet"),
                .product(name: "MartletJSON", package: "martlet"),
                .product(name: "GRDB", package: "GRDB.swift"),
            ]
        )
    ],
    swiftLanguageModes: [.v6]
)
