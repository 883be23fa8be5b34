import CMartlet
import Glibc
import MartletReactor

/// A program to run, with its arguments and its environment, as the system takes them.
struct ProcessImage: Sendable {
    /// The program: an absolute path.
    let executable: [UInt8]
    /// The arguments, the program's name first.
    let arguments: [[UInt8]]
    /// The folder it begins in: an absolute path.
    let folder: [UInt8]
    /// All variables it gets.
    let variables: [CGIVariables.Variable]

    /// Starts it in a process group of its own, by posix_spawn. It has three descriptors: these.
    /// - Parameter input: -1: nothing to be read.
    /// - Returns: its process id.
    func start(input: CInt, output: CInt, errors: CInt) throws(SystemError) -> CInt {
        var process: CInt = 0
        var block = StringBlock()
        for argument in arguments { block.append(argument) }
        var environment = StringBlock()
        for variable in variables { environment.append(variable) }
        let code = unsafe block.withPointers { arguments in
            unsafe environment.withPointers { environment in
                unsafe withCString(executable) { executable in
                    unsafe withCString(folder) { folder in
                        unsafe cm_spawn(
                            &process,
                            executable,
                            arguments,
                            environment,
                            input,
                            output,
                            errors,
                            nil,
                            0,
                            folder,
                            cm_group_own
                        )
                    }
                }
            }
        }
        guard code == 0 else { throw SystemError(code: code, operation: "start") }
        return process
    }
}

/// Strings one behind the other, each with a NUL: two allocations, however many they are.
private struct StringBlock {
    private var octets: [UInt8] = []
    private var starts: [Int] = []

    init() {
        octets.reserveCapacity(2048)
        starts.reserveCapacity(48)
    }

    mutating func append(_ string: [UInt8]) {
        starts.append(octets.count)
        octets += string
        octets.append(0)
    }

    mutating func append(_ variable: CGIVariables.Variable) {
        starts.append(octets.count)
        octets += variable.name.utf8
        octets.append(UInt8(ascii: "="))
        octets += variable.value
        octets.append(0)
    }

    mutating func withPointers(_ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> CInt) -> CInt {
        let starts = starts
        return unsafe octets.withUnsafeMutableBytes { octets in
            var pointers: [UnsafeMutablePointer<CChar>?] = unsafe starts.map { start in
                unsafe octets.baseAddress.map { unsafe ($0 + start).assumingMemoryBound(to: CChar.self) }
            }
            unsafe pointers.append(nil)
            return unsafe pointers.withUnsafeBufferPointer { pointers in
                guard let first = pointers.baseAddress else { return EINVAL }
                return unsafe body(first)
            }
        }
    }
}
