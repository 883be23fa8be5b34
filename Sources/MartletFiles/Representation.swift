import HTTPTypes
import Martlet
import MartletReactor
import MartletWire

/// A file with all that an answer says of it whoever asks.
final class Representation {
    let file: OpenFile
    let type: String
    /// Whether it is of a type for which sidecars are looked for.
    let mayBeEncoded: Bool
    let validators: Validators
    /// The fields of an answer with content.
    private(set) lazy var fields = allFields()
    /// Those of a 304, which is to be short (RFC 9110 §15.4.5): the tag says more than the date.
    private(set) lazy var fieldsOfNotModified = metadata()
    /// The fields of the last 206 with one range, and their Content-Range.
    private var fieldsOfPart: Fields?
    private var contentRange: [UInt8] = []

    private let coding: String?
    private let freshness: FilesOptions.Freshness

    init(of file: OpenFile, type: String, coding: String?, _ freshness: FilesOptions.Freshness) {
        (self.file, self.type, self.coding, self.freshness) = (file, type, coding, freshness)
        mayBeEncoded = MediaType.isCompressible(type)
        // Never later than now (RFC 9110 §8.8.2.1).
        let lastModified = min(file.modifiedSeconds, WallClock.seconds())
        validators = Validators(entityTag: Self.entityTag(of: file), lastModified: lastModified)
    }

    /// The fields of a 206 with one range. Only their end differs from one to the next: it is written over.
    func fields(ofPart range: Range<Int>) -> Fields {
        if fieldsOfPart == nil {
            var fields = fields
            fields.append(.contentRange, "")
            fieldsOfPart = fields
        }
        contentRange.removeAll(keepingCapacity: true)
        MultipartRanges.appendContentRange(range, of: file.size, to: &contentRange)
        fieldsOfPart?.replaceLastValue(by: contentRange)
        return fieldsOfPart ?? fields
    }

    private func allFields() -> Fields {
        var fields = Fields()
        fields.reserveCapacity(bytes: 320, lines: 8)
        if let seconds = validators.lastModified {
            var date: [UInt8] = []
            date.reserveCapacity(29)
            HTTPDate.append(seconds, to: &date)
            fields.append(.lastModified, date)
        }
        appendMetadata(to: &fields)
        fields.append(.contentType, type)
        fields.append(.xContentTypeOptions, "nosniff")
        fields.append(.acceptRanges, "bytes")
        if let coding { fields.append(.contentEncoding, coding) }
        return fields
    }

    private func metadata() -> Fields {
        var fields = Fields()
        appendMetadata(to: &fields)
        return fields
    }

    private func appendMetadata(to fields: inout Fields) {
        if let tag = validators.entityTag {
            var text: [UInt8] = []
            text.reserveCapacity(64)
            tag.append(to: &text)
            fields.append(.eTag, text)
        }
        fields.append(.cacheControl, freshness.field)
        // Also without an encoding: a cache must know that the answer depends on what the client accepts.
        if mayBeEncoded { fields.append(.vary, "Accept-Encoding") }
    }

    /// Strong (RFC 9110 §8.8.1): inode, size and modification time in nanoseconds. The change time is added when it
    /// differs: unlike the modification time it cannot be set back.
    private static func entityTag(of file: OpenFile) -> EntityTag {
        var numbers = [UInt(file.inode), UInt(bitPattern: file.size), UInt(bitPattern: Int(file.modified))]
        if file.changed != file.modified { numbers.append(UInt(bitPattern: Int(file.changed &- file.modified))) }
        return EntityTag(strong: numbers)
    }
}
