import SesameNN
import SesameTensor

/// Sentences as a ``TokenClassifier`` reads them: words in pieces, long sentences in several windows.
public struct PieceInput: WordTaggerInput {
    /// The windows' pieces with their special tokens, `[windows, time]`; padding is behind them.
    public var ids: IDTensor
    /// 1 at tokens, 0 at padding; nil where there is none.
    public var mask: AttentionMask?
    /// Where the first piece of each word stands, as window · time + position, `[sentences, words]`; any place at padding.
    public var places: IDTensor
    /// How many words each sentence has.
    public var lengths: [Int]

    /// An input from its parts.
    public init(ids: IDTensor, mask: AttentionMask? = nil, places: IDTensor, lengths: [Int]) {
        self.ids = ids
        self.mask = mask
        self.places = places
        self.lengths = lengths
    }
}

/// A BERT that gives each word of a sentence a tag, from the state of the word's first piece.
///
/// A dropout and a linear map over the states, as in Hugging Face's `BertForTokenClassification`, whose names it has; where
/// asked for, a conditional random field on top (`crf.*`, which other programs leave aside).
///
/// Source: Devlin et al. 2019, BERT, https://arxiv.org/abs/1810.04805, section 5.3: the first piece stands for the word.
public struct TokenClassifier: WordTagger, LaidOutModel {
    /// The encoder's sizes, and the tags.
    public let configuration: TokenClassifierConfig
    /// The encoder, without a pooler.
    public var bert: BERT
    /// State → a score a tag.
    public var head: Linear
    /// The scores of tag sequences; nil where each word's tag is scored by itself.
    public var field: LinearChainCRF?
    private let dropout: Dropout

    /// A model on a (pretrained) BERT, with a fresh head.
    ///
    /// - Parameters:
    ///   - bert: The encoder; its pooler, if any, is left out.
    ///   - configuration: Whose encoder is `bert`'s.
    ///   - key: Where the head's weights are drawn from.
    public init(bert: BERT, configuration: TokenClassifierConfig, key: RandomKey) {
        let backbone = bert.configuration
        self.configuration = configuration
        self.bert = bert.withoutPooler()
        head = Linear(
            inputSize: backbone.hiddenSize, outputSize: configuration.tags.count,
            initializer: .normal(backbone.initializerDeviation), key: key)
        if configuration.usesCRF {
            field = LinearChainCRF(tagCount: configuration.tags.count, key: key.derived(1))
        }
        dropout = Dropout(configuration.dropoutProbability ?? backbone.hiddenDropoutProbability)
    }

    /// A model with fresh weights, from a configuration that is checked first.
    public init(configuration: TokenClassifierConfig, key: RandomKey) throws {
        try configuration.validate()
        try ConfigCheck.memory(configuration)
        self.init(
            bert: BERT(configuration.backbone, key: key.derived(0)), configuration: configuration,
            key: key.derived(1))
    }

    /// `BertForTokenClassification`.
    public var architecture: String { "BertForTokenClassification" }

    /// The tags' scores at every token.
    ///
    /// - Parameters:
    ///   - ids: `[batch, time]`.
    ///   - typeIDs: The segment of each position; nil means all 0.
    ///   - mask: `[batch, time]`; 1 keeps a position, 0 hides it (padding); nil keeps all.
    ///   - context: Gives precision, mode and key.
    /// - Returns: `[batch, time, tags]`.
    public func logits(
        _ ids: IDTensor, typeIDs: IDTensor? = nil, mask: AttentionMask? = nil,
        context: ForwardContext
    ) -> Tensor {
        scores(
            bert.hidden(ids, typeIDs: typeIDs, mask: mask, context: context.site(0)),
            context: context)
    }

    /// The tags' scores at each word's first piece, before the field.
    ///
    /// - Returns: `[sentences, words, tags]`; what stands at padding means nothing.
    public func scores(_ input: PieceInput, context: ForwardContext) -> Tensor {
        let tokens = bert.tokenStates(
            input.ids, typeIDs: nil, mask: input.mask, context: context.site(0))
        let rows = input.places.scalars.map { tokens.row(at: Int($0)) }
        let words = tokens.states.selectedRows(IDTensor(rows, shape: input.places.shape))
        return scores(words, context: context)
            .reshaped(input.places.shape.appending(configuration.tags.count))
    }

    private func scores(_ states: Tensor, context: ForwardContext) -> Tensor {
        head(dropout(states, context: context.site(1)), context: context)
    }

    /// Visits the parameters in a fixed order: encoder, head, field.
    public mutating func visitParameters(
        _ visitor: inout some ParameterVisitor, at path: ParameterPath
    ) {
        bert.visitParameters(&visitor, at: path / "bert")
        head.visitParameters(&visitor, at: path / "head")
        field?.visitParameters(&visitor, at: path / "field")
    }
}

extension TokenClassifier {
    /// Hugging Face's names.
    var checkpointLayout: CheckpointLayout {
        var layout = CheckpointLayout.bertWithoutPooler(configuration.backbone, prefix: "bert.")
        layout.addPair("head", "classifier")
        for name in ["transitions", "start", "end"] { layout.add("field.\(name)", "crf.\(name)") }
        return layout
    }
}
