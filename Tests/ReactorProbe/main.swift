// What must not happen inside the test process, because it concerns the whole of a process: limits, signals.
// Each probe prints what it saw; ReactorProbeTests knows what that should be.

import Glibc
import MartletReactor

// What the process that started this one left open would be in the way of counting.
for fd in 3..<CInt(1024) { close(fd) }

let arguments = CommandLine.arguments
switch arguments.count > 1 ? arguments[1] : "" {
case "out-of-descriptors": try probeOutOfDescriptors()
case "no-spare": try probeNoSpare()
case "interrupted": try probeInterrupted()
case "processors": print(Processors.available)
case "broken-pipe": try probeBrokenPipe()
default: print("which probe?")
}
