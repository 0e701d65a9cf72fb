/// Sequences longer than a model's positions, cut into windows that overlap.
package enum Windows {
    /// Windows of whole words.
    ///
    /// Each window takes as many words as have room; the next one begins with the last words of the one before it, as
    /// many as the overlap allows, and always brings a new word.
    /// - Parameters:
    ///   - sizes: How many pieces each word has, 1 to `room`.
    ///   - room: The most pieces of a window.
    ///   - overlap: The most pieces that neighbouring windows share.
    /// - Returns: Ranges of words that cover all of them; none where there are no words.
    package static func ofWords(sizes: [Int], room: Int, overlap: Int) -> [Range<Int>] {
        precondition(
            sizes.allSatisfy { (1...max(1, room)).contains($0) },
            "words of \(sizes.min() ?? 0) to \(sizes.max() ?? 0) pieces in windows of \(room)")
        var windows: [Range<Int>] = []
        var start = 0
        while start < sizes.count {
            var end = start
            var taken = 0
            while end < sizes.count, taken + sizes[end] <= room {
                taken += sizes[end]
                end += 1
            }
            windows.append(start..<end)
            guard end < sizes.count else { break }
            // The shared words leave room for the first one that is new.
            let most = min(overlap, room - sizes[end])
            var shared = 0
            start = end
            while shared + sizes[start - 1] <= most {
                start -= 1
                shared += sizes[start]
            }
        }
        return windows
    }

    /// Which of the windows sees most around a place: the one in which the smaller of what is before and behind it is
    /// largest, a longer window being a little better.
    ///
    /// Source: google-research/bert, run_squad.py, `_check_is_max_context`.
    /// - Parameters:
    ///   - windows: Ranges of one sequence.
    ///   - place: A place that one of them holds.
    package static func best(of windows: [Range<Int>], at place: Int) -> Int {
        var best: (window: Int, score: Double)?
        for (index, window) in windows.enumerated() where window.contains(place) {
            let around = min(place - window.lowerBound, window.upperBound - 1 - place)
            let score = Double(around) + 0.01 * Double(window.count)
            if best.map({ score > $0.score }) ?? true { best = (index, score) }
        }
        guard let best else { preconditionFailure("place \(place) is in none of \(windows)") }
        return best.window
    }
}
