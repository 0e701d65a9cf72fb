#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Numbers as people read them; the same in every locale.
package enum NumberText {
    /// A fixed count of decimals: `fixed(2.3026, 2)` is "2.30".
    package static func fixed(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite else { return nonFinite(value) }
        let text = format("%.*f", Int32(decimals), value)
        // A small negative number rounds to zero, which has no sign.
        return text.allSatisfy { "-0.".contains($0) } && text.hasPrefix("-")
            ? String(text.dropFirst()) : text
    }

    /// As many decimals as a number of this size needs: four digits that count, no trailing zeros,
    /// and powers of ten outside 0.0001 ..< 1,000,000.
    /// - Parameter aligned: Keeps the trailing zeros, for columns of numbers.
    package static func short(
        _ value: Double, digits: Int = 4, aligned: Bool = false
    ) -> String {
        guard value.isFinite else { return nonFinite(value) }
        guard value != 0 else { return "0" }
        let exponent = Int(log10(abs(value)).rounded(.down))
        if exponent < -4 || exponent >= 6 {
            var mantissa = value / pow(10, Double(exponent))
            var power = exponent
            if abs(mantissa) >= 10 { (mantissa, power) = (mantissa / 10, power + 1) }
            let digitsText = trimmed(fixed(mantissa, digits - 1))
            return "\(digitsText == "1" ? "" : digitsText + "×")10\(superscript(power))"
        }
        let full = fixed(value, max(0, digits - 1 - exponent))
        let text = aligned ? full : trimmed(full)
        return abs(value) >= 1000 ? grouped(text) : text
    }

    /// A share as a percentage with one decimal: "87.1 %".
    package static func percent(_ value: Double, decimals: Int = 1) -> String {
        value.isFinite ? fixed(value * 100, decimals) + " %" : nonFinite(value)
    }

    /// Groups of three digits: 1115394 is "1,115,394".
    package static func grouped(_ value: some BinaryInteger) -> String { grouped("\(value)") }

    /// A fixed count of decimals, with groups of three digits before them.
    package static func grouped(_ value: Double, decimals: Int) -> String {
        value.isFinite ? grouped(fixed(value, decimals)) : nonFinite(value)
    }

    /// A count with at most three digits and a letter: "18.3k", "942", "1.2M".
    package static func counted(_ value: Double) -> String {
        guard value.isFinite else { return nonFinite(value) }
        for (limit, unit) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] where abs(value) >= limit * 0.9995
        {
            let scaled = value / limit
            return trimmed(fixed(scaled, abs(scaled) < 99.95 ? 1 : 0)) + unit
        }
        return trimmed(fixed(value, abs(value) < 99.95 ? 1 : 0))
    }

    /// A size in bytes, KB or MB (powers of ten).
    package static func bytes(_ count: Int) -> String {
        switch count {
        case 999_950...: "\(trimmed(fixed(Double(count) / 1e6, count < 99_950_000 ? 1 : 0))) MB"
        case 1000...: "\(trimmed(fixed(Double(count) / 1e3, count < 99_950 ? 1 : 0))) KB"
        default: "\(count) bytes"
        }
    }

    /// A length of time: "0.4 s", "3 min 20 s", "2 h 05 min".
    package static func duration(seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e12 else { return "?" }
        let whole = Int(seconds.rounded())
        switch whole {
        case ..<10: return "\(fixed(seconds, 1)) s"
        case ..<60: return "\(whole) s"
        case ..<3600: return "\(whole / 60) min \(whole % 60) s"
        default:
            let minutes = whole / 60 % 60
            return "\(whole / 3600) h \(minutes < 10 ? "0" : "")\(minutes) min"
        }
    }

    /// Without the zeros, and the point, at the end of a decimal fraction.
    package static func trimmed(_ text: String) -> String {
        guard text.contains(".") else { return text }
        var text = Substring(text)
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return String(text)
    }

    private static func grouped(_ text: String) -> String {
        let parts = text.split(separator: ".", maxSplits: 1)
        let digits = parts.first.map { $0.drop { $0 == "-" } } ?? ""
        var result = text.hasPrefix("-") ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { result.append(",") }
            result.append(digit)
        }
        return parts.count > 1 ? "\(result).\(parts[1])" : result
    }

    private static func superscript(_ number: Int) -> String {
        let digits = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
        return String("\(number)".map { $0 == "-" ? "⁻" : digits[$0.wholeNumberValue ?? 0] })
    }

    private static func nonFinite(_ value: Double) -> String {
        value.isNaN ? "not a number" : value > 0 ? "∞" : "−∞"
    }

    private static func format(_ format: String, _ arguments: any CVarArg...) -> String {
        var buffer = [CChar](repeating: 0, count: 400)
        let length = withVaList(arguments) { vsnprintf(&buffer, buffer.count, format, $0) }
        return String(
            decoding: buffer.prefix(min(max(Int(length), 0), 399)).map { UInt8(bitPattern: $0) },
            as: UTF8.self)
    }
}
