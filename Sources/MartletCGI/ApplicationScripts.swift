/// Which script of an application a request is for.
public enum ApplicationScripts: Sendable {
    /// The application is one program: SCRIPT_NAME is where it is mounted, PATH_INFO the rest of the path. No file is looked
    /// for. So Python, Perl and others are delivered.
    case application
    /// One script, by its absolute path as the application sees it, answers every path: SCRIPT_NAME is where it is mounted,
    /// PATH_INFO the rest of the path.
    case file(String)
    /// Scripts below a folder, each by its path: `/blog/post.php/5` is `blog/post.php` with the PATH_INFO `/5`.
    ///
    /// Only what is a file below the folder, with a name that ends in one of `suffixes`, is ever passed on: so
    /// `/photo.jpg/x.php` runs nothing. Names that begin with a dot are not looked for.
    /// - Parameters:
    ///   - suffixes: with their dot; default `.php`.
    ///   - index: the scripts that answer for a folder, the first that is there; default `index.php`.
    ///   - fallback: the script, by its path below the folder, for paths that lead to no script: the front controller of
    ///     a framework, `index.php`. It finds the path in REQUEST_URI. Default: none, they are a 404.
    case folder(String, suffixes: [String] = [".php"], index: [String] = ["index.php"], fallback: String? = nil)
}
