import SesameText
import Testing

/// Character and word vocabularies.
@Suite struct WholeTokenTrainerTests {
    @Test("Characters come most frequent first, ties by their bytes")
    func characters() throws {
        var trainer = try CharacterTrainer(specialTokens: .none)
        trainer.add("banana")
        trainer.add("中e\u{301}", count: 2)
        let vocabulary = try trainer.finish()
        #expect(vocabulary.tokens == ["a", "e\u{301}", "n", "中", "b"])
        #expect(vocabulary.counts == [3, 2, 2, 2, 1])
    }

    @Test("Special tokens come first; size and count are limits")
    func limits() throws {
        func words(_ minimumCount: Int, _ maximumSize: Int?) throws -> [String] {
            var trainer = try WordTrainer(minimumCount: minimumCount, maximumSize: maximumSize)
            trainer.add("one two two three three three, three")
            return try trainer.finish().tokens
        }
        let special = SpecialTokens.languageModel.all
        #expect(try words(1, nil) == special + ["three", "two", ",", "one"])
        #expect(try words(2, nil) == special + ["three", "two"])
        #expect(try words(1, 5) == special + ["three"])
        #expect(textError { _ = try words(10, nil) }?.code == .cannotTrain)
        #expect(textError { _ = try words(1, 4) }?.code == .cannotTrain)
    }

    @Test("A special token that is also a word is one entry")
    func specialWords() throws {
        var trainer = try WordTrainer(specialTokens: SpecialTokens(unknown: "unk"))
        trainer.add("unk a unk")
        let vocabulary = try trainer.finish()
        #expect(vocabulary.tokens == ["unk", "a"])
        #expect(vocabulary.counts == [2, 1])
    }

    @Test("Chinese, Japanese and Thai words come from dictionaries")
    func dictionaries() throws {
        for (text, word) in [("我喜欢学习", "喜欢"), ("東京都に行きます", "東京"), ("สวัสดีครับ", "สวัสดี")] {
            var trainer = try WordTrainer(specialTokens: .none)
            trainer.add(text)
            #expect(try trainer.finish().id(of: word) != nil, "\(word)")
        }
    }

    @Test("No text, no vocabulary")
    func empty() throws {
        let trainer = try CharacterTrainer()
        #expect(textError { _ = try trainer.finish() }?.code == .cannotTrain)
    }
}
