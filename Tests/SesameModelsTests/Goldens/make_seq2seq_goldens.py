"""Goldens of RecurrentSeq2Seq from PyTorch: python make_seq2seq_goldens.py, which writes seq2seq.safetensors.

Made with PyTorch 2.13 (CPU), seed 5. For each model its weights under our paths, its output and loss on a batch of
several lengths, the gradients of all parameters, and the losses of ten AdamW steps with the weights after them.
"""

import math

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

E, H, D, VS, VT = 5, 4, 8, 11, 9


class Model(nn.Module):
    def __init__(self, cell, layers, attention, feeding, tied):
        super().__init__()
        self.cell, self.n, self.attention, self.feeding, self.tied = cell, layers, attention, feeding, tied
        rnn = nn.LSTM if cell == "lstm" else nn.GRU
        self.source, self.target = nn.Embedding(VS, E), nn.Embedding(VT, E)
        self.encoder = rnn(E, H, layers, batch_first=True, bidirectional=True)
        self.decoder = rnn(2 * E if feeding else E, D, layers, batch_first=True)
        states = 2 if cell == "lstm" else 1
        self.bridges = nn.ModuleList(nn.Linear(2 * H, D) for _ in range(states * layers))
        if attention in ("bilinear", "additive"):
            self.query = nn.Linear(D, 2 * H, bias=False)
        if attention == "additive":
            self.key, self.vector = nn.Linear(2 * H, 2 * H, bias=False), nn.Parameter(torch.randn(2 * H) * 0.5)
        self.readout = nn.Linear(D + (2 * H if attention else 0), E)
        if tied:
            self.bias = nn.Parameter(torch.randn(VT) * 0.1)
        else:
            self.output = nn.Linear(E, VT)

    def paths(self):
        """Our paths of the parameters."""
        p = {"sourceEmbedding.weight": self.source.weight, "targetEmbedding.weight": self.target.weight}
        for name, net, directions in [("encoder", self.encoder, ["forward", "backward"]), ("decoder", self.decoder, ["forward"])]:
            for l in range(self.n):
                for d in directions:
                    end = f"_l{l}" + ("_reverse" if d == "backward" else "")
                    for ours, theirs in [("inputWeight", "weight_ih"), ("recurrentWeight", "weight_hh"),
                                         ("inputBias", "bias_ih"), ("recurrentBias", "bias_hh")]:
                        p[f"{name}.layers.{l}.{d}.{ours}"] = getattr(net, theirs + end)
        for i, b in enumerate(self.bridges):
            p[f"bridges.{i}.weight"], p[f"bridges.{i}.bias"] = b.weight, b.bias
        if self.attention in ("bilinear", "additive"):
            p["attention.query.weight"] = self.query.weight
        if self.attention == "additive":
            p["attention.key.weight"], p["attention.vector"] = self.key.weight, self.vector
        p["readout.weight"], p["readout.bias"] = self.readout.weight, self.readout.bias
        if self.tied:
            p["outputBias"] = self.bias
        else:
            p["output.weight"], p["output.bias"] = self.output.weight, self.output.bias
        return p

    def attend(self, q, states, mask):
        if self.attention == "additive":
            s = torch.tanh(self.query(q)[:, :, None] + self.key(states)[:, None]) @ self.vector
        else:
            s = (self.query(q) if self.attention == "bilinear" else q) @ states.transpose(1, 2)
        weights = s.masked_fill(mask[:, None], -math.inf).softmax(-1)
        return torch.cat([q, weights @ states], -1), weights

    def forward(self, source, lengths, into):
        packed = pack_padded_sequence(self.source(source), lengths, batch_first=True, enforce_sorted=False)
        out, state = self.encoder(packed)
        states, _ = pad_packed_sequence(out, batch_first=True, total_length=source.shape[1])
        parts = state if isinstance(state, tuple) else (state,)
        state = tuple(
            torch.stack([torch.tanh(self.bridges[s * self.n + l](torch.cat([v[2 * l], v[2 * l + 1]], -1))) for l in range(self.n)])
            for s, v in enumerate(parts))
        state = state if self.cell == "lstm" else state[0]
        mask = torch.arange(source.shape[1])[None] >= torch.tensor(lengths)[:, None]
        y = self.target(into)
        if self.feeding:
            last, all, weights = torch.zeros(y.shape[0], 1, E), [], []
            for t in range(y.shape[1]):
                o, state = self.decoder(torch.cat([y[:, t:t + 1], last], -1), state)
                f, w = self.attend(o, states, mask) if self.attention else (o, None)
                last = torch.tanh(self.readout(f))
                all.append(last)
                weights.append(w)
            r, weights = torch.cat(all, 1), torch.cat(weights, 1) if self.attention else None
        else:
            o, _ = self.decoder(y, state)
            f, weights = self.attend(o, states, mask) if self.attention else (o, None)
            r = torch.tanh(self.readout(f))
        logits = F.linear(r, self.target.weight, self.bias) if self.tied else self.output(r)
        return logits, weights


def main():
    torch.manual_seed(5)
    source = torch.tensor([[4, 5, 6, 3], [7, 3, 0, 0], [8, 9, 3, 0]])
    lengths = [4, 2, 3]
    into = torch.tensor([[1, 4, 5, 2, 2], [1, 6, 7, 8, 3], [1, 2, 2, 2, 2]])
    out = torch.tensor([[4, 5, 2, -100, -100], [6, 7, 8, 3, 2], [2, -100, -100, -100, -100]])
    tensors = {"source": source.float(), "input": into.float(), "output": out.float()}
    kinds = {
        "plain": ("gru", 1, None, False, True), "bilinear": ("lstm", 2, "bilinear", False, True),
        "dot": ("gru", 1, "dot", False, False), "additive": ("lstm", 1, "additive", False, False),
        "feeding": ("lstm", 1, "bilinear", True, True),
    }
    for name, kind in kinds.items():
        model = Model(*kind)
        paths = model.paths()
        assert len({id(p) for p in paths.values()}) == len(list(model.parameters()))

        def loss(smoothing):
            logits, weights = model(source, lengths, into)
            return F.cross_entropy(logits.flatten(0, 1), out.flatten(), label_smoothing=smoothing), logits, weights

        for path, p in paths.items():
            tensors[f"{name}/weight/{path}"] = p.detach().clone()
        value, logits, weights = loss(0.1)
        value.backward()
        tensors[f"{name}/loss"] = value.detach()
        tensors[f"{name}/plainLoss"] = loss(0)[0].detach()
        tensors[f"{name}/logProbabilities"] = logits.log_softmax(-1).detach()
        if weights is not None:
            tensors[f"{name}/attention"] = weights.detach()
        for path, p in paths.items():
            tensors[f"{name}/gradient/{path}"] = p.grad.clone()
        decayed = [p for p in model.parameters() if p.dim() > 1]
        others = [p for p in model.parameters() if p.dim() <= 1]
        optimizer = torch.optim.AdamW(
            [dict(params=decayed, weight_decay=0.1), dict(params=others, weight_decay=0)],
            lr=1e-2, betas=(0.9, 0.98), eps=1e-8)
        losses = []
        for _ in range(10):
            optimizer.zero_grad()
            value = loss(0.1)[0]
            value.backward()
            optimizer.step()
            losses.append(value.detach())
        tensors[f"{name}/losses"] = torch.stack(losses)
        for path, p in paths.items():
            tensors[f"{name}/trained/{path}"] = p.detach().clone()
    save_file({k: v.contiguous() for k, v in tensors.items()}, "seq2seq.safetensors")


main()
