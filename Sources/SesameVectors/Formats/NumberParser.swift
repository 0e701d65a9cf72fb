#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Reads decimal numbers as 32-bit floats, correctly rounded.
///
/// Up to 19 digits and a power of ten to 22 are exact in a 64-bit float's product or quotient (Clinger 1990); where that
/// lies right between two 32-bit floats, and for everything longer, the system's own parser decides.
package enum NumberParser {
    private static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
        1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]

    /// The finite number that `text` is as a whole, or nil.
    package static func parse(_ text: UnsafeBufferPointer<UInt8>) -> Float? {
        var index = 0
        var isNegative = false
        if index < text.count, text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+")
        {
            isNegative = text[index] == UInt8(ascii: "-")
            index += 1
        }
        var mantissa: UInt64 = 0
        var (digits, exponent) = (0, 0)
        var (hasPoint, hasDigit) = (false, false)
        while index < text.count {
            let byte = text[index]
            if byte &- 48 < 10 {
                hasDigit = true
                mantissa = mantissa &* 10 &+ UInt64(byte &- 48)
                if mantissa > 0 { digits += 1 }
                if hasPoint { exponent -= 1 }
            } else if byte == UInt8(ascii: "."), !hasPoint {
                hasPoint = true
            } else {
                break
            }
            index += 1
        }
        guard hasDigit else { return nil }
        if index < text.count {
            guard text[index] | 0x20 == UInt8(ascii: "e") else { return nil }
            index += 1
            var isSmall = false
            if index < text.count,
                text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+")
            {
                isSmall = text[index] == UInt8(ascii: "-")
                index += 1
            }
            guard index < text.count else { return nil }
            var power = 0
            while index < text.count {
                guard text[index] &- 48 < 10 else { return nil }
                power = min(power * 10 + Int(text[index] &- 48), 100_000)
                index += 1
            }
            exponent += isSmall ? -power : power
        }
        // 2^53 is beyond any 15 digits.
        guard digits <= 15, abs(exponent) <= 22 else { return slow(text) }
        let magnitude =
            exponent < 0
            ? Double(mantissa) / powers[-exponent] : Double(mantissa) * powers[exponent]
        // The 29 bits that a 32-bit float drops, right in the middle: which way to round is not known.
        if magnitude.bitPattern & 0x1FFF_FFFF == 0x1000_0000
            || magnitude != 0 && magnitude < Double(Float.leastNormalMagnitude)
        {
            return slow(text)
        }
        let value = Float(isNegative ? -magnitude : magnitude)
        return value.isFinite ? value : nil
    }

    private static func slow(_ text: UnsafeBufferPointer<UInt8>) -> Float? {
        guard let value = Float(String(decoding: text, as: UTF8.self)), value.isFinite else {
            return nil
        }
        return value
    }
}
