import HTTPTypes
public import MartletWire

extension Request {
    /// The cookies the client sent: `request.cookies["id"]`.
    public var cookies: Cookies { Cookies(fields[.cookie] ?? "") }

    /// The names and values of the query, decoded: `request.queryItems["page"]`. Malformed ones are read as browsers do.
    public var queryItems: QueryItems { QueryItems(query ?? "") }
}

extension Response {
    /// Lets the client keep a cookie: adds a `Set-Cookie` line. One for each name (RFC 6265 §4.1.1).
    ///
    /// An answer with cookies is for one user: give it a `Cache-Control` that says so, such as `no-store` or `private`.
    public mutating func setCookie(_ cookie: SetCookie) {
        fields.append(.setCookie, cookie.description)
    }
}
