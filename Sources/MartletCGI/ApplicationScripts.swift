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
    ///
    /// `suffixes` have their dot, default `.php`. `index`, default `index.php`, names the scripts that answer for a folder,
    /// the first that is there. `fallback` is the script, by its path below the folder, for paths that lead to no script:
    /// the front controller of a framework, `index.php`, which finds the path in REQUEST_URI; default none, they are a 404.
    case folder(String, suffixes: [String] = [".php"], index: [String] = ["index.php"], fallback: String? = nil)
}
