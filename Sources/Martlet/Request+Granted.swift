/// What stands in front of authentication may let a request in by itself.
extension Request {
    /// Whether middleware in front has granted this request: by a signed URL, say. Authentication behind it then asks for
    /// no login. It says nothing of who sent the request, and is never taken from anything that was received.
    package var isGranted: Bool {
        get { self[GrantedKey.self] ?? false }
        set { self[GrantedKey.self] = newValue ? true : nil }
    }
}

private struct GrantedKey: RequestKey {
    typealias Value = Bool
}
