import CSesameKernels
import Testing

extension KernelTests {
    /// The word2vec kernels against the same algorithm in Double, centre by centre.
    @Suite struct Word2Vec {
        struct Case: CustomStringConvertible, Sendable {
            var cbow = false
            var shared = true
            var negatives = 5
            var window = 3
            var hasParts = false
            var block = 16

            var description: String {
                "\(cbow ? "cbow" : "skip-gram") \(shared ? "shared" : "exact") "
                    + (negatives == 0 ? "tree" : "\(negatives) negatives")
                    + " window \(window)\(hasParts ? " parts" : "") blocks of \(block)"
            }
        }

        static let cases: [Case] = [false, true].flatMap { cbow in
            [true, false].flatMap { shared in
                [
                    Case(cbow: cbow, shared: shared),
                    Case(cbow: cbow, shared: shared, negatives: 1, window: 1),
                    Case(cbow: cbow, shared: shared, negatives: 12, window: 2),
                    Case(cbow: cbow, shared: shared, negatives: 0),
                    Case(cbow: cbow, shared: shared, negatives: 4, hasParts: true),
                    // Windows that reach beyond the blocks beside theirs.
                    Case(cbow: cbow, shared: shared, window: 7, block: 2),
                    Case(cbow: cbow, shared: shared, window: 7, hasParts: true, block: 2),
                ]
            }
        }

        @Test(arguments: cases)
        func agreesWithDouble(_ option: Case) {
            let before = sesame_thread_count()
            sesame_set_thread_count(1)
            defer { sesame_set_thread_count(before) }
            var problem = Word2VecProblem(
                cbow: option.cbow, shared: option.shared, negatives: option.negatives,
                window: option.window, hasParts: option.hasParts)
            problem.block = option.block
            var reference = problem.reference
            let expected = reference.train()
            withEachISA { isa in
                let (input, output, sums) = problem.train()
                let label = "\(option) \(isaName(isa))"
                expectClose(
                    input, reference.input, absolute: 2e-6, relative: 2e-6, label + " input")
                expectClose(
                    output, reference.output, absolute: 2e-6, relative: 2e-6, label + " output")
                #expect(sums.map(\.pairs) == expected.map(\.pairs), "\(label)")
                #expect(sums.map(\.words) == expected.map(\.words), "\(label)")
                for (sum, reference) in zip(sums, expected) {
                    #expect(abs(sum.loss - reference.loss) < 1e-5 * reference.loss, "\(label)")
                }
            }
        }

        /// Of one pair, the step is the loss's gradient (central differences in Double) times the rate.
        @Test(arguments: [false, true], [0, 5])
        func stepsAlongTheGradient(cbow: Bool, negatives: Int) {
            var problem = Word2VecProblem(
                cbow: cbow, shared: true, negatives: negatives, window: 1, hasParts: false)
            problem.ids = [3, 7 | SESAME_SENTENCE_END]
            problem.offsets = [0, 2]
            problem.rates = [1]
            problem.keep = problem.keep.map { _ in .max }
            let reference = problem.reference
            // The first centre's update alone, from the reference; the kernel agrees with it above.
            var stepped = reference
            stepped.stopsAfterFirstCentre = true
            _ = stepped.train()
            func loss(_ change: (inout Word2VecReference) -> Void) -> Double {
                var copy = reference
                change(&copy)
                copy.stopsAfterFirstCentre = true
                return copy.train()[0].loss
            }
            let step = 1e-5
            // The words of the text, some others, and the nodes of the words' paths.
            let places = 0..<70 * Word2VecProblem.stride
            for place in places {
                let slope =
                    (loss { $0.input[place] += step } - loss { $0.input[place] -= step })
                    / (2 * step)
                #expect(abs(reference.input[place] - slope - stepped.input[place]) < 1e-8)
            }
            for place in places {
                let slope =
                    (loss { $0.output[place] += step } - loss { $0.output[place] -= step })
                    / (2 * step)
                #expect(abs(reference.output[place] - slope - stepped.output[place]) < 1e-8)
            }
        }

        @Test(arguments: [false, true], [false, true])
        func sameBitsFromAnyNumberOfThreads(cbow: Bool, hasParts: Bool) {
            let problem = Word2VecProblem(
                cbow: cbow, shared: false, negatives: 5, window: 5, hasParts: hasParts,
                length: 4000)
            expectSameBits { problem.train().input }
            expectSameBits { problem.train().output }
        }

        /// Words far beyond the sigmoid's range neither overflow nor lose their cost.
        @Test func keepsLargeScoresFinite() {
            // Threads that share the tables write as they please; the reference has one.
            let before = sesame_thread_count()
            sesame_set_thread_count(1)
            defer { sesame_set_thread_count(before) }
            var problem = Word2VecProblem(
                cbow: false, shared: true, negatives: 2, window: 1, hasParts: false)
            problem.input = problem.input.map { $0 * 400 }
            problem.output = problem.output.map { $0 * 400 }
            var reference = problem.reference
            let expected = reference.train()
            withEachISA { _ in
                let (input, _, sums) = problem.train()
                #expect(input.allSatisfy { $0.isFinite })
                for (sum, reference) in zip(sums, expected) {
                    #expect(abs(sum.loss - reference.loss) < 1e-3 * reference.loss)
                }
            }
        }
    }
}
