import Testing

@testable import MartletReactor

@Suite("ReceiveBuffer")
struct ReceiveBufferTests {
    /// Fills as a socket would that has `incoming` to deliver; what was taken.
    private func fill(_ buffer: inout ReceiveBuffer, from incoming: [UInt8]) -> Int {
        unsafe buffer.fill { free in
            let count = min(free.count, incoming.count)
            for index in 0..<count { unsafe free[index] = incoming[index] }
            return (count, count)
        }
    }

    @Test(
        "holds what a plain array holds, whatever is received, consumed and grown",
        arguments: 1...8 as ClosedRange<UInt64>
    )
    func model(seed: UInt64) {
        var generator = SeededGenerator(state: seed)
        var buffer = ReceiveBuffer(capacity: Int.random(in: 0..<64, using: &generator))
        var model: [UInt8] = []
        var next: UInt8 = 0
        for step in 0..<4000 {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<4:
                let incoming = (0..<Int.random(in: 0..<40, using: &generator)).map { next &+ UInt8($0) }
                let room = buffer.room
                let taken = fill(&buffer, from: incoming)
                model += incoming[..<taken]
                next &+= UInt8(taken)
                if room > 0, !incoming.isEmpty, taken == 0 {
                    Issue.record("step \(step): room for \(room), took nothing")
                    return
                }
            case 4..<8:
                let count = Int.random(in: 0...model.count, using: &generator)
                buffer.consume(count)
                model.removeFirst(count)
            case 8:
                let capacity = min(Int.random(in: 0..<20, using: &generator) + buffer.capacity - 10, 300)
                let before = buffer.capacity
                buffer.grow(toCapacity: capacity)
                if buffer.capacity != max(before, capacity) {
                    Issue.record("step \(step): \(buffer.capacity)")
                    return
                }
            default:
                guard Int.random(in: 0..<20, using: &generator) == 0 else { continue }
                buffer.removeAll()
                model = []
            }
            guard buffer.octets == model, buffer.count == model.count, buffer.isEmpty == model.isEmpty,
                buffer.room == buffer.capacity - model.count
            else {
                Issue.record("step \(step): \(buffer.octets) instead of \(model)")
                return
            }
        }
    }

    @Test("offers all its room at once: who receives less takes it that the kernel has no more")
    func wholeRoom() {
        var buffer = ReceiveBuffer(capacity: 8)
        #expect(fill(&buffer, from: Array("abcdef".utf8)) == 6)
        buffer.consume(4)
        #expect(buffer.room == 6)
        #expect(fill(&buffer, from: Array("ghijklmn".utf8)) == 6)
        #expect(buffer.text == "efghijkl")
    }

    @Test("moves its contents to the front when there is no room behind them")
    func compaction() {
        var buffer = ReceiveBuffer(capacity: 8)
        #expect(fill(&buffer, from: Array("abcdefgh".utf8)) == 8)
        #expect(buffer.room == 0)
        #expect(fill(&buffer, from: [0]) == 0)
        buffer.consume(5)
        #expect(fill(&buffer, from: Array("ijklmnop".utf8)) == 5)
        #expect(buffer.text == "fghijklm")
    }

    @Test("a copy does not see what the original receives later")
    func value() {
        var buffer = ReceiveBuffer(capacity: 8)
        _ = fill(&buffer, from: [1, 2, 3])
        let copy = buffer
        buffer.consume(1)
        _ = fill(&buffer, from: [4])
        #expect(copy.octets == [1, 2, 3])
        #expect(buffer.octets == [2, 3, 4])
    }
}

@Suite("BufferPool")
struct BufferPoolTests {
    @Test("what is given back is empty when it is taken again")
    func empty() {
        var pool = BufferPool()
        var received = pool.takeReceiveBuffer()
        #expect(received.capacity == BufferPool.bufferSize)
        unsafe received.fill { _ in (5, ()) }
        pool.give(received)
        let receivedAgain = pool.takeReceiveBuffer()
        #expect(receivedAgain.isEmpty)
        #expect(receivedAgain.room == BufferPool.bufferSize)
        var sent = pool.takeSendBuffer()
        #expect(sent.capacity >= BufferPool.bufferSize)
        sent += [1, 2, 3]
        pool.give(sent)
        let sentAgain = pool.takeSendBuffer()
        #expect(sentAgain.isEmpty)
        #expect(sentAgain.capacity >= BufferPool.bufferSize)
    }

