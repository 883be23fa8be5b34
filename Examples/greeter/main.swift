// A server that one leaves running: greeter start, greeter status, greeter stop; greeter --help tells the rest.
import Martlet
import MartletService

Server.main(abstract: "Greets whoever asks.", port: 8000, connects: false) {
    Route("/") { _ in .text("Hello, world!\n") }
    Route("/:name") { request in .text("Hello, \(request.parameters["name"] ?? "you")!\n") }
}
