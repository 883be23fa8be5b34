/// Collects routes: what stands in the braces of `Server`, `Router` and `Group`. `if`, `switch` and `for` work in it.
@resultBuilder
public enum RouterBuilder {
    /// A route.
    public static func buildExpression(_ route: Route) -> [Route] { [route] }
    /// The routes of a group.
    public static func buildExpression(_ group: Group) -> [Route] { group.routes }
    /// All routes of a block.
    public static func buildBlock(_ routes: [Route]...) -> [Route] { routes.flatMap { $0 } }
    /// The routes of an `if` without `else`.
    public static func buildOptional(_ routes: [Route]?) -> [Route] { routes ?? [] }
    /// The routes of one branch.
    public static func buildEither(first routes: [Route]) -> [Route] { routes }
    /// The routes of the other branch.
    public static func buildEither(second routes: [Route]) -> [Route] { routes }
    /// The routes of a `for`.
    public static func buildArray(_ routes: [[Route]]) -> [Route] { routes.flatMap { $0 } }
    /// The routes of an `if #available`.
    public static func buildLimitedAvailability(_ routes: [Route]) -> [Route] { routes }
}
