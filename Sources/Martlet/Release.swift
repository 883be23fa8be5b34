/// What this version of Martlet is called.
package enum Release {
    package static let version = "0.1.0"
}
