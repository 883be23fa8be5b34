// `micro CASE COUNT FOLDER` does one thing COUNT times: Benchmarks/micro.py counts what that takes. `micro` names the
// cases. FOLDER has the files that some of them ask for.

let arguments = CommandLine.arguments
let cases = Case.parts + Case.requests
if arguments.count == 1 {
    for each in cases { print(each.name) }
} else {
    guard arguments.count == 4, let count = Int(arguments[2]),
        let chosen = cases.first(where: { $0.name == arguments[1] })
    else { throw Failure("usage: micro [CASE COUNT FOLDER]") }
    let body = try chosen.prepare(arguments[3])
    // Called through a closure that the compiler cannot look into: nothing is moved out of the loop.
    for _ in 0..<count {
        guard try body() else { throw Failure("\(chosen.name) came to something else than it should") }
    }
}
