#if TOML
    import CMartletTOML

    /// A text of TOML, as a flat list of what is in it.
    struct TOMLDocument {
        enum Kind {
            case table, array, string, integer, float, boolean, date
        }

        struct Node {
            let kind: Kind
            /// "" for what is in an array.
            let key: String
            /// As it is written on a command line; "" for tables and arrays.
            let text: String
            let line: Int
        }

        struct Failure: Error {
            let message: String
            let line: Int
            let column: Int
        }

        /// The first is the root.
        private let nodes: [Node]
        /// The places of what is in each.
        private let children: [[Int]]

        init(_ text: [UInt8]) throws(Failure) {
            let document = unsafe text.withUnsafeBufferPointer { unsafe cmtoml_read($0.baseAddress, $0.count) }
            defer { unsafe cmtoml_free(document) }
            var (line, column): (UInt32, UInt32) = (1, 1)
            let failure = unsafe cmtoml_error(document, &line, &column)
            if unsafe failure.octets != nil {
                let words = unsafe Self.text(failure).split(whereSeparator: \.isNewline).joined()
                throw Failure(message: Banner.printable(words), line: Int(line), column: Int(column))
            }
            let count = unsafe cmtoml_count(document)
            var nodes: [Node] = []
            var children = [[Int]](repeating: [], count: count)
            for place in 0..<count {
                let node = unsafe cmtoml_at(document, place)
                unsafe nodes.append(Self.node(node))
                if place != 0 { unsafe children[node.parent].append(place) }
            }
            self.nodes = nodes
            self.children = children
        }

        subscript(place: Int) -> Node { nodes[place] }

        /// The places of what is in the table or array at a place, in the order of the text.
        func children(of place: Int) -> [Int] {
            nodes[place].kind == .array ? children[place] : children[place].sorted { nodes[$0].line < nodes[$1].line }
        }

        private static func node(_ node: cmtoml_node) -> Node {
            let kind: Kind =
                switch unsafe node.kind {
                case CMTOML_TABLE: .table
                case CMTOML_ARRAY: .array
                case CMTOML_STRING: .string
                case CMTOML_INTEGER: .integer
                case CMTOML_FLOAT: .float
                case CMTOML_BOOLEAN: .boolean
                default: .date
                }
            return unsafe Node(
                kind: kind,
                key: text(node.key),
                text: text(node.value),
                line: Int(node.line)
            )
        }

        private static func text(_ text: cmtoml_text) -> String {
            unsafe String(decoding: UnsafeBufferPointer(start: text.octets, count: text.length), as: UTF8.self)
        }
    }
#endif
