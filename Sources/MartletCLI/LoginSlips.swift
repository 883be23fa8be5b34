#if TLS
    import MartletAuth
    import MartletService

    extension AuthOptions {
        /// What is registered as a method (RFC 9110 §9, RFC 5789, WebDAV and what stands beside it).
        private static let methods: [String] = """
            ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT CONNECT COPY DELETE GET HEAD LABEL LINK LOCK MERGE MKACTIVITY
            MKCALENDAR MKCOL MKREDIRECTREF MKWORKSPACE MOVE OPTIONS ORDERPATCH PATCH POST PROPFIND PROPPATCH PUT QUERY
            REBIND REPORT SEARCH TRACE UNBIND UNCHECKOUT UNLINK UNLOCK UPDATE UPDATEREDIRECTREF VERSION-CONTROL
            """.split(whereSeparator: \.isWhitespace).map(String.init)

        /// The rules of `--auth-rule`.
        /// - Throws: for what is nearly a method, too: a rule about no request leaves open what it should close.
        func rules() throws(AuthError) -> AccessRules {
            var rules: [AccessRule] = []
            for text in authRule {
                let rule = try AccessRule(text)
                for name in rule.methodNames.sorted() where !Self.methods.contains(name) {
                    let isAll = name == "ALL" || name == "ANY"
                    guard let meant = isAll ? "*" : Suggestion.nearest(to: name, of: Self.methods) else { continue }
                    throw AuthError("The rule \"\(rule.text)\": no method is called \(name). Is \(meant) meant?")
                }
                rules.append(rule)
            }
            return try AccessRules(rules)
        }

        /// What in the files and rules lets in nobody, or not whom it names, in sentences. Of what cannot be read somebody
        /// has been told already.
        func slips() -> [String] {
            var warnings: [String] = []
            var users = Set(auth.map { text in String(text.prefix { $0 != ":" }) })
            var groups: Set<String> = []
            if let authFile, let file = try? PasswordFile(authFile, allowsPlain: authPlain) {
                users.formUnion(file.userNames)
                if file.userNames.isEmpty {
                    warnings.append("\(authFile) has no user. Add one: htpasswd -B \(authFile) USER")
                }
            }
            if let authDigests, let file = try? DigestFile(authDigests) {
                let names = file.users(realm: realm, algorithms: algorithms)
                users.formUnion(names)
                if names.isEmpty { warnings.append(uselessness(of: file, authDigests)) }
            }
            if let authTokens, let file = try? TokenFile(authTokens) {
                users.formUnion(file.userNames)
                groups.formUnion(file.scopes)
                if file.userNames.isEmpty { warnings.append("\(authTokens) has no token.") }
            }
            if let authGroups, let file = try? UserGroups(file: authGroups) {
                groups.formUnion(file.names)
                if file.names.isEmpty { warnings.append("nobody is in a group of \(authGroups).") }
            }
            return warnings + authRule.flatMap { Self.slips(in: $0, users, groups) }
        }

        /// Why nobody can log in with a file of digests.
        private func uselessness(of file: DigestFile, _ path: String) -> String {
            let realms = file.realms.sorted()
            guard let first = realms.first else { return "\(path) has no user." }
            guard realms.contains(realm) else {
                return
                    "\(path) has no line for the realm '\(Banner.printable(realm))', so nobody can log in by Digest. "
                    + "Name that of the lines: --auth-realm '\(Banner.printable(first))'"
            }
            let hasOld = !file.users(realm: realm, algorithms: [.md5]).isEmpty
            return "\(path) has no line of SHA-256 for the realm '\(Banner.printable(realm))', so nobody can log in by "
                + "Digest. Add such lines\(hasOld ? ", or --auth-md5 for those of MD5" : "")."
        }

        /// What a rule names that there is not.
        private static func slips(in text: String, _ users: Set<String>, _ groups: Set<String>) -> [String] {
            guard let rule = try? AccessRule(text) else { return [] }
            func meant(_ name: String, _ names: Set<String>) -> String {
                Suggestion.nearest(to: name, of: names.sorted()).map { " Is \($0) meant?" } ?? ""
            }
            let place = "the rule \"\(rule.text)\""
            var warnings = rule.methodNames.subtracting(methods).sorted().map { "\(place): no method is called \($0)." }
            guard case .some(let named, let inGroups) = rule.subject else { return warnings }
            for name in named.subtracting(users).sorted() {
                warnings.append("\(place): no user is called \(name).\(meant(name, users))")
            }
            for name in inGroups.subtracting(groups).sorted() {
                warnings.append("\(place): no group or scope of anybody is called \(name).\(meant(name, groups))")
            }
            return warnings
        }
    }
#endif
