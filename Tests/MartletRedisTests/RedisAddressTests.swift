import MartletReactor
import Testing

@testable import MartletRedis

@Suite("A server's URL says where it is and who wants in")
struct RedisAddressTests {
    @Test(
        "places",
        arguments: [
            ("redis://127.0.0.1", .address(.ipv4(0x7F00_0001, port: 6379)), "127.0.0.1:6379"),
            ("redis://[::1]:7000/", .address(.ipv6(0, 1, port: 7000, zone: 0)), "[::1]:7000"),
            ("cache.internal:7000", .name("cache.internal", port: 7000), "cache.internal:7000"),
            ("redis://cache/3", .name("cache", port: 6379), "cache:6379"),
            ("unix:/run/redis.sock", .address(.unix(path: "/run/redis.sock")), "unix:/run/redis.sock"),
        ] as [(String, RedisAddress.Place, String)]
    )
    func places(url: String, place: RedisAddress.Place, description: String) throws {
        let address = try RedisAddress(url)
        #expect(address.place == place)
        #expect(address.description == description)
        #expect(address.user == nil && address.password == nil)
    }

    @Test(
        "users, passwords and databases",
        arguments: [
            ("redis://:secret@h/0", nil, "secret", 0), ("redis://u:p@h", "u", "p", nil),
            ("redis://u:p%40%2F%3A@h:1/12", "u", "p@/:", 12), ("redis://u:a:b@h", "u", "a:b", nil),
            ("redis://:@h", nil, "", nil), ("redis://u:p@h/", "u", "p", nil),
        ] as [(String, String?, String, Int?)]
    )
    func credentials(url: String, user: String?, password: String, database: Int?) throws {
        let address = try RedisAddress(url)
        #expect(address.user == user)
        #expect(address.password == password)
        #expect(address.database == database)
        #expect(!address.description.contains("@"))
    }

    @Test(
        "what is none is told so, without its password",
        arguments: [
            ("http://h", "begins with redis:// or unix:"), ("rediss://u:secret@h", "TLS"),
            ("unix:run", "absolute path"),
            ("unix:/" + String(repeating: "a", count: 107), "107 octets"), ("redis://", "redis://user"),
            ("redis://h:0", "redis://user"), ("redis://h:70000", "redis://user"),
            ("redis://u:secret@/0", "redis://user"),
            ("redis://secret@h", ":password"), ("redis://u:secret%zz@h", "a % that stands for nothing"),
            ("redis://h/x", "number of its database"), ("redis://h/-1", "number of its database"),
            ("redis://h/0?secret=1", "number of its database"), ("", "redis://user"),
        ]
    )
    func refusals(url: String, part: String) {
        do {
            _ = try RedisAddress(url)
            Issue.record("accepted")
        } catch {
            #expect("\(error)".contains(part), "\(error)")
            #expect(!"\(error)".contains("secret"))
        }
    }
}
