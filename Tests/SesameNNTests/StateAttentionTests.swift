import SesameNN
import SesameTensor
import SesameTensorTestSupport
import Testing

struct StateAttentionTests {
    private func attention(_ kind: StateAttention.Kind) -> StateAttention {
        StateAttention(kind: kind, querySize: 6, keySize: 6, size: 5, key: RandomKey(seed: 2))
    }

    private func states(_ batch: Int, _ time: Int, stream: UInt64) -> Tensor {
        .normal([batch, time, 6], key: RandomKey(seed: 3, stream: stream))
    }

    @Test(arguments: StateAttention.Kind.allCases)
    func paddingChangesNothing(_ kind: StateAttention.Kind) {
        let attention = attention(kind)
        let (query, states) = (states(2, 3, stream: 0), states(2, 7, stream: 1))
        let padded = attention(
            query: query, states: states, lengths: [4, 4], context: .evaluation())
        let plain = attention(
            query: query, states: states.sliced(axis: 1, 0..<4), context: .evaluation())
        expectClose(padded.context, plain.context, "context", tolerance: 1e-6)
        expectClose(padded.weights.sliced(axis: 2, 0..<4), plain.weights, "weights", tolerance: 0)
        #expect(padded.weights.sliced(axis: 2, 4..<7).scalars.allSatisfy { $0 == 0 })
        for sum in padded.weights.sum(axis: 2).scalars { #expect(abs(sum - 1) < 1e-6) }
    }

    @Test(arguments: StateAttention.Kind.allCases)
    func keysMayBeComputedOnce(_ kind: StateAttention.Kind) {
        let attention = attention(kind)
        let (query, states) = (states(2, 3, stream: 0), states(2, 7, stream: 1))
        let context = ForwardContext.evaluation()
        let keys = attention.keys(states, context: context)
        let once = attention(query: query, states: states, context: context)
        let again = attention(query: query, states: states, keys: keys, context: context)
        #expect(once.context.scalars == again.context.scalars)
        #expect(once.weights.scalars == again.weights.scalars)
    }

    @Test func sequenceWithoutStatesGivesZeros() {
        let result = attention(.additive)(
            query: states(2, 1, stream: 0), states: states(2, 3, stream: 1), lengths: [0, 3],
            context: .evaluation())
        #expect(result.context.sliced(axis: 0, 0..<1).scalars.allSatisfy { $0 == 0 })
        #expect(result.weights.sliced(axis: 0, 0..<1).scalars.allSatisfy { $0 == 0 })
    }
}
