/// Where the points of a map lie on the page, and their labels, without overlaps as far as there is room.
///
/// Points are taken in the order given, the most important first. A label goes to the first of twenty-four places around its
/// point that is free: right, left, above, below, between these, and then farther away with a line that leads there. A point that finds none keeps its
/// dot alone.
package struct WordMapLayout {
    /// A label's place: its point's index, where its text begins and its base line; and, where it lies farther away, the
    /// end of the line that leads to it.
    package struct Label {
        package let point: Int
        package let x: Double
        package let y: Double
        package let leader: (x: Double, y: Double)?
    }

    package static let width = 960.0
    package static let height = 720.0
    private static let margin = 24.0
    package static let fontSize = 11.0
    private static let reach = 5.0

    private struct Box {
        var x: Double
        var y: Double
        var width: Double
        var height: Double

        func meets(_ other: Box) -> Bool {
            x < other.x + other.width && other.x < x + width && y < other.y + other.height
                && other.y < y + height
        }

        var isOnPage: Bool {
            x >= 2 && y >= 2 && x + width <= WordMapLayout.width - 2
                && y + height <= WordMapLayout.height - 2
        }
    }

    /// The points on the page.
    package let places: [(x: Double, y: Double)]
    /// The labels that found room.
    package let labels: [Label]

    /// - Parameter points: Labels and places in any units; both axes are scaled alike.
    package init(_ points: [(label: String, x: Double, y: Double)]) {
        let finite = points.filter { $0.x.isFinite && $0.y.isFinite }
        let (left, right) = (finite.map(\.x).min() ?? 0, finite.map(\.x).max() ?? 0)
        let (low, high) = (finite.map(\.y).min() ?? 0, finite.map(\.y).max() ?? 0)
        let innerWidth = Self.width - 2 * Self.margin - 60
        let innerHeight = Self.height - 2 * Self.margin
        let scale = min(
            innerWidth / max(right - left, 1e-12), innerHeight / max(high - low, 1e-12))
        places = points.map { point in
            guard point.x.isFinite, point.y.isFinite, right > left || high > low else {
                return (Self.width / 2, Self.height / 2)
            }
            return (
                Self.width / 2 + (point.x - (left + right) / 2) * scale,
                Self.height / 2 - (point.y - (low + high) / 2) * scale
            )
        }
        var taken = Grid()
        for (index, place) in places.enumerated() {
            taken.add(Box(x: place.x - 3, y: place.y - 3, width: 6, height: 6), owner: index)
        }
        var labels: [Label] = []
        for (index, place) in places.enumerated() {
            let width = ChartLayout.textWidth(points[index].label) * Self.fontSize / 13 + 3
            let candidates = Self.candidates(place, (width, Self.fontSize))
            let found = candidates.firstIndex { box in
                box.isOnPage && !taken.meets(box, except: index)
            }
            guard let found else { continue }
            let box = candidates[found]
            taken.add(box, owner: -1)
            let near = (
                min(max(place.x, box.x), box.x + box.width),
                min(max(place.y, box.y), box.y + box.height)
            )
            labels.append(
                Label(
                    point: index, x: box.x, y: box.y + box.height - 2.5,
                    leader: found < candidates.count / 3 ? nil : near))
        }
        self.labels = labels
    }

    private static func candidates(
        _ place: (x: Double, y: Double), _ size: (width: Double, height: Double)
    ) -> [Box] {
        [1.0, 2.4, 4.0].flatMap { factor -> [Box] in
            let reach = reach * factor
            let (right, left) = (place.x + reach, place.x - reach - size.width)
            let middle = (place.x - size.width / 2, place.y - size.height / 2)
            let (above, below) = (place.y - reach - size.height, place.y + reach)
            return [
                (right, middle.1), (left, middle.1), (middle.0, above), (middle.0, below),
                (right, above), (right, below), (left, above), (left, below),
            ].map { Box(x: $0.0, y: $0.1, width: size.width, height: size.height) }
        }
    }

    /// Boxes by the cells of the page that they touch, so that few are looked at.
    private struct Grid {
        private struct Cell: Hashable {
            let x: Int
            let y: Int
        }

        private static let size = 48.0
        private var cells: [Cell: [(box: Box, owner: Int)]] = [:]

        private func touched(_ box: Box) -> [Cell] {
            let columns = Int(box.x / Self.size)...Int((box.x + box.width) / Self.size)
            let rows = Int(box.y / Self.size)...Int((box.y + box.height) / Self.size)
            return columns.flatMap { x in rows.map { Cell(x: x, y: $0) } }
        }

        mutating func add(_ box: Box, owner: Int) {
            for cell in touched(box) { cells[cell, default: []].append((box, owner)) }
        }

        func meets(_ box: Box, except owner: Int) -> Bool {
            touched(box).contains { cell in
                cells[cell]?.contains { $0.owner != owner && $0.box.meets(box) } ?? false
            }
        }
    }
}
