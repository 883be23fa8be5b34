import Glibc

/// Sanitizers take memory of their own, and handle traps themselves.
public let isSanitized = unsafe dlsym(nil, "__tsan_init") != nil || dlsym(nil, "__asan_init") != nil