    @Test("buffers of an unusual size are not kept, so that every one taken has the usual room")
    func unusualSizes() {
        var pool = BufferPool()
        var grown = pool.takeReceiveBuffer()
        grown.grow(toCapacity: 1_000_000)
        pool.give(grown)
        #expect(pool.takeReceiveBuffer().capacity == BufferPool.bufferSize)
        pool.give([])
        #expect(pool.takeSendBuffer().capacity >= BufferPool.bufferSize)
        var large: [UInt8] = []
        large.reserveCapacity(1_000_000)
        pool.give(large)
        #expect(pool.takeSendBuffer().capacity <= BufferPool.keptCapacity)
    }

    @Test("buffers that are out at once are distinct, new ones and those given back before")
    func distinct() {
        var pool = BufferPool()
        let received = [pool.takeReceiveBuffer(), pool.takeReceiveBuffer(), pool.takeReceiveBuffer()]
        let sent = [pool.takeSendBuffer(), pool.takeSendBuffer(), pool.takeSendBuffer()]
        let receivedAddresses = Set(received.map(\.address))
        let sentAddresses = Set(sent.map(\.address))
        #expect(receivedAddresses.count == 3)
        #expect(sentAddresses.count == 3)
        for buffer in received { pool.give(buffer) }
        for buffer in sent { pool.give(buffer) }
        let receivedAgain = [pool.takeReceiveBuffer(), pool.takeReceiveBuffer(), pool.takeReceiveBuffer()]
        let sentAgain = [pool.takeSendBuffer(), pool.takeSendBuffer(), pool.takeSendBuffer()]
        #expect(Set(receivedAgain.map(\.address)) == receivedAddresses)
        #expect(Set(sentAgain.map(\.address)) == sentAddresses)
        #expect(pool.keptBuffers == (0, 0))
        // All are out: a fourth is new.
        #expect(!receivedAddresses.contains(pool.takeReceiveBuffer().address))
        #expect(!sentAddresses.contains(pool.takeSendBuffer().address))
    }

    @Test("a buffer that grew is not kept")
    func grown() {
        var pool = BufferPool()
        var received = pool.takeReceiveBuffer()
        received.grow(toCapacity: BufferPool.bufferSize + 1)
        pool.give(received)
        var sent = pool.takeSendBuffer()
        sent += [UInt8](repeating: 0, count: BufferPool.keptCapacity + 1)
        pool.give(sent)
        #expect(pool.keptBuffers == (0, 0))
    }

    @Test("a buffer without room that is given back leaves the one that is kept where it is")
    func withoutRoom() {
        var pool = BufferPool()
        let received = pool.takeReceiveBuffer()
        let sent = pool.takeSendBuffer()
        pool.give(received)
        pool.give(sent)
        pool.give(ReceiveBuffer())
        pool.give([UInt8]())
        #expect(pool.keptBuffers == (1, 1))
        #expect(pool.takeReceiveBuffer().address == received.address)
        #expect(pool.takeSendBuffer().address == sent.address)
    }

    @Test("no more than a fixed count is kept")
    func bounds() {
        var pool = BufferPool()
        for _ in 0..<1000 {
            pool.give(ReceiveBuffer(capacity: BufferPool.bufferSize))
            pool.give([UInt8](repeating: 0, count: BufferPool.bufferSize))
        }
        #expect(pool.keptBuffers.received == BufferPool.keptCount)
        #expect(pool.keptBuffers.sent == BufferPool.keptCount)
    }
}

extension ReceiveBuffer {
    /// Where its storage is; it stays there while nothing is written.
    fileprivate var address: UInt { storage.address }
}

extension [UInt8] {
    fileprivate var address: UInt {
        unsafe withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
    }
}
