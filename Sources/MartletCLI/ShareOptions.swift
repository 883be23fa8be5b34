import ArgumentParser
import Glibc
import Martlet
import MartletDaemon
import MartletService

#if TLS
    import MartletShare
#endif

/// Whether only signed URLs let in, and where their key is.
struct ShareOptions: ParsableArguments {
    @Flag(help: "Let in only who has a URL that martlet share made.")
    var shares = false

    @Option(
        help: ArgumentHelp(
            "Where the key and the uses of shared URLs are kept. (default: shares beside the PID files; root's in /var/lib/martlet)",
            valueName: "folder"
        ),
        completion: .directory
    )
    var shareDir: String?

    /// Told where the program has no signed URLs.
    static let missing =
        "this martlet was built without TLS, and so without signed URLs. Build it with the trait TLS: swift build."

    /// The absolute path of the folder.
    var path: String {
        guard let path = shareDir else { return RunFolder().shares }
        guard !path.hasPrefix("/"), let here = unsafe getcwd(nil, 0) else { return path }
        defer { unsafe free(here) }
        return "\(unsafe String(cString: here))/\(path)"
    }

    /// What asks for signed URLs; none where nothing does.
    /// - Parameters:
    ///   - files: the folder or file that is served: a URL for another one's is not for this one's.
    ///   - paths: those that other servers answer, which no share opens.
    ///   - orLogin: whether who has none may log in instead.
    func middleware(
        for files: String,
        except paths: [String],
        orLogin: Bool
    ) throws -> [any Middleware] {
        guard shares else { return [] }
        #if TLS
            return [SignedURLs(try folder(), for: files, others: orLogin ? .passedOn : .refused, except: paths)]
        #else
            throw Problem(Self.missing)
        #endif
    }

    #if TLS
        /// - Throws: `Problem` for one that others can look at, or that cannot be made.
        func folder() throws -> ShareFolder {
            do throws(ShareError) {
                return try ShareFolder.open(path)
            } catch {
                throw Problem("\(error) Or choose another with --share-dir")
            }
        }
    #endif
}
