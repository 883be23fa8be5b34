/// One thing whose cost is counted.
struct Case {
    let name: String
    /// Does what is not counted, given the folder with the files; returns what is: it says whether the outcome was right.
    let prepare: (_ folder: String) throws -> () throws -> Bool

    init(_ name: String, _ prepare: @escaping (_ folder: String) throws -> () throws -> Bool) {
        self.name = name
        self.prepare = prepare
    }
}

/// Why nothing was measured.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
