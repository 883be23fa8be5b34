import Glibc
import MartletReactor

/// What the system says of this process, as far as it lets the process ask.
struct ProcessFigures {
    /// Processor time used, user and system together, in seconds.
    var cpuSeconds: Double?
    /// Octets of memory.
    var residentMemory: Int?
    var virtualMemory: Int?
    var openDescriptors: Int?
    var descriptorLimit: Int?

    /// When the process started, in seconds since 1970: read once, as early as possible, for a sandbox may forbid it later.
    static let startTime: Double? = readStartTime()

    init() {
        var usage = rusage()
        if unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            cpuSeconds = Self.seconds(usage.ru_utime) + Self.seconds(usage.ru_stime)
        }
        let pages = Self.contents(of: "/proc/self/statm").split(separator: " ").compactMap { Int($0) }
        if pages.count > 1 {
            let size = sysconf(CInt(_SC_PAGESIZE))
            virtualMemory = pages[0].multipliedReportingOverflow(by: size).partialValue
            residentMemory = pages[1].multipliedReportingOverflow(by: size).partialValue
        }
        openDescriptors = Self.countDescriptors()
        var limit = rlimit()
        if unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            descriptorLimit = Int(clamping: limit.rlim_cur)
        }
    }

    private static func seconds(_ time: timeval) -> Double {
        Double(time.tv_sec) + Double(time.tv_usec) / 1e6
    }

    /// Descriptors that are open, without the one that counts them.
    private static func countDescriptors() -> Int? {
        guard let folder = unsafe opendir("/proc/self/fd") else { return nil }
        defer { unsafe closedir(folder) }
        var count = 0
        while unsafe readdir(folder) != nil { count += 1 }
        return max(0, count - 3)
    }

    private static func readStartTime() -> Double? {
        // The name, in parentheses, may hold anything.
        let fields = contents(of: "/proc/self/stat").split(separator: ")").last?.split(separator: " ") ?? []
        let boot = contents(of: "/proc/stat").split(separator: "\n").first { $0.hasPrefix("btime ") }
        guard fields.count > 19, let ticks = Double(fields[19]), let boot, let start = Double(boot.dropFirst(6)) else {
            return nil
        }
        return start + ticks / Double(sysconf(CInt(_SC_CLK_TCK)))
    }

    /// The first 64 KiB of a small file of the system; empty when it cannot be read.
    private static func contents(of path: String) -> String {
        let fd = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return "" }
        defer { close(fd) }
        var octets = [UInt8](repeating: 0, count: 65536)
        let count = unsafe read(fd, &octets, octets.count)
        return String(decoding: octets.prefix(max(0, count)), as: UTF8.self)
    }
}
