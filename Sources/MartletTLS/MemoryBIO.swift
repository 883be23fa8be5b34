import CMartletOpenSSL

/// Octets that OpenSSL writes.
/// - Returns: nil when `body` returns anything but 1.
func octetsWritten(by body: (OpaquePointer) -> CInt) -> [UInt8]? {
    guard let bio = unsafe BIO_new(BIO_s_mem()) else { return nil }
    defer { unsafe BIO_free_all(bio) }
    guard unsafe body(bio) == 1 else { return nil }
    var octets = [UInt8](repeating: 0, count: unsafe BIO_ctrl_pending(bio))
    guard !octets.isEmpty else { return octets }
    let count = unsafe BIO_read(bio, &octets, CInt(clamping: octets.count))
    return count == octets.count ? octets : nil
}
