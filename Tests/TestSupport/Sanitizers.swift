import Glibc
public import Testing

/// Sanitizers take memory of their own, and handle traps themselves.
public let isSanitized = unsafe dlsym(nil, "__tsan_init") != nil || dlsym(nil, "__asan_init") != nil

extension TimeLimitTrait.Duration {
    /// The longest that a test may take. All begin at once and few run at once, so that this holds for the whole run.
    public static var patient: Self { .minutes(isSanitized ? 30 : 20) }
}
