import HTTPTypes
import MartletWire

/// Pulls the chunks of a request's content through a decoder, as parts and their content are asked for.
final class MultipartReader {
    private enum State {
        case betweenParts
        /// In a part, which may have so many octets more.
        case content(Int)
        case end
        case failed(any Error)
    }

    private enum Event {
        case part(Multipart.Part)
        case data([UInt8])
        case partEnd
        case end
    }

    private var body: RequestBody.Iterator
    private var decoder: MultipartDecoder
    private let limits: MultipartLimits
    private var state = State.betweenParts
    private var chunk: [UInt8] = []
    private var offset = 0
    /// Octets received.
    private var received = 0
    /// The number of the part that was given last.
    private var partNumber = 0

    init(_ body: RequestBody, _ decoder: MultipartDecoder, _ limits: MultipartLimits) {
        self.body = body.makeAsyncIterator()
        self.decoder = decoder
        self.limits = limits
    }

    /// The next part, past what is left of this one; nil after the last.
    func nextPart() async throws -> Multipart.Part? {
        while true {
            switch try await next() {
            case .part(let part): return part
            case .data, .partEnd: continue
            case .end: return nil
            }
        }
    }

    /// The next chunk of a part's content; nil after the last.
    func nextChunk(of number: Int) async throws -> [UInt8]? {
        if case .failed(let error) = state { throw error }
        guard number == partNumber else { throw Multipart.Part.PassedPart() }
        guard case .content = state, case .data(let data) = try await next() else { return nil }
        return data
    }

    private func next() async throws -> Event {
        switch state {
        case .end: return .end
        case .failed(let error): throw error
        case .betweenParts, .content: break
        }
        do {
            return try await advance()
        } catch {
            let error = (error as? FormError).map { HTTPError($0) } ?? error
            state = .failed(error)
            throw error
        }
    }

    private func advance() async throws -> Event {
        while true {
            let input = chunk
            switch try decoder.next(input.span, offset: &offset) {
            case .needsInput:
                guard try await receive() else { throw FormError.missingEnd }
            case .part:
                partNumber += 1
                let part = try Multipart.Part(decoder.fields, Multipart.Part.Content(reader: self, number: partNumber))
                state = .content(part.isFile ? limits.file : limits.field)
                return .part(part)
            case .data(let range):
                return .data(try counted(range.count == input.count ? input : Array(input[range])))
            case .held(let octets):
                return .data(try counted(octets))
            case .partEnd:
                state = .betweenParts
                return .partEnd
            case .end:
                // The content ends where the framing says, not at the closing boundary (RFC 9110 §8.3.3).
                while try await receive() {}
                state = .end
                return .end
            }
        }
    }

    private func counted(_ data: [UInt8]) throws(HTTPError) -> [UInt8] {
        guard case .content(let room) = state else { return data }
        guard data.count <= room else {
            throw HTTPError(.contentTooLarge, "A part of the form is longer than is allowed here.")
        }
        state = .content(room - data.count)
        return data
    }

    /// Receives the next chunk; false at the end of the content.
    private func receive() async throws -> Bool {
        chunk = []
        offset = 0
        guard let next = try await body.next() else { return false }
        guard next.count <= limits.total - received else { throw RequestBody.tooLarge(limits.total) }
        received += next.count
        chunk = next
        return true
    }
}
