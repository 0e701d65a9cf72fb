import SesameTensor

extension BERT: LaidOutModel {
    var checkpointLayout: CheckpointLayout { .bert(configuration) }

    /// Takes the encoder's weights; those of heads (`cls`, `classifier`, `qa_outputs`, `crf`) are skipped, so that
    /// the folder of a model with a head serves too. Without a pooler in the file the model has none.
    public mutating func loadCheckpoint(_ tensors: [String: Tensor], from place: String) throws {
        var layout = checkpointLayout
        let canonicalName = layout.canonicalName
        layout.canonicalName = { name in
            let isHead = ["cls.", "classifier.", "qa_outputs.", "crf."].contains {
                name.hasPrefix($0)
            }
            return isHead ? nil : canonicalName(name)
        }
        var model = self
        model.setPooler(layout.names(in: tensors).contains { $0.hasPrefix("bert.pooler.") })
        try layout.load(tensors, into: &model, from: place)
        self = model
    }

    /// Makes the model have a pooler, or none, before weights are loaded.
    fileprivate mutating func setPooler(_ isPresent: Bool) {
        if !isPresent {
            pooler = nil
        } else if pooler == nil {
            pooler = Self.freshPooler(configuration, key: RandomKey(seed: 0, stream: 0))
        }
    }
}

extension BERTForPretraining: LaidOutModel {
    /// Takes weights with Hugging Face's names; the model is unchanged if they do not fit.
    ///
    /// A file for masked tokens alone (`BertForMaskedLM`) has no next-sentence head and usually no pooler;
    /// then the model has none either.
    public mutating func loadCheckpoint(_ tensors: [String: Tensor], from place: String) throws {
        var tensors = tensors
        // The output's bias is one tensor with two names, of which a file may hold either.
        if let bias = tensors["cls.predictions.decoder.bias"] {
            tensors["cls.predictions.bias"] = tensors["cls.predictions.bias"] ?? bias
        }
        let layout = checkpointLayout
        let names = layout.names(in: tensors)
        var model = self
        model.bert.setPooler(names.contains { $0.hasPrefix("bert.pooler.") })
        if !names.contains(where: { $0.hasPrefix("cls.seq_relationship.") }) {
            model.nextSentence = nil
        } else if model.nextSentence == nil {
            model.nextSentence = Self.freshNextSentence(
                configuration, key: RandomKey(seed: 0, stream: 0))
        }
        try layout.load(tensors, into: &model, from: place)
        self = model
    }

    package var checkpointLayout: CheckpointLayout {
        var layout = CheckpointLayout.bert(configuration, prefix: "bert.")
        layout.addPair("transform", "cls.predictions.transform.dense")
        layout.addPair("transformNorm", "cls.predictions.transform.LayerNorm")
        layout.add("outputBias", "cls.predictions.bias")
        layout.addPair("nextSentence", "cls.seq_relationship")
        return layout
    }
}

extension CheckpointLayout {
    /// A head over all tokens on a BERT without a pooler; that of a file is skipped.
    static func bertWithoutPooler(_ configuration: BERTConfig, prefix: String) -> CheckpointLayout {
        var layout = bert(configuration, prefix: prefix)
        let canonicalName = layout.canonicalName
        layout.canonicalName = { name in
            canonicalName(name).flatMap { $0.hasPrefix("bert.pooler.") ? nil : $0 }
        }
        return layout
    }

    /// Hugging Face's `BertModel` inside a model with heads.
    ///
    /// - Parameter prefix: In front of the paths, where a BERT is part of another module.
    static func bert(_ configuration: BERTConfig, prefix: String = "") -> CheckpointLayout {
        var layout = CheckpointLayout()
        let embeddings = "bert.embeddings."
        layout.add(prefix + "tokenEmbedding.weight", embeddings + "word_embeddings.weight")
        layout.add(prefix + "positions.weight", embeddings + "position_embeddings.weight")
        layout.add(prefix + "typeEmbedding.weight", embeddings + "token_type_embeddings.weight")
        layout.addPair(prefix + "embeddingNorm", embeddings + "LayerNorm")
        for i in 0..<(configuration.sharesLayers ? 1 : configuration.layerCount) {
            let (ours, theirs) = ("\(prefix)layers.\(i)", "bert.encoder.layer.\(i)")
            let attention = theirs + ".attention.self."
            layout.addPair(
                ours + ".attention.projection", attention + "query", attention + "key",
                attention + "value")
            layout.addPair(ours + ".attention.output", theirs + ".attention.output.dense")
            layout.addPair(ours + ".attentionNorm", theirs + ".attention.output.LayerNorm")
            layout.addPair(ours + ".feedForward.inner", theirs + ".intermediate.dense")
            layout.addPair(ours + ".feedForward.outer", theirs + ".output.dense")
            layout.addPair(ours + ".feedForwardNorm", theirs + ".output.LayerNorm")
        }
        layout.addPair(prefix + "pooler", "bert.pooler.dense")
        let layerPrefix = "bert.encoder.layer."
        let firstLayer = layerPrefix + "0."
        // Files may hold position numbers and copies of the tied output; the oldest say gamma and beta.
        layout.canonicalName = { name in
            if name.hasSuffix("embeddings.position_ids")
                || name.hasPrefix("cls.predictions.decoder.")
            {
                return nil
            }
            var name = name
            for (old, new) in [(".gamma", ".weight"), (".beta", ".bias")] where name.hasSuffix(old)
            {
                name = name.dropLast(old.count) + new
            }
            let bare = ["embeddings.", "encoder.", "pooler."].contains { name.hasPrefix($0) }
            name = bare ? "bert." + name : name
            let isCopy =
                configuration.sharesLayers && name.hasPrefix(layerPrefix)
                && !name.hasPrefix(firstLayer)
            return isCopy ? nil : name
        }
        if configuration.sharesLayers {
            layout.copies = { name in
                guard name.hasPrefix(firstLayer) else { return [] }
                return (1..<configuration.layerCount).map {
                    "\(layerPrefix)\($0).\(name.dropFirst(firstLayer.count))"
                }
            }
        }
        return layout
    }
}
