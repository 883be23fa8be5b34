import MartletWire

extension Listing {
    /// What the page needs of a Content-Security-Policy: no script, nothing from elsewhere, one style element, and its
    /// icons, which are `data:` URIs.
    public static let contentSecurityPolicy =
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"

    /// The listing as an HTML page, `text/html; charset=utf-8`, that needs no script and no other resource.
    ///
    /// Every link is relative to the directory, whose URI must end in a slash, and is percent-encoded byte by byte.
    /// No name, whatever its bytes, can end the attribute or the element it is in.
    public func html() -> [UInt8] {
        var page: [UInt8] = []
        page.reserveCapacity(ListingMarkup.head.utf8.count + 1_024 + entries.count * 256)
        page.append(contentsOf: ListingMarkup.start.utf8)
        for segment in path {
            VisibleName.append(segment, to: &page, marked: false)
            page.append(UInt8(ascii: "/"))
        }
        page.append("</title>\n")
        page.append(contentsOf: ListingMarkup.head.utf8)
        appendBreadcrumb(to: &page)
        appendSummary(to: &page)
        appendTable(to: &page)
        appendPageLinks(to: &page)
        page.append("</main>\n")
        if !serverName.isEmpty {
            page.append("<footer>")
            VisibleName.append(Array(serverName.utf8), to: &page, marked: false)
            page.append("</footer>\n")
        }
        page.append("</body>\n</html>\n")
        return page
    }

    /// Every directory above this one as a link, then this one's name as the heading.
    private func appendBreadcrumb(to page: inout [UInt8]) {
        if !path.isEmpty {
            page.append("<nav aria-label=\"Breadcrumb\">\n<ol>\n<li><a href=\"")
            appendReference(toAncestor: path.count, to: &page)
            page.append("\">Home</a></li>\n")
            for (index, segment) in path.dropLast().enumerated() {
                page.append("<li><a href=\"")
                appendReference(toAncestor: path.count - 1 - index, to: &page)
                page.append("\"><bdi>")
                VisibleName.append(segment, to: &page)
                page.append("</bdi></a></li>\n")
            }
            page.append("</ol>\n</nav>\n")
        }
        page.append("<h1><bdi>")
        VisibleName.append(path.last ?? Array("Home".utf8), to: &page)
        page.append("</bdi></h1>\n")
    }

    /// The directory so many levels above this one.
    private func appendReference(toAncestor height: Int, to page: inout [UInt8]) {
        for _ in 0..<height {
            page.append("../")
        }
    }

    /// How much there is: `2 folders, 3 files, 1.5 MB`, or of a directory of several pages, `1,000 of 25,000 entries`.
    private func appendSummary(to page: inout [UInt8]) {
        page.append("<p>")
        if isWhole {
            appendContents(to: &page)
        } else if let total {
            page.appendGrouped(entries.count)
            page.append(" of ")
            page.appendCount(total, " entry", " entries")
        } else {
            page.appendCount(entries.count, " entry", " entries")
            page.append(" on this page")
        }
        page.append("</p>\n")
    }

    /// What a directory of one page holds: `2 folders, 3 files, 1.5 MB, 1 other`.
    private func appendContents(to page: inout [UInt8]) {
        let folders = entries.count { $0.kind == .directory }
        let files = entries.count { $0.kind == .file }
        let others = entries.count - folders - files
        var separator = ""
        for (count, singular, plural) in [(folders, " folder", " folders"), (files, " file", " files")] where count > 0
        {
            page.append(contentsOf: separator.utf8)
            page.appendCount(count, singular, plural)
            separator = ", "
        }
        if files > 0 {
            page.append(contentsOf: separator.utf8)
            FileSize.append(totalSize, to: &page)
        }
        if others > 0 {
            page.append(contentsOf: separator.utf8)
            page.appendCount(others, " other", " others")
        }
        if entries.isEmpty {
            page.append("This folder is empty.")
        }
    }

    private var totalSize: Int {
        entries.reduce(0) { sum, entry in
            let (result, overflow) = sum.addingReportingOverflow(entry.kind == .file ? max(entry.size, 0) : 0)
            return overflow ? Int.max : result
        }
    }

    private func appendTable(to page: inout [UInt8]) {
        guard !entries.isEmpty || hasParent else {
            return
        }
        page.append("<table>\n<thead>\n<tr>\n")
        for property in ListingOrder.Property.allCases {
            appendHeader(property, to: &page)
        }
        page.append("</tr>\n</thead>\n<tbody>\n")
        if hasParent {
            page.append(contentsOf: ListingMarkup.parentRow.utf8)
        }
        var times = TimeElements()
        for entry in entries {
            ListingMarkup.appendRow(entry, &times, to: &page)
        }
        page.append("</tbody>\n</table>\n")
    }

    /// A column's header, which is a link that sorts by it, or turns the order round where it is sorted by already.
    private func appendHeader(_ property: ListingOrder.Property, to page: inout [UInt8]) {
        let isCurrent = query.order.property == property
        let isAscending = query.order.direction == .ascending
        // People who sort by size or date look for the biggest and the newest.
        let direction: ListingOrder.Direction =
            (isCurrent ? isAscending : property != .name) ? .descending : .ascending
        page.append("<th scope=\"col\"")
        if isCurrent {
            page.append(" aria-sort=\"")
            page.append(contentsOf: (isAscending ? "ascending\"" : "descending\"").utf8)
        }
        page.append("><a rel=\"nofollow\" href=\"./")
        ListingQuery(order: ListingOrder(property, direction)).append(to: &page, separator: "&amp;")
        switch property {
        case .name: page.append("\">Name</a></th>\n")
        case .size: page.append("\">Size</a></th>\n")
        case .date: page.append("\">Modified <small>UTC</small></a></th>\n")
        }
    }

    private func appendPageLinks(to page: inout [UInt8]) {
        guard !isWhole else {
            return
        }
        page.append("<nav class=\"pages\" aria-label=\"Pages\">\n")
        if query.after != nil {
            page.append("<a rel=\"nofollow\" href=\"./")
            ListingQuery(order: query.order).append(to: &page, separator: "&amp;")
            page.append("\">First page</a>\n")
        }
        if let next {
            page.append("<a rel=\"next nofollow\" href=\"./")
            next.append(to: &page, separator: "&amp;")
            page.append("\">Next page</a>\n")
        }
        page.append("</nav>\n")
    }
}

extension [UInt8] {
    /// Appends a number and the word for it.
    fileprivate mutating func appendCount(_ number: Int, _ singular: String, _ plural: String) {
        appendGrouped(number)
        append(contentsOf: (number == 1 ? singular : plural).utf8)
    }
}
