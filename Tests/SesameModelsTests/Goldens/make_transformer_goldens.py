"""Goldens of Transformer from PyTorch: python make_transformer_goldens.py, which writes transformer.safetensors.

Made with PyTorch 2.13 (CPU), seed 6, from nn.TransformerEncoderLayer and nn.TransformerDecoderLayer with padding masks.
For each model its weights under our paths, the encoder's output, log probabilities, the last layer's attention to the
source (mean of the heads), losses on a batch of several lengths, the gradients of all parameters, and the losses of ten
AdamW steps with the weights after them.
"""

import math

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

C, HEADS, INNER, ENCODER, DECODER = 8, 2, 12, 2, 2
NAMES = {
    "self_attn.in_proj_": "attention.projection.", "self_attn.out_proj.": "attention.output.",
    "multihead_attn.out_proj.": "crossAttention.output.", "linear1.": "feedForward.inner.",
    "linear2.": "feedForward.outer.", "norm1.": "attentionNorm.",
}


class Model(nn.Module):
    def __init__(self, pre, activation, shared, tied, source_count, count):
        super().__init__()
        self.source = None if shared else nn.Embedding(source_count, C)
        self.target = nn.Embedding(count, C)
        choices = dict(dim_feedforward=INNER, dropout=0, activation=activation, batch_first=True, norm_first=pre)
        self.encoder = nn.ModuleList(nn.TransformerEncoderLayer(C, HEADS, **choices) for _ in range(ENCODER))
        self.decoder = nn.ModuleList(nn.TransformerDecoderLayer(C, HEADS, **choices) for _ in range(DECODER))
        self.norms = nn.ModuleList(nn.LayerNorm(C) for _ in range(2)) if pre else None
        self.output = None if tied else nn.Linear(C, count, bias=False)
        for name, p in self.named_parameters():
            if p.dim() == 1:
                nn.init.normal_(p, 1 if "norm" in name and "weight" in name else 0, 0.2)

    def paths(self):
        """Our paths of the parameters, each with the parameter and its rows."""
        p = {} if self.source is None else {"sourceEmbedding.weight": (self.source.weight, None)}
        p["targetEmbedding.weight"] = (self.target.weight, None)
        for side, layers in (("encoder", self.encoder), ("decoder", self.decoder)):
            last = {"norm2.": "feedForwardNorm."} if side == "encoder" else {
                "norm2.": "crossAttentionNorm.", "norm3.": "feedForwardNorm."}
            for l, layer in enumerate(layers):
                for name, q in layer.named_parameters():
                    if name.startswith("multihead_attn.in_proj_"):
                        kind = name.rsplit("_", 1)[1]
                        for i, part in enumerate(("query", "key", "value")):
                            p[f"{side}.layers.{l}.crossAttention.{part}.{kind}"] = (q, slice(i * C, (i + 1) * C))
                        continue
                    for theirs, ours in {**NAMES, **last}.items():
                        if name.startswith(theirs):
                            p[f"{side}.layers.{l}.{ours}{name[len(theirs):]}"] = (q, None)
        if self.norms:
            for side, norm in zip(("encoder", "decoder"), self.norms):
                p[f"{side}.norm.weight"], p[f"{side}.norm.bias"] = (norm.weight, None), (norm.bias, None)
        if self.output is not None:
            p["output.weight"] = (self.output.weight, None)
        return p

    def embed(self, ids, table):
        angles = torch.arange(ids.shape[1])[:, None] / 10000 ** (torch.arange(0, C, 2) / C)
        waves = torch.stack([angles.sin(), angles.cos()], -1).flatten(1)
        return table(ids) * math.sqrt(C) + waves

    def forward(self, source, hidden, into):
        x = self.embed(source, self.source or self.target)
        for layer in self.encoder:
            x = layer(x, src_key_padding_mask=hidden)
        memory = self.norms[0](x) if self.norms else x
        y = self.embed(into, self.target)
        causal = torch.triu(torch.ones(into.shape[1], into.shape[1], dtype=torch.bool), 1)
        weights = {}
        for l, layer in enumerate(self.decoder):
            def watch(x, mem, attn_mask, key_padding_mask, is_causal=False, layer=layer, l=l):
                out, weights[l] = layer.multihead_attn(x, mem, mem, key_padding_mask=key_padding_mask)
                return out
            layer._mha_block = watch
            y = layer(y, memory, tgt_mask=causal, memory_key_padding_mask=hidden)
        y = self.norms[1](y) if self.norms else y
        return memory, F.linear(y, (self.output or self.target).weight), weights[DECODER - 1]


def main():
    torch.manual_seed(6)
    source = torch.tensor([[4, 5, 6, 3], [7, 3, 0, 0], [8, 2, 3, 0]])
    lengths = [4, 2, 3]
    hidden = torch.arange(4)[None] >= torch.tensor(lengths)[:, None]
    into = torch.tensor([[1, 4, 5, 2, 2], [1, 6, 7, 8, 3], [1, 2, 2, 2, 2]])
    out = torch.tensor([[4, 5, 2, -100, -100], [6, 7, 8, 3, 2], [2, -100, -100, -100, -100]])
    tensors = {"source": source.float(), "input": into.float(), "output": out.float()}
    kinds = {
        "postShared": (False, "relu", True, True, 9, 9), "preShared": (True, "relu", True, False, 9, 9),
        "postSeparate": (False, "gelu", False, False, 11, 9), "preSeparate": (True, "gelu", False, True, 11, 9),
    }
    for name, kind in kinds.items():
        model = Model(*kind)
        paths = model.paths()
        assert len({id(p) for p, _ in paths.values()}) == len(list(model.parameters()))

        def keep(group, value):
            for path, (p, rows) in paths.items():
                tensor = value(p)
                tensors[f"{name}/{group}/{path}"] = (tensor if rows is None else tensor[rows]).detach().clone()

        def loss(smoothing):
            memory, logits, weights = model(source, hidden, into)
            value = F.cross_entropy(logits.flatten(0, 1), out.flatten(), label_smoothing=smoothing)
            return value, memory, logits, weights

        keep("weight", lambda p: p)
        value, memory, logits, weights = loss(0.1)
        value.backward()
        tensors[f"{name}/loss"] = value.detach()
        tensors[f"{name}/plainLoss"] = loss(0)[0].detach()
        tensors[f"{name}/memory"] = memory[~hidden].detach()
        tensors[f"{name}/logProbabilities"] = logits.log_softmax(-1).detach()
        tensors[f"{name}/attention"] = weights.detach()
        keep("gradient", lambda p: p.grad)
        decayed = [p for p in model.parameters() if p.dim() > 1]
        others = [p for p in model.parameters() if p.dim() <= 1]
        optimizer = torch.optim.AdamW(
            [dict(params=decayed, weight_decay=0.1), dict(params=others, weight_decay=0)],
            lr=1e-2, betas=(0.9, 0.98), eps=1e-3)  # a key's bias has no gradient but rounding
        losses = []
        for _ in range(10):
            optimizer.zero_grad()
            value = loss(0.1)[0]
            value.backward()
            optimizer.step()
            losses.append(value.detach())
        tensors[f"{name}/losses"] = torch.stack(losses)
        keep("trained", lambda p: p)
    save_file({k: v.contiguous() for k, v in tensors.items()}, "transformer.safetensors")


main()
