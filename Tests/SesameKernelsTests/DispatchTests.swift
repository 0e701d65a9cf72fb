import CSesameKernels
import SesameSupport
import Testing

extension KernelTests {
    @Suite struct Dispatch {
        @Test func theBestAvailableIsInUse() {
            #expect(sesame_isa_available(SESAME_ISA_PORTABLE))
            #expect(sesame_isa_available(sesame_isa_current()))
            withEachISA { #expect(sesame_isa_current() == $0) }
        }

        @Test func anUnavailableOneIsRefused() {
            let before = sesame_isa_current()
            for isa in [
                SESAME_ISA_AVX2, SESAME_ISA_AVX512, SESAME_ISA_AVX512_BF16, SESAME_ISA_NEON,
            ]
            where !sesame_isa_available(isa) {
                #expect(!sesame_isa_use(isa))
                #expect(sesame_isa_current() == before)
            }
        }

        @Test func namesAreThoseOfTheEnvironmentVariable() {
            let names = (0..<5).map { isaName(sesame_isa(rawValue: $0)) }
            #expect(names == ["portable", "avx2", "avx512", "avx512_bf16", "neon"])
        }
    }

    @Suite struct Threads {
        final class Counts: Sendable {
            let values: Locked<[Int]>
            init(_ count: Int) { values = Locked([Int](repeating: 0, count: count)) }
        }

        @Test(arguments: [1, 2, 3, 8], [0, 1, 2, 100, 5000])
        func eachIndexRunsOnce(threads: Int, count: Int) {
            let before = sesame_thread_count()
            defer { sesame_set_thread_count(before) }
            sesame_set_thread_count(threads)
            #expect(sesame_thread_count() == threads)
            let counts = Counts(count)
            sesame_parallel_for(
                count,
                { context, index in
                    let counts = Unmanaged<Counts>.fromOpaque(context!).takeUnretainedValue()
                    counts.values.withLock { $0[index] += 1 }
                }, Unmanaged.passUnretained(counts).toOpaque())
            #expect(counts.values.withLock { $0.allSatisfy { $0 == 1 } })
        }

        @Test func aThreadsInstructionSetHoldsForItsJobsAlone() {
            let before = sesame_thread_count()
            defer { sesame_set_thread_count(before) }
            sesame_set_thread_count(3)
            func isasInAJob() -> [Int] {
                let found = Counts(300)
                sesame_parallel_for(
                    300,
                    { context, index in
                        let found = Unmanaged<Counts>.fromOpaque(context!).takeUnretainedValue()
                        let isa = Int(sesame_isa_current().rawValue)
                        found.values.withLock { $0[index] = isa }
                    }, Unmanaged.passUnretained(found).toOpaque())
                return found.values.withLock { $0 }
            }
            let process = Int(sesame_isa_current().rawValue)
            withEachISA { isa in
                #expect(isasInAJob() == Array(repeating: Int(isa.rawValue), count: 300))
            }
            #expect(isasInAJob() == Array(repeating: process, count: 300))
        }

        @Test func manyShortJobs() {
            let before = sesame_thread_count()
            defer { sesame_set_thread_count(before) }
            for threads in [2, 4] {
                sesame_set_thread_count(threads)
                let counts = Counts(3)
                for _ in 0..<20_000 {
                    sesame_parallel_for(
                        3,
                        { context, index in
                            let counts = Unmanaged<Counts>.fromOpaque(context!)
                                .takeUnretainedValue()
                            counts.values.withLock { $0[index] += 1 }
                        }, Unmanaged.passUnretained(counts).toOpaque())
                }
                #expect(counts.values.withLock { $0 } == [20_000, 20_000, 20_000])
            }
        }

        @Test func concurrentAndNestedCallsRun() async {
            var random = TestRandom(1)
            let a = random.floats(200 * 100), b = random.floats(100 * 90)
            let expected = Self.product(a, b)
            await withTaskGroup(of: [Float].self) { group in
                for _ in 0..<8 { group.addTask { Self.product(a, b) } }
                for await c in group { #expect(c == expected) }
            }
        }

        static func product(_ a: [Float], _ b: [Float]) -> [Float] {
            var c = [Float](repeating: 0, count: 200 * 90)
            sesame_gemm(
                SESAME_FLOAT32, false, false, 200, 90, 100, a, 100, b, 90, false, &c, 90, nil)
            return c
        }
    }
}
