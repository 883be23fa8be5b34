import MartletReactor
public import MartletWire

extension Request {
    /// What the conditional fields, such as If-Match and If-None-Match, decide (RFC 9110 §13.2.2). Ask just before acting,
    /// when the answer would otherwise be a success.
    /// - Parameter current: what identifies the representation as it is now; nil when there is none.
    public func evaluateConditions(_ current: Validators?) -> PreconditionResult {
        let fields = fields
        guard fields.mayHaveConditions else { return .proceed }
        let ifMatch = fields.combinedValue(.ifMatch)
        let ifNoneMatch = fields.combinedValue(.ifNoneMatch)
        let ifModifiedSince = fields.combinedValue(.ifModifiedSince)
        let ifUnmodifiedSince = fields.combinedValue(.ifUnmodifiedSince)
        return Preconditions.evaluate(
            method: method,
            ifMatch: ifMatch?.span,
            ifNoneMatch: ifNoneMatch?.span,
            ifModifiedSince: ifModifiedSince?.span,
            ifUnmodifiedSince: ifUnmodifiedSince?.span,
            current: current,
            now: WallClock.seconds()
        )
    }
}
