public import MartletWire

/// What the client would rather have (RFC 9110 §12.5). An answer that depends on it says so: `Vary: Accept` or
/// `Vary: Accept-Language`.
extension Request {
    /// Whether the client takes `mediaType`, by its Accept field; true when it sent none.
    public func accepts(_ mediaType: MediaType) -> Bool {
        let fields = fields
        let field = fields.combinedValue(.accept)
        return Accept.quality(of: mediaType, in: field?.span) > 0
    }

    /// The one of `offered` that the client wants most, the first among equals; nil when it takes none: 406 then, or
    /// whatever there is (RFC 9110 §12.4.1).
    public func preferredType(of offered: [MediaType]) -> MediaType? {
        let fields = fields
        let field = fields.combinedValue(.accept)
        var best: (mediaType: MediaType, quality: Int)?
        for mediaType in offered {
            let quality = Accept.quality(of: mediaType, in: field?.span)
            if quality > best?.quality ?? 0 { best = (mediaType, quality) }
        }
        return best?.mediaType
    }

    /// The one of `offered`, language tags such as `de` and `pt-BR`, that the client wants most; nil when it wants none:
    /// answer in your own language then. See `AcceptLanguage.best`.
    public func preferredLanguage(of offered: [String]) -> String? {
        let fields = fields
        let field = fields.combinedValue(.acceptLanguage)
        return AcceptLanguage.best(of: offered, in: field?.span)
    }
}
