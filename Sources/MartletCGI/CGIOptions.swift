public import HTTPTypes
public import MartletWire

/// How a `CGI` handler runs scripts. Every limit has a default.
public struct CGIOptions: Sendable {
    /// Programs for files that the system does not run by themselves, by the end of their name: `[".py": "python3"]`. A name
    /// without a slash is looked up in PATH once, when the handler is made. Default: none, and such files are a 403.
    public var interpreters: [String: String] = [:]
    /// What is run where the path of a folder is asked for: the first of these names that is a script. Default: `index.cgi`.
    public var indexNames = ["index.cgi"]
    /// The methods that scripts get (RFC 3875 §4.3.4); others are a 405. Default nil: all but TRACE.
    public var methods: [HTTPRequest.Method]?

    /// How long a script may say nothing while the server waits for it; default 60 s. Then it and all it has started get
    /// SIGTERM, and SIGKILL 2 s later; the client a 504, or the end of an answer that had begun. A slow client takes
    /// nothing of it. After its answer a script may run so long too.
    public var timeout = Duration.seconds(60)
    /// Scripts of this handler that run at once, over all loops; default 32.
    public var processes = 32
    /// Requests that wait for one of those to end; default 256. More are a 503 with Retry-After.
    public var queue = 256
    /// How long they wait; default 10 s. Then 503.
    public var queueTimeout = Duration.seconds(10)
    /// Octets of chunked content, or of content for an `nph-` script, that are kept in a temporary file until all of it is
    /// there; default 64 MiB. Beyond it: 413. No more than that is kept either of an answer that comes before its script
    /// has all of the content. `Limits.body` counts as well.
    public var spoolLimit = 64 << 20
    /// How large the head of a script's answer may be; default 64 KiB and 200 fields. Beyond it: 502.
    public var heads = HeadLimits(fieldCount: 200)

    /// Variables that every script gets besides those of its request, which they replace where they have their names.
    public var environment: [String: String] = [:]
    /// Names of this process's variables that scripts get too, such as `LANG`. Default: none; PATH they always get.
    public var inheritedVariables: [String] = []
    /// DOCUMENT_ROOT, below which PATH_TRANSLATED lies; default nil: the folder of the scripts.
    public var documentRoot: String?
    /// Whether scripts see Authorization, as HTTP_AUTHORIZATION (RFC 3875 §9.2). Default false.
    public var passesAuthorization = false
    /// Whether the words of a query without "=" become arguments (RFC 3875 §4.4). Never for files with an interpreter, nor
    /// for one program, which might take them for options. Default true.
    public var passesSearchWords = true
    /// Whether symbolic links may lead out of the folder. Default false: what they lead to is a 404.
    public var followsLinks = false
    /// Whether names that begin with a dot are scripts like others. Default false: they are a 404.
    public var showsHidden = false

    /// The defaults.
    public init() {}
}
