public import HTTPTypes
public import MartletWire

extension Request {
    /// Sends an interim response ahead of the answer (RFC 9110 §15.2), such as 103 Early Hints (RFC 8297), so that a
    /// browser fetches the style sheet while the page is still being made:
    ///
    /// ```swift
    /// var hints = Fields()
    /// hints.append(.link, "</style.css>; rel=preload; as=style")
    /// request.sendInterim(.earlyHints, hints)
    /// ```
    /// Can be called any number of times and from any thread, by handlers that run in a task. Nothing is sent to an
    /// HTTP/1.0 client, which would not understand it, nor once the answer was given. 100 is sent by the first read of
    /// the content and 101 by an upgrade; those and final statuses send nothing here.
    public func sendInterim(_ status: HTTPResponse.Status, _ fields: Fields) {
        guard (102...199).contains(status.code), received.head.version != .http1_0 else { return }
        guard let connection = received.connection?.connection else { return }
        connection.sendInterim(status, fields, of: received.exchange)
    }
}

extension Request {
    /// Sends `100 Continue`: for a gateway that heard it from the server behind it. Reading the content does it too, where
    /// nothing has come of it and the client waits.
    package func sendContinue() {
        guard received.head.version != .http1_0, let connection = received.connection?.connection else { return }
        connection.sendContinue(of: received.exchange)
    }
}

extension Connection {
    fileprivate func sendContinue(of number: UInt64) {
        guard loop.isCurrent else {
            loop.execute { [self] in sendContinue(of: number) }
            return
        }
        guard number == exchangeNumber, phase == .responding, output.pendingBytes < Output.highWater else { return }
        exchange?.awaitsContinue = false
        sendContinue()
    }

    fileprivate func sendInterim(_ status: HTTPResponse.Status, _ fields: Fields, of number: UInt64) {
        guard loop.isCurrent else {
            loop.execute { [self] in sendInterim(status, fields, of: number) }
            return
        }
        guard number == exchangeNumber, phase == .responding, output.pendingBytes < Output.highWater else { return }
        output.takeBuffer(from: &loop.buffers)
        ResponseHead.append(status, fields.without(Worker.ownFields + [.upgrade]), to: &output.bytes)
        requestTurn()
    }
}

extension HTTPField.Name {
    /// Link (RFC 8288 §3).
    public static let link = HTTPField.Name("Link")!  // A literal token.
}
