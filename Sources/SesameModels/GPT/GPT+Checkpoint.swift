import SesameTensor

extension GPT: LaidOutModel {
    package var checkpointLayout: CheckpointLayout { .gpt(configuration) }
}

extension CheckpointLayout {
    /// Hugging Face's `GPT2LMHeadModel`. Its maps are `Conv1D`, whose weights are `[inputs, outputs]`.
    ///
    /// - Parameter prefix: In front of the paths, where a GPT is part of another module.
    static func gpt(_ configuration: GPTConfig, prefix: String = "") -> CheckpointLayout {
        var layout = CheckpointLayout()
        layout.add(prefix + "tokenEmbedding.weight", "transformer.wte.weight")
        layout.add(prefix + "positions.weight", "transformer.wpe.weight")
        for i in 0..<configuration.layerCount {
            let (ours, theirs) = ("\(prefix)layers.\(i)", "transformer.h.\(i)")
            layout.addPair(
                ours + ".attention.projection", theirs + ".attn.c_attn", transposed: true)
            layout.addPair(ours + ".attention.output", theirs + ".attn.c_proj", transposed: true)
            layout.addPair(ours + ".attentionNorm", theirs + ".ln_1")
            layout.addPair(ours + ".feedForward.inner", theirs + ".mlp.c_fc", transposed: true)
            layout.addPair(ours + ".feedForward.outer", theirs + ".mlp.c_proj", transposed: true)
            layout.addPair(ours + ".feedForwardNorm", theirs + ".ln_2")
        }
        layout.addPair(prefix + "finalNorm", "transformer.ln_f")
        layout.addPair(prefix + "output", "lm_head", bias: false)
        let isTied = configuration.tiesEmbeddings
        // Older files leave the prefix out, and hold causal masks and a copy of the tied output.
        layout.canonicalName = { name in
            if (isTied && name == "lm_head.weight") || name.hasSuffix(".attn.bias")
                || name.hasSuffix(".attn.masked_bias")
            {
                return nil
            }
            let bare = ["wte.", "wpe.", "h.", "ln_f."].contains { name.hasPrefix($0) }
            return bare ? "transformer." + name : name
        }
        return layout
    }
}
