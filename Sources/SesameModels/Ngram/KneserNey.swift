/// The discounts of Kneser-Ney smoothing.
///
/// From the numbers n₁ … n₄ of n-grams that are counted once … four times, Y = n₁ / (n₁ + 2n₂) and
/// Dᵣ = r − (r + 1) · Y · nᵣ₊₁ / nᵣ for r = 1, 2, 3; the original form takes Y from every count.
///
/// Source: Chen and Goodman 1999, An empirical study of smoothing techniques for language modeling,
/// section 4.1, https://doi.org/10.1006/csla.1999.0128; Kneser and Ney 1995.
enum KneserNey {
    /// Where counts of counts do not tell, as for the characters of a text, which are all frequent.
    static let fallback = [0.5, 1, 1.5]

    static func discounts(for counts: [Int32], smoothing: NgramSmoothing) -> [Double] {
        var numbers = [0, 0, 0, 0, 0]
        for count in counts where (1...4).contains(count) { numbers[Int(count)] += 1 }
        guard numbers[1] > 0, numbers[2] > 0 else {
            return smoothing == .modified ? fallback : [0.5, 0.5, 0.5]
        }
        let once = Double(numbers[1])
        let share = once / (once + 2 * Double(numbers[2]))
        guard smoothing == .modified else { return [share, share, share] }
        var result: [Double] = []
        for r in 1...3 {
            let discount =
                Double(r) - Double(r + 1) * share * Double(numbers[r + 1]) / Double(numbers[r])
            guard discount.isFinite, (0...Double(r)).contains(discount) else { return fallback }
            result.append(discount)
        }
        return result
    }
}
