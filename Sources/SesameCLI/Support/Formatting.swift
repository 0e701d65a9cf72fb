#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension BinaryFloatingPoint {
    /// The number with a fixed count of decimals: `2.3026.fixed(2)` is "2.30".
    func fixed(_ decimals: Int) -> String {
        var buffer = [CChar](repeating: 0, count: 64)
        let length = withVaList([Int32(decimals), Double(self)]) {
            vsnprintf(&buffer, buffer.count, "%.*f", $0)
        }
        return String(
            decoding: buffer.prefix(Int(min(max(length, 0), 63))).map { UInt8(bitPattern: $0) },
            as: UTF8.self)
    }

    /// A rate or learning rate in as few digits as it takes: "0.001", "3e-05".
    var short: String {
        var buffer = [CChar](repeating: 0, count: 64)
        let length = withVaList([Double(self)]) { vsnprintf(&buffer, buffer.count, "%.4g", $0) }
        return String(
            decoding: buffer.prefix(Int(min(max(length, 0), 63))).map { UInt8(bitPattern: $0) },
            as: UTF8.self)
    }

    /// A share as a percentage with one decimal: `0.8712.percent` is "87.1 %".
    var percent: String { "\((Double(self) * 100).fixed(1)) %" }

    /// A speed with three digits: "18.3k", "942".
    var rate: String {
        switch Double(self) {
        case 999_500...: "\((Double(self) / 1_000_000).fixed(2))M"
        case 9_950...: "\((Double(self) / 1000).fixed(1))k"
        default: Double(self).fixed(0)
        }
    }
}

extension BinaryInteger {
    /// The number in groups of three digits: 1115394 is "1,115,394".
    var grouped: String {
        let digits = String(magnitude)
        var result = self < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0 && (digits.count - index).isMultiple(of: 3) { result.append(",") }
            result.append(digit)
        }
        return result
    }

    /// A size in bytes, KB, MB or GB (powers of ten).
    var byteSize: String {
        switch self {
        case 1_000_000_000...: "\((Double(self) / 1_000_000_000).fixed(1)) GB"
        case 10_000_000...: "\((Double(self) / 1_000_000).fixed(0)) MB"
        case 1_000_000...: "\((Double(self) / 1_000_000).fixed(1)) MB"
        case 1000...: "\((Double(self) / 1000).fixed(0)) KB"
        default: "\(self) B"
        }
    }

    /// "1 document", "12 documents".
    func counted(_ noun: String, _ plural: String? = nil) -> String {
        "\(grouped) \(self == 1 ? noun : plural ?? noun + "s")"
    }
}

extension Duration {
    /// The length in seconds.
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}

/// A length of time as people say it: "0.4 s", "12 s", "3 min 20 s", "2 h 05 min".
func spokenDuration(seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0 else { return "?" }
    let whole = Int(seconds.rounded())
    switch whole {
    case ..<10: return "\(seconds.fixed(1)) s"
    case ..<60: return "\(whole) s"
    case ..<3600: return "\(whole / 60) min \(whole % 60) s"
    default:
        let minutes = whole / 60 % 60
        return "\(whole / 3600) h \(minutes < 10 ? "0" : "")\(minutes) min"
    }
}
