import Martlet
import MartletReactor

/// The loops of all servers that are observed, and what those counted that have ended.
final class ObservedLoops: Sendable {
    /// A loop that runs, or is about to.
    final class Member: Sendable {
        let loop: ObservedLoop
        /// Set once, before anybody else sees it; used on the loop's thread only.
        let statistics: Confined<LoopStatistics>

        init(_ loop: ObservedLoop, _ statistics: LoopStatistics) {
            self.loop = loop
            self.statistics = Confined(statistics)
        }
    }

    /// What is known of one loop.
    struct Knowledge: Sendable {
        let member: Member
        var figures = LoopFigures()
        var connections = LoopSample()
        /// How long its last answer took.
        var lag = Nanoseconds(count: 0)
        /// When it was asked first without an answer since.
        var asked: Instant?
        /// It will never answer: it has ended, though something holds on to what it was.
        var isGone = false
    }

    private struct State {
        var ended = Totals()
        var living: [Knowledge] = []
    }

    private let state = Locked(State())

    /// How long an answer is waited for.
    private static let patience = Nanoseconds(.milliseconds(500))

    // MARK: Loops come and go

    func add(_ loop: ObservedLoop) -> LoopStatistics {
        let ending = Ending()
        let statistics = LoopStatistics { [self] figures in end(ending.member, figures) }
        let member = Member(loop, statistics)
        ending.member = member
        state.withLock { $0.living.append(Knowledge(member: member)) }
        return statistics
    }

    /// Names the member that ends; set when both exist.
    private final class Ending {
        weak var member: Member?
    }

    private func end(_ member: Member?, _ figures: LoopFigures) {
        state.withLock { state in
            guard let index = state.living.firstIndex(where: { $0.member === member }) else { return }
            state.living.remove(at: index)
            state.ended.add(figures)
            state.ended.endActive()
        }
    }

    // MARK: Asking

    /// What all loops say; of one that does not answer soon, what it said last.
    func ask() async -> (totals: Totals, loops: [Knowledge]) {
        let now = Instant.now()
        let members = state.withLock { state in
            var members: [Member] = []
            for index in state.living.indices where !state.living[index].isGone {
                if let asked = state.living[index].asked {
                    // One that is stuck is not asked again and again: its inbox would grow.
                    if asked.duration(to: now).count > Self.patience.count { continue }
                } else {
                    state.living[index].asked = now
                }
                members.append(state.living[index].member)
            }
            return members
        }
        let round = Round()
        for member in members {
            let reply = round.expectReply { [self] in
                update(member) { loop in
                    loop.isGone = true
                    loop.asked = nil
                }
            }
            member.loop.sample { [self] sample in
                note(sample, of: member, askedAt: now)
                reply.give()
            }
        }
        await round.wait(atMost: Self.patience)
        return state.withLock { state in
            var totals = state.ended
            let now = Instant.now()
            for index in state.living.indices {
                totals.add(state.living[index].figures)
                if let asked = state.living[index].asked { state.living[index].lag = asked.duration(to: now) }
            }
            return (totals, state.living.filter { !$0.isGone })
        }
    }

    private func note(_ sample: LoopSample, of member: Member, askedAt asked: Instant) {
        let figures = member.statistics.value.figures
        let lag = asked.duration(to: .now())
        update(member) { loop in
            loop.figures = figures
            loop.connections = sample
            loop.lag = lag
            loop.asked = nil
        }
    }

    /// Notes something of a loop, unless it has ended meanwhile.
    private func update(_ member: Member, _ change: (inout Knowledge) -> Void) {
        state.withLock { state in
            guard let index = state.living.firstIndex(where: { $0.member === member }) else { return }
            change(&state.living[index])
        }
    }
}

/// A reference that only one thread uses, though others pass it on.
struct Confined<Value: AnyObject>: @unchecked Sendable {
    let value: Value

    init(_ value: Value) {
        self.value = value
    }
}
