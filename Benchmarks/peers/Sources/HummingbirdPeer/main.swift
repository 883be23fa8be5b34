import Hummingbird
import Logging
import NIOPosix

// Hummingbird as the benchmark runs it, on one event loop: HummingbirdPeer hello|files|form PORT FOLDER

struct Message: Decodable {
    let name: String
    let email: String
    let city: String
    let subject: String
    let message: String
    let agree: String
}

/// Decodes a form that was sent; the default decodes JSON only.
struct FormContext: RequestContext {
    var coreContext: CoreRequestContextStorage

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
    }

    var requestDecoder: URLEncodedFormDecoder { URLEncodedFormDecoder() }
}

let arguments = CommandLine.arguments
guard arguments.count == 4, let port = Int(arguments[2]) else {
    fatalError("usage: HummingbirdPeer hello|files|form PORT FOLDER")
}
let router = Router(context: FormContext.self)
switch arguments[1] {
case "files": router.add(middleware: FileMiddleware(arguments[3]))
case "form":
    router.post("form") { request, context in
        let form = try await request.decode(as: Message.self, context: context)
        return "\(form.name): \(form.message)\n"
    }
default: router.get("hello") { _, _ in "Hello, world!\n" }
}
var logger = Logger(label: "peer")
logger.logLevel = .critical
let application = Application(
    router: router,
    configuration: .init(address: .hostname("127.0.0.1", port: port), serverName: "Hummingbird", backlog: 4096),
    eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup(numberOfThreads: 1)),
    logger: logger
)
try await application.runService()
