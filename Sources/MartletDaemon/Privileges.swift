import CMartlet
import Glibc
import MartletReactor

/// A user of this machine, to become or to give files to.
package struct Account: Equatable, Sendable {
    /// The login name.
    package let name: String
    /// The user id.
    package let user: UInt32
    /// The id of the user's own group.
    package let group: UInt32

    /// The user of this name.
    /// - Throws: when there is none.
    package init(named name: String) throws(DaemonError) {
        var record = unsafe passwd()
        var buffer = [CChar](repeating: 0, count: 65_536)
        var found: UnsafeMutablePointer<passwd>?
        let code = unsafe getpwnam_r(name, &record, &buffer, buffer.count, &found)
        guard unsafe found != nil else {
            guard code == 0 || code == ENOENT else {
                throw DaemonError("\(SystemError(code: code, operation: "look up the user \(name)")).")
            }
            throw DaemonError(
                "There is no user \"\(name)\". Make one: "
                    + "useradd --system --no-create-home --shell /usr/sbin/nologin \(name)"
            )
        }
        self.name = name
        user = unsafe record.pw_uid
        group = unsafe record.pw_gid
    }
}

/// What the process may do by virtue of its user.
package enum Privileges {
    /// Whether the process may do everything.
    package static var isRoot: Bool { geteuid() == 0 }

    /// Makes the process one of `name`'s for good, and proves that there is no way back. Call it before there are other
    /// threads: what it forbids holds for the calling one and those it starts.
    /// - Throws: with the user and the remedy. The process may then be half of one user and half of another: end it.
    package static func drop(to name: String) throws(DaemonError) {
        let account = try Account(named: name)
        guard account.user != 0, account.group != 0 else {
            throw DaemonError("User \(name) is root, or of root's group. Choose one that is not.")
        }
        if isRoot {
            try become(account)
        } else if geteuid() != account.user {
            throw DaemonError("Only root can become user \(name). Start as root, or without naming a user.")
        }
        try call("forbid new privileges to user \(name)", cm_forbid_new_privileges())
        try call("clear the capabilities of user \(name)", cm_clear_capabilities())
        try prove(account)
        // The change of user has switched core dumps off, for a set-user-id program could hold what its caller must not
        // see. Here it is the same server, whose crash somebody wants to understand; nginx does the same.
        try call("allow core dumps of user \(name)", cm_allow_core_dumps())
    }

    private static func become(_ account: Account) throws(DaemonError) {
        // Groups first: without root's user id nobody can change them.
        try call("take the groups of user \(account.name)", unsafe cm_set_groups_of(account.name, account.group))
        try call("take the group of user \(account.name)", cm_set_group(account.group))
        try call("become user \(account.name)", cm_set_user(account.user))
    }

    private static func prove(_ account: Account) throws(DaemonError) {
        func demand(_ holds: Bool, _ what: String) throws(DaemonError) {
            guard !holds else { return }
            throw DaemonError("As user \(account.name), the process still \(what). Choose another user.")
        }
        try demand(setuid(0) != 0 && seteuid(0) != 0, "can become root again")
        try demand(setgid(0) != 0 && setegid(0) != 0, "can take root's group again")
        try demand(cm_is_user(account.user), "is partly another user")
        try demand(cm_is_group(account.group), "is partly of another group")
        var groups = [gid_t](repeating: 0, count: 65_536)
        let count = unsafe getgroups(CInt(groups.count), &groups)
        try demand(count >= 0 && !groups[..<Int(max(count, 0))].contains(0), "is a member of root's group")
        try demand(!cm_has_capability(), "has capabilities of root's")
    }

    private static func call(_ what: String, _ result: CInt) throws(DaemonError) {
        guard result != 0 else { return }
        throw DaemonError(
            "Cannot \(what): \(SystemError.text(of: errno)). Choose another user, or let the service manager."
        )
    }
}
