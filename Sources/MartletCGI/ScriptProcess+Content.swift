import Glibc
import Martlet
import MartletReactor

/// The request's content on its way to the script.
extension ScriptProcess {
    /// Gives the script octets that are here already, and the end behind them.
    func give(_ octets: [UInt8]) {
        beginUpload { [self] in _ = try await write(octets) }
    }

    /// Gives the script the request's content as it comes.
    /// - Parameter length: of all of it.
    func give(_ body: RequestBody, length: Int) {
        beginUpload { [self] in
            var chunks = body.makeAsyncIterator()
            var rest = length
            while rest > 0 {
                awaitsClient = true
                expectProgress()
                let chunk = try await chunks.next()
                awaitsClient = false
                expectProgress()
                guard let chunk else { throw ContentMissing() }
                rest -= chunk.count
                // A script need not read everything, nor anything.
                guard try await write(chunk) else { return }
            }
        }
    }

    private func beginUpload(_ operation: @escaping () async throws -> Void) {
        isUploading = true
        let work = UncheckedWork(operation)
        let task = Task.immediate(executorPreference: loop) { [self] in
            var failed: (any Error)?
            do {
                try await work.operation()
            } catch {
                failed = error
            }
            uploadEnded(failed)
        }
        if isUploading { upload = task }
    }

    private func uploadEnded(_ error: (any Error)?) {
        isUploading = false
        awaitsClient = false
        upload = nil
        input.close(on: loop)
        if let error, !isFinished, !isGivenUp, failure == nil { terminate(error) }
        settler.take()?.resume()
        expectProgress()
    }

    /// The script gets no more of the content.
    func endUpload() {
        guard isUploading, !isGivenUp else { return }
        isGivenUp = true
        input.close(on: loop)
        writer.take()?.resume(throwing: UploadGivenUp())
        upload?.cancel()
        settler.take()?.resume()
    }

    /// An answer that is there does not wait for content that the client has not sent yet and that nobody reads.
    func endUnreadUpload() {
        guard settler != nil, awaitsClient, !input.isOpen || input.isHungUp else { return }
        endUpload()
    }

    /// Writes all octets, waiting for the script to take them.
    /// - Returns: false when it takes no more.
    private func write(_ octets: [UInt8]) async throws -> Bool {
        var offset = 0
        while offset < octets.count {
            guard input.isOpen else { return false }
            guard input.isReady else {
                try await withCheckedThrowingContinuation { writer = Waiter($0) }
                continue
            }
            let fd = input.fd
            let result = unsafe octets.span.extracting(offset...).withUnsafeBytes { octets in
                unsafe Glibc.write(fd, octets.baseAddress, octets.count)
            }
            if result > 0 {
                offset += result
                expectProgress()
            } else if result < 0, errno == EAGAIN {
                input.isReady = false
            } else if result < 0, errno == EINTR {
                continue
            } else {
                return false  // EPIPE: it has closed its input, or ended.
            }
        }
        return true
    }
}

/// Carries what is done on the loop into a task that runs there.
private struct UncheckedWork: @unchecked Sendable {
    let operation: () async throws -> Void

    init(_ operation: @escaping () async throws -> Void) {
        self.operation = operation
    }
}

/// The script does not get the rest of its content.
private struct UploadGivenUp: Error {}

/// Somebody before the handler, such as middleware, has read content that was to be passed on.
private struct ContentMissing: Error, CustomStringConvertible {
    var description: String { "the content was read before the script could get it" }
}
