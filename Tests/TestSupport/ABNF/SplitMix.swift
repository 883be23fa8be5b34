/// Random numbers that a seed repeats (SplitMix64).
public struct SplitMix: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Begins the sequence that `seed` stands for.
    public init(seed: UInt64) {
        state = seed
    }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// True once in `count` times.
    public mutating func chance(_ count: Int) -> Bool {
        next() % UInt64(count) == 0
    }

    /// A number below `count`, which is at least 1.
    public mutating func below(_ count: Int) -> Int {
        Int(next() % UInt64(count))
    }

    /// One of `choices`, of which there are some.
    public mutating func pick<Choice>(_ choices: [Choice]) -> Choice {
        choices[below(choices.count)]
    }
}
