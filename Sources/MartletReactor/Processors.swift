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
