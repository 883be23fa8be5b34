import CMartlet
import Glibc

/// The machine's processors.
public enum Processors {
    /// How many the process may run on (sched_getaffinity(2), as `taskset` and containers set it); at least 1.
    public static var available: Int {
        let count = cm_processors()
        return count > 0 ? Int(count) : max(1, sysconf(CInt(_SC_NPROCESSORS_ONLN)))
    }
}

/// The limit of open descriptors.
public enum DescriptorLimit {
    /// Raises the process's limit as far as the system lets it.
    /// - Returns: the limit now in force.
    @discardableResult
    public static func raise() -> Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        if limit.rlim_cur < limit.rlim_max {
            var raised = rlimit(rlim_cur: limit.rlim_max, rlim_max: limit.rlim_max)
            if unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
        }
        return Int(clamping: limit.rlim_cur)
    }
}
