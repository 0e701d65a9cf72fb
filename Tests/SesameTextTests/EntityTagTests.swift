import SesameText
import Testing

/// What tags mean, by conlleval's rules, and how schemes turn into each other.
struct EntityTagTests {
    static func tags(_ text: String) -> [String] {
        text.split(separator: " ").map { tag in
            // "bP" is short for B-P.
            tag == "O" ? "O" : "\(tag.first?.uppercased() ?? "")-\(tag.dropFirst())"
        }
    }

    struct Case: Sendable {
        let tags: String
        let spans: String
    }

    @Test(arguments: [
        Case(tags: "bP iP O bL", spans: "P0-2 L3-4"),
        Case(tags: "bP bP iP", spans: "P0-1 P1-3"),
        // Broken BIO: I without B begins; I of another type begins anew.
        Case(tags: "O iP iP O", spans: "P1-3"),
        Case(tags: "iP", spans: "P0-1"),
        Case(tags: "bP iL iL", spans: "P0-1 L1-3"),
        Case(tags: "bP iP iL bL iP", spans: "P0-2 L2-3 L3-4 P4-5"),
        // IO and IOB1: B only where two of one type meet.
        Case(tags: "iP iP bP iP O iP", spans: "P0-2 P2-4 P5-6"),
        Case(tags: "iP iL iL O iL", spans: "P0-1 L1-3 L4-5"),
        // BIOES, whole and broken.
        Case(tags: "bP eP sL O sL sL", spans: "P0-2 L2-3 L4-5 L5-6"),
        Case(tags: "bP iP eP iP O", spans: "P0-3 P3-4"),
        Case(tags: "eP eP", spans: "P0-1 P1-2"),
        Case(tags: "O eP iP sP iP", spans: "P1-2 P2-3 P3-4 P4-5"),
        Case(tags: "bP sL iL", spans: "P0-1 L1-2 L2-3"),
        Case(tags: "bP iP", spans: "P0-2"), Case(tags: "O O", spans: ""),
        Case(tags: "", spans: ""),
        // BILOU's letters.
        Case(tags: "bP lP uL", spans: "P0-2 L2-3"),
    ])
    func spansAreConllevals(_ row: Case) {
        let spans = EntitySpan.spans(of: Self.tags(row.tags))
        let text = spans.map { "\($0.type)\($0.words.lowerBound)-\($0.words.upperBound)" }
            .joined(separator: " ")
        #expect(text == row.spans)
    }

    @Test(arguments: [
        ("iP iP O iL", "bP iP O bL", "bP eP O sL"),
        ("bP bP iP O", "bP bP iP O", "sP bP eP O"),
        ("iP iP bP iP iP", "bP iP bP iP iP", "bP eP bP iP eP"),
    ])
    func schemesTurnIntoEachOther(_ given: String, _ bio: String, _ bioes: String) {
        for text in [given, bio, bioes] {
            #expect(TaggingScheme.bio.converted(Self.tags(text)) == Self.tags(bio))
            #expect(TaggingScheme.bioes.converted(Self.tags(text)) == Self.tags(bioes))
        }
    }

    @Test func ioKeepsTheTypes() {
        #expect(
            TaggingScheme.io.converted(Self.tags("bP bP iP O sL")) == Self.tags("iP iP iP O iL"))
    }

    @Test func whatASchemeAllows() {
        let tags: [String?] = [nil, "O", "B-P", "I-P", "E-P", "S-P", "B-L", "I-L", "E-L", "S-L"]
        for before in tags {
            for after in tags {
                // A sequence is sound where conversion leaves it as it is.
                let sentence = [before, after].compactMap { $0 }
                guard sentence.count == 2 else { continue }
                let isSound = TaggingScheme.bio.converted(sentence) == sentence
                let letters = sentence.allSatisfy { !"ES".contains($0.first ?? " ") }
                if letters, sentence[0].first != "I" {
                    #expect(TaggingScheme.bio.allows(after, after: before) == isSound)
                }
            }
        }
        #expect(!TaggingScheme.bio.allows("I-P", after: nil))
        #expect(TaggingScheme.bio.allows(nil, after: "B-P"))
        #expect(!TaggingScheme.bioes.allows(nil, after: "B-P"))
        #expect(!TaggingScheme.bioes.allows("E-P", after: nil))
        #expect(TaggingScheme.bioes.allows("E-P", after: "B-P"))
        #expect(!TaggingScheme.bioes.allows("E-L", after: "B-P"))
        #expect(!TaggingScheme.bioes.allows("O", after: "I-P"))
        #expect(TaggingScheme.bioes.allows("S-P", after: "E-P"))
        #expect(TaggingScheme.io.allows("I-P", after: nil))
    }

    @Test func otherTagsAreNoEntities() {
        for tag in ["O", "NN", "B", "B-", "X-PER", "", "-"] { #expect(EntityTag(tag) == nil) }
        #expect(EntityTag("B-a-b")?.type == "a-b")
    }
}
