import ArgumentParser

extension ConfigurableCommand {
    /// What `--experimental-dump-help` says of this command, and besides `verbs`, what it says of others, and `site`, the keys
    /// of one: what the manual pages are made from.
    static func dump(verbs: [any ParsableCommand.Type]) -> String {
        let own = _dumpHelp()
        let others = verbs.map { $0._dumpHelp() }.joined(separator: ", ")
        let site = site.map { ", \"site\" : \($0._dumpHelp())" } ?? ""
        return "\(own[..<(own.lastIndex(of: "}") ?? own.endIndex)]), \"verbs\" : [\(others)]\(site)}"
    }
}
