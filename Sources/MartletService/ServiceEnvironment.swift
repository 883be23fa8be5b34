import Glibc
import MartletDaemon

/// What a process learns about its own service from whoever started it. Read once, before there are threads.
struct ServiceEnvironment {
    /// The service manager, if there is one.
    let manager: NotifySocket
    /// Sockets to listen on.
    let inherited: [InheritedSocket]
    /// Who waits for the server to be ready.
    let starter: ReadySignal?
    /// What the server is called in the background; nil in the foreground.
    let background: BackgroundServer?

    /// - Throws: `Problem` when variables do not say what they must.
    init() throws {
        manager = NotifySocket()
        do {
            inherited = try InheritedSockets.fromEnvironment()
            starter = try ReadySignal.fromEnvironment()
            background = try BackgroundServer.fromEnvironment()
        } catch {
            throw Problem("\(error)")
        }
    }
}
