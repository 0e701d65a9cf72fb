"""Writes recurrent.safetensors: stacks of recurrent layers as PyTorch computes them.

    python make_recurrent_goldens.py

Made with torch 2.13.0 (CPU), seed 11. Weights and inputs are Float32; PyTorch computes in Float64, and the results
are rounded to Float32. nn.RNN, nn.GRU and nn.LSTM run on packed sequences; what they do not have (the reset before
the product, clipping, residuals, independent directions) is written out below. Of a case:
weight/PATH and state/NAME.I and x and upstream go in; output, final/NAME.I, gradient/PATH, gradient_of/x and
gradient_of/NAME.I come out; trained/PATH are the weights after ten steps of Adam with learning rate 0.01 on the
mean of squares of output - upstream, losses what it was before each.
"""

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

torch.manual_seed(11)
B, T, IN, H = 4, 6, 5, 7
LENGTHS = [4, 6, 1, 5]
tensors = {}
THEIRS = {"inputWeight": "weight_ih", "recurrentWeight": "weight_hh", "inputBias": "bias_ih",
          "recurrentBias": "bias_hh", "projection": "weight_hr"}


def step(cell, p, x, h, c, cell_clip, projection_clip):
    gates, recurrent = F.linear(x, p["inputWeight"], p["inputBias"]), F.linear(h, p["recurrentWeight"], p["recurrentBias"])
    if cell == "lstm":
        i, f, g, o = (gates + recurrent).chunk(4)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        if cell_clip:
            c = c.clamp(-cell_clip, cell_clip)
        h = o.sigmoid() * c.tanh()
        if "projection" in p:
            h = F.linear(h, p["projection"])
            if projection_clip:
                h = h.clamp(-projection_clip, projection_clip)
        return h, c
    (xr, xz, xn), (hr, hz, _) = gates.chunk(3), recurrent.chunk(3)
    r, z = (xr + hr).sigmoid(), (xz + hz).sigmoid()
    n = torch.tanh(xn + F.linear(r * h, p["recurrentWeight"].chunk(3)[2], p["recurrentBias"].chunk(3)[2]))
    return (1 - z) * n + z * h, c


def by_hand(cell, layers, directions, x, h, c, residual, independent, cell_clip, projection_clip):
    """The stack, one sequence and one token after the other."""
    outputs, last_h, last_c = [], [[None] * B for _ in h], [[None] * B for _ in h]
    for b, count in enumerate(LENGTHS):
        streams = [[x[b, t] for t in range(count)]] * directions
        for layer in range(len(layers)):
            results = []
            for direction in range(directions):
                place = layer * directions + direction
                state, ys = (h[place][b], c[place][b]), [None] * count
                for t in reversed(range(count)) if direction else range(count):
                    state = step(cell, layers[layer][direction], streams[direction][t], *state, cell_clip, projection_clip)
                    ys[t] = state[0]
                results.append(ys)
                last_h[place][b], last_c[place][b] = state
            if not independent and directions == 2:
                results = [[torch.cat(pair) for pair in zip(*results)]] * 2
            if residual and layer > 0:
                results = [[y + s for y, s in zip(ys, ss)] for ys, ss in zip(results, streams)]
            streams = results
        rows = [torch.cat(pair) for pair in zip(*streams)] if independent else streams[0]
        outputs.append(torch.stack(rows + [torch.zeros_like(rows[0])] * (T - count)))
    return torch.stack(outputs), [torch.stack(x) for x in last_h], [torch.stack(x) for x in last_c]


