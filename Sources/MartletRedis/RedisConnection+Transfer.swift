import MartletReactor

/// Octets in and out.
extension RedisConnection {
    /// Room for what is received at once.
    private static let receiveSize = 16 * 1024

    /// Sends what waits, as far as the kernel takes it. A connection that is lost is found out by who receives.
    func flush() {
        guard let socket = link?.socket else { return }
        while outputOffset < output.count {
            let waiting = output  // Its octets are looked at where nobody can change them.
            switch socket.send(waiting.span.extracting(outputOffset..<waiting.count)) {
            case .count(let count):
                outputOffset += count
            case .wouldBlock, .end:
                output.removeFirst(outputOffset)
                outputOffset = 0
                return
            case .failed(let code):
                return ended(SystemError.text(of: code))
            }
        }
        output.removeAll(keepingCapacity: output.count <= Self.receiveSize)
        outputOffset = 0
    }

    /// Receives all that is there, and takes the answers in it.
    func receive() {
        input.grow(toCapacity: Self.receiveSize)
        while let link {
            switch link.socket.receive(into: &input) {
            case .count: readAnswers(of: link)
            case .wouldBlock: return
            case .end: ended("closed by the server")
            case .failed(let code): ended(SystemError.text(of: code))
            }
        }
    }

    /// Takes the answers, unless one of them ends the connection.
    private func readAnswers(of link: Link) {
        var octets = ReceiveBuffer()
        swap(&octets, &input)
        var offset = 0
        do throws(RESPError) {
            while self.link?.registration == link.registration,
                let value = try reader.next(octets.bytes, offset: &offset)
            {
                take(value)
            }
        } catch {
            lose(.malformed("Redis at \(address.description) sent what is no answer: \(error.reason)."))
        }
        dropAnswered()
        octets.removeAll()
        swap(&octets, &input)
    }
}
