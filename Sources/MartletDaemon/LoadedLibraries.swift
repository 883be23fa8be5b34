import Glibc

/// The shared libraries of this process, which a successor's loader has to find again.
package enum LoadedLibraries {
    /// The folders that they are in, as the kernel has them (/proc/self/maps); empty where /proc is missing.
    package static var folders: Set<String> {
        guard let maps = unsafe fopen("/proc/self/maps", "re") else { return [] }
        defer { unsafe fclose(maps) }
        var found: Set<String> = []
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { unsafe free(line) }
        while unsafe getline(&line, &capacity, maps) > 0, let text = unsafe line {
            // "7f..-7f.. r-xp 00000000 08:01 123   /usr/lib/libc.so.6"
            let entry = unsafe String(cString: text)
            guard let start = entry.firstIndex(of: "/"), let end = entry.lastIndex(of: "/"),
                entry[end...].contains(".so")
            else { continue }
            found.insert(String(entry[start..<end]))
        }
        return found
    }
}