def case(name, cell, layers=1, bidirectional=False, projection=None, hand=False, residual=False, independent=False,
         cell_clip=None, projection_clip=None, scale=1.0):
    directions = 2 if bidirectional else 1
    size = projection or H
    parameters = {}
    for layer in range(layers):
        inputs = IN if layer == 0 else size if independent else size * directions
        for direction in ["forward", "backward"][:directions]:
            gates = {"lstm": 4, "gru": 3, "gru-reset-before": 3}.get(cell, 1)
            shapes = {"inputWeight": [gates * H, inputs], "recurrentWeight": [gates * H, size],
                      "inputBias": [gates * H], "recurrentBias": [gates * H]}
            if projection:
                shapes["projection"] = [projection, H]
            for key, shape in shapes.items():
                parameters[f"layers.{layer}.{direction}.{key}"] = (torch.rand(shape) * 2 - 1) * 0.5 * scale
    x = torch.randn(B, T, IN)
    hs = [torch.randn(B, size) * 0.5 for _ in range(layers * directions)]
    cs = [torch.randn(B, H) * 0.5 for _ in range(layers * directions)]
    upstream = torch.randn(B, T, size * directions)
    upstream *= (torch.arange(T)[None, :] < torch.tensor(LENGTHS)[:, None])[:, :, None]

    def run(weights, x, hs, cs):
        if hand:
            stack = [[{k: weights[f"layers.{l}.{d}.{k}"] for k in THEIRS if f"layers.{l}.{d}.{k}" in weights}
                      for d in ["forward", "backward"][:directions]] for l in range(layers)]
            y, h, c = by_hand(cell, stack, directions, x, hs, cs, residual, independent, cell_clip, projection_clip)
            return y, torch.stack(h), torch.stack(c)
        kind = {"lstm": nn.LSTM, "gru": nn.GRU}.get(cell, nn.RNN)
        options = {"nonlinearity": cell[4:]} if kind is nn.RNN else {"proj_size": projection or 0} if kind is nn.LSTM else {}
        module = kind(IN, H, layers, batch_first=True, bidirectional=bidirectional, **options).double()
        named = {}
        for path, value in weights.items():
            _, layer, direction, key = path.split(".")
            named[f"{THEIRS[key]}_l{layer}" + ("_reverse" if direction == "backward" else "")] = value
        packed = pack_padded_sequence(x, LENGTHS, batch_first=True, enforce_sorted=False)
        state = (torch.stack(hs), torch.stack(cs)) if cell == "lstm" else torch.stack(hs)
        y, final = torch.func.functional_call(module, named, (packed, state))
        h, c = final if cell == "lstm" else (final, torch.stack(cs))
        return pad_packed_sequence(y, batch_first=True, total_length=T)[0], h, c

    def leaf(x):
        return x.double().clone().requires_grad_()

    weights = {k: leaf(v) for k, v in parameters.items()}
    dx, dhs, dcs = leaf(x), [leaf(h) for h in hs], [leaf(c) for c in cs]
    y, h, c = run(weights, dx, dhs, dcs)
    loss = (y * upstream.double()).sum() + (h * h).sum() + (c * c).sum() * (cell == "lstm")
    loss.backward()
    out = {"x": x, "upstream": upstream, "output": y, "gradient_of/x": dx.grad}
    for i in range(len(hs)):
        out |= {f"state/hidden.{i}": hs[i], f"final/hidden.{i}": h[i], f"gradient_of/hidden.{i}": dhs[i].grad}
        if cell == "lstm":
            out |= {f"state/cell.{i}": cs[i], f"final/cell.{i}": c[i], f"gradient_of/cell.{i}": dcs[i].grad}
    out |= {f"weight/{k}": v for k, v in parameters.items()} | {f"gradient/{k}": v.grad for k, v in weights.items()}

    weights = {k: leaf(v) for k, v in parameters.items()}
    optimizer = torch.optim.Adam(weights.values(), lr=0.01)
    zeros = [torch.zeros_like(v).double() for v in hs], [torch.zeros_like(v).double() for v in cs]
    losses = []
    for _ in range(10):
        y, _, _ = run(weights, x.double(), *zeros)
        loss = ((y - upstream.double()) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    out |= {f"trained/{k}": v for k, v in weights.items()} | {"losses": torch.stack(losses)}
    for key, value in out.items():
        tensors[f"{name}/{key}"] = value.detach().float().contiguous().clone()


case("rnn_tanh", "rnn-tanh", layers=2, bidirectional=True)
case("rnn_relu", "rnn-relu")
case("gru", "gru", layers=2)
case("gru_bidirectional", "gru", bidirectional=True)
case("gru_reset_before", "gru-reset-before", layers=2, bidirectional=True, hand=True)
case("lstm", "lstm", layers=2)
case("lstm_bidirectional", "lstm", layers=2, bidirectional=True)
case("lstm_projected", "lstm", layers=2, bidirectional=True, projection=3)
case("lstm_residual", "lstm", layers=3, bidirectional=True, residual=True, hand=True)
case("elmo", "lstm", layers=2, bidirectional=True, independent=True, residual=True, projection=5, cell_clip=0.4,
     projection_clip=0.2, hand=True, scale=2)
save_file(tensors, "recurrent.safetensors", metadata={"torch": torch.__version__, "seed": "11"})
print(len(tensors), "tensors,", sum(x.numel() for x in tensors.values()), "numbers")
