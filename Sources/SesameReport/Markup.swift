/// Writes markup that is well-formed as XML and as HTML; everything that comes from outside is escaped.
package struct Markup {
    /// What has been written so far.
    package private(set) var text = ""

    package init() {}

    /// An element with a body.
    package mutating func element(
        _ name: String, _ attributes: KeyValuePairs<String, String> = [:],
        _ body: (inout Markup) throws -> Void
    ) rethrows {
        start(name, attributes)
        text += ">\n"
        try body(&self)
        text += "</\(name)>\n"
    }

    /// An element that holds text alone, with no white space added.
    package mutating func leaf(
        _ name: String, _ attributes: KeyValuePairs<String, String>, _ content: String
    ) {
        start(name, attributes)
        text += ">\(Self.escaped(content))</\(name)>\n"
    }

    /// An element without attributes that holds text alone.
    package mutating func leaf(_ name: String, _ content: String) { leaf(name, [:], content) }

    /// An element without content.
    package mutating func empty(
        _ name: String, _ attributes: KeyValuePairs<String, String> = [:]
    ) {
        start(name, attributes)
        text += "/>\n"
    }

    /// Text between elements.
    package mutating func write(_ content: String) { text += Self.escaped(content) }

    /// Markup that is one already.
    package mutating func raw(_ markup: String) { text += markup }

    private mutating func start(_ name: String, _ attributes: KeyValuePairs<String, String>) {
        text += "<\(name)"
        for (name, value) in attributes { text += " \(name)=\"\(Self.escaped(value))\"" }
    }

    /// Text for between tags or within double quotes.
    ///
    /// Characters that XML does not allow appear as their control pictures (U+0007 as ␇) or as U+FFFD.
    package static func escaped(_ text: String) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\r": result += "&#13;"
            case "\t", "\n": result.unicodeScalars.append(scalar)
            case "\u{7F}": result += "\u{2421}"
            default:
                switch scalar.value {
                case ..<0x20:
                    result.unicodeScalars.append(
                        Unicode.Scalar(0x2400 + scalar.value) ?? "\u{FFFD}")
                case 0xFFFE, 0xFFFF: result += "\u{FFFD}"
                default: result.unicodeScalars.append(scalar)
                }
            }
        }
        return result
    }
}

extension Markup {
    /// A whole page in the reports' style, with what `body` writes as its main part.
    static func page(
        title: String, generator: String, body: (inout Markup) -> Void
    ) -> String {
        var page = Markup()
        page.raw("<!DOCTYPE html>\n")
        page.element("html", ["lang": "en"]) { page in
            page.element("head") { page in
                page.empty("meta", ["charset": "utf-8"])
                page.empty(
                    "meta",
                    ["name": "viewport", "content": "width=device-width, initial-scale=1"])
                page.empty("meta", ["name": "color-scheme", "content": "light dark"])
                page.empty("meta", ["name": "generator", "content": generator])
                page.leaf("title", title)
                page.raw("<style>\n\(ReportStyle.sheet)</style>\n")
            }
            page.element("body") { page in page.element("main", [:], body) }
        }
        return page.text
    }
}
