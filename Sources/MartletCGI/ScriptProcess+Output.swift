import Glibc
import HTTPTypes
import Logging
import Martlet
import MartletReactor

/// Octets read at once.
private let pieceSize = 64 * 1024
/// How long the end of the output waits for that of the script, which may show that the output was cut.
private let farewell = Duration.seconds(1)

/// What the script writes: read when it is asked for, kept while its content is on the way, dropped when nobody wants it.
extension ScriptProcess: ScriptOutput {
    func next() async throws -> [UInt8]? {
        if let spooled = try held?.next() { return spooled }
        held = nil
        while true {
            if let failure { throw failure }
            guard output.isOpen else { break }
            guard output.isReady else {
                try await waitForOutput()
                continue
            }
            if let piece = try readOutput(), !piece.isEmpty { return piece }
        }
        try await sayFarewell()
        return nil
    }

    private func waitForOutput() async throws {
        try await withCheckedThrowingContinuation { continuation in
            reader = Waiter(continuation)
            expectProgress()
        }
        set(.none)
    }

    /// Reads once: nothing when nothing is there, nil at the end.
    private func readOutput() throws -> [UInt8]? {
        let fd = output.fd
        var piece: [UInt8] = []
        var result = 0
        var code: CInt = 0
        piece.append(addingCapacity: pieceSize) { free in
            unsafe free.withUnsafeMutableBufferPointer { free, initialized in
                repeat {
                    result = unsafe Glibc.read(fd, free.baseAddress, free.count)
                    code = errno
                } while result < 0 && code == EINTR
                initialized = max(0, result)
            }
        }
        if result > 0 {
            // It was all there is: that saves asking again.
            if result < pieceSize, !output.isHungUp { output.isReady = false }
            // A short piece need not keep all that room.
            return piece.count < 4096 ? Array(piece[...]) : piece
        }
        if result < 0, code == EAGAIN {
            output.isReady = false
            return []
        }
        closeOutput()
        return nil
    }

    /// The output has ended, and so has the script in a moment: what a signal ended was cut (RFC 3875 §6.4).
    private func sayFarewell() async throws {
        if end == nil, exit.isOpen, case .running = phase {
            awaitsEnd = true
            set(.farewell, after: farewell)
            defer { awaitsEnd = false }
            try await withCheckedThrowingContinuation { reader = Waiter($0) }
        }
        if let failure { throw failure }
        switch end {
        case nil: set(.departure, after: timeout)  // It goes on by itself.
        case .killed?: throw ScriptFailure("it \(endText)")
        case .exited(0)?, .unknown?: break
        case .exited?: logger.info("script \(name): it \(endText)")
        }
    }

    private var endText: String { end?.description ?? "still runs" }

    func settleContent() async throws {
        guard isUploading, failure == nil else { return }
        held = Spool(limit: spoolLimit)
        try await withCheckedThrowingContinuation { continuation in
            settler = Waiter(continuation)
            expectProgress()
            if output.isReady { holdOutput() }
            endUnreadUpload()
        }
        set(.none)
        if let failure { throw failure }
    }

    /// Keeps what it writes while it takes its content: else each would wait for the other.
    func holdOutput() {
        guard let held else { return }
        expectProgress()
        do {
            for _ in 0..<Self.readsPerTurn {
                guard output.isOpen, output.isReady else { return }
                // The rest of its content will not reach it: an answer matters more.
                guard held.hasRoom(for: pieceSize) else { return endUpload() }
                guard let piece = try readOutput() else { return }
                try held.append(piece)
            }
            requestTurn()
        } catch {
            logger.error("script \(name): its output cannot be kept: \(error)")
            terminate(ScriptFailure("its output cannot be kept", status: .internalServerError))
        }
    }

    func finish() {
        guard !isFinished, failure == nil else { return }
        isFinished = true
        endUpload()
        held = nil
        guard case .running = phase else { return }
        if end == nil || output.isOpen { set(.departure, after: timeout) }
        dropOutput()
    }

    func dropOutput() {
        guard output.isReady else { return }
        for _ in 0..<Self.readsPerTurn {
            guard output.isOpen, output.isReady else { return }
            _ = try? readOutput()
        }
        requestTurn()
    }

    private func requestTurn() {
        if let registration = output.registration { loop.requestTurn(registration) }
    }

    func cancel() {
        guard !isFinished else { return }
        terminate(CancellationError())
    }

    private func closeOutput() {
        output.close(on: loop)
        reapIfEnded()
    }
}
