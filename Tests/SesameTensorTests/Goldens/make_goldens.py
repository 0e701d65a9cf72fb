"""Writes operators.safetensors: every operator's inputs, outputs and gradients as PyTorch computes them.

    python make_goldens.py

Made with torch 2.13.0 (CPU), seed 7. Inputs are Float32; PyTorch computes in Float64, and the results are
rounded to Float32. Names, shapes and constants are those of OperatorCases.swift. A case's tensors:
CASE.input.I, CASE.weight.O (what the outputs are multiplied by before they are summed), CASE.output.O, and
CASE.gradient.I of that sum.
"""

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

torch.manual_seed(7)
targets = torch.tensor([[3, -100, 0], [6, 2, -100]])
probabilities = torch.tensor(
    [0, 1, 0.5, 0.25, 1, 0, 0, 1, 0.75, 0.1, 0.9, 1, 0, 0.3, 0.6], dtype=torch.float32
).double().reshape(3, 5)
lengths = lambda counts, n: (torch.arange(n)[None, :] < torch.tensor(counts)[:, None]).long()


def attention(q, k, v, heads, causal=False, mask=None):
    batch, queries, channels = q.shape
    keys = k.shape[1]
    split = lambda x: x.reshape(batch, -1, heads, channels // heads).transpose(1, 2)
    scores = split(q) @ split(k).transpose(2, 3) / (channels // heads) ** 0.5
    if causal:
        row, column = torch.arange(queries)[:, None], torch.arange(keys)[None, :]
        scores = scores.masked_fill(column > row + keys - queries, float("-inf"))
    if mask is not None:
        scores = scores.masked_fill(mask[:, None, None, :] == 0, float("-inf"))
    return (scores.softmax(-1) @ split(v)).transpose(1, 2).reshape(batch, queries, channels)


def packed(x, heads, **options):
    return attention(*x.split(x.shape[2] // 3, dim=2), heads, **options)


def projected(hidden, weight, bias=None, targets=targets, smoothing=0.0):
    logits = F.linear(hidden, weight, bias)
    return F.cross_entropy(logits.flatten(0, -2), targets.flatten(), label_smoothing=smoothing)


def add_layer_norm(x, residual, weight, bias):
    total = x + residual
    return total, F.layer_norm(total, (7,), weight, bias, 1e-5)


def far_bias(inputs):
    inputs[0] *= 0.5
    inputs[2] = torch.tensor([4.0, -4.0] * 5)[: len(inputs[2])]
    return inputs


def away_from_zero(inputs):
    return [torch.where(x < 0, x - 0.2, x + 0.2) for x in inputs]


def away_from_probabilities(inputs):
    x, t = inputs[0], probabilities.float()
    return [torch.where(x < t, torch.minimum(x, t - 0.2), torch.maximum(x, t + 0.2))]


def far_sums(inputs):
    """Sums of a ReLU cell that stay clear of 0."""
    inputs[1], inputs[2] = inputs[1] * 0.2, inputs[2] * 0.05
    inputs[3] = torch.tensor([4.0, -4.0] * 3)[:5]
    return inputs


def step(cell, x, h, c, w, u, b, d, p=None):
    """A step of one sequence: h and c after it."""
    gates, recurrent = F.linear(x, w, b), F.linear(h, u, d)
    if cell == "tanh":
        return torch.tanh(gates + recurrent), c
    if cell == "relu":
        return torch.relu(gates + recurrent), c
    if cell == "lstm":
        i, f, g, o = (gates + recurrent).chunk(4)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        return (h if p is None else F.linear(h, p)), c
    (xr, xz, xn), (hr, hz, hn) = gates.chunk(3), recurrent.chunk(3)
    r, z = (xr + hr).sigmoid(), (xz + hz).sigmoid()
    if cell == "gru":
        n = torch.tanh(xn + r * hn)
    else:
        n = torch.tanh(xn + F.linear(r * h, u.chunk(3)[2], d.chunk(3)[2]))
    return (1 - z) * n + z * h, c


def recurrent(cell, counts, x, weights, h, c, reverse=False):
    """Over sequences that lie time-major, longest first; counts are the lengths in that order."""
    places, at = {}, 0
    for t in range(max(counts)):
        for row, count in enumerate(counts):
            if count > t:
                places[row, t], at = at, at + 1
    output, last_h, last_c = [None] * at, [], []
    for row, count in enumerate(counts):
        state = (h[row], c[row])
        for t in reversed(range(count)) if reverse else range(count):
            state = step(cell, x[places[row, t]], *state, *weights)
            output[places[row, t]] = state[0]
        last_h.append(state[0])
        last_c.append(state[1])
    result = torch.stack(output), torch.stack(last_h), torch.stack(last_c)
    return result if cell == "lstm" else result[:2]


def recurrent_case(cell, reverse=False, counts=(4, 3, 2), projection=False, states=True):
    gates = {"lstm": 4, "gru": 3, "resetBefore": 3}.get(cell, 1)
    size = 4 if projection else 5
    shapes = [[sum(counts), 3], [gates * 5, 3], [gates * 5, size], [gates * 5], [gates * 5]]
    shapes += [[4, 5]] * projection
    count = len(shapes)
    if states:
        shapes += [[len(counts), size]] + [[len(counts), 5]] * (cell == "lstm")

    def function(*inputs):
        zeros = [torch.zeros(len(counts), n).double() for n in (size, 5)]
        h, c = (list(inputs[count:]) + zeros[len(inputs) - count:])[:2]
        return recurrent(cell, counts, inputs[0], inputs[1:count], h, c, reverse)

    return shapes, function


def two_passes(x, w, u, b, d, p, x2, w2, u2, b2, d2, p2):
    zeros = torch.zeros(3, 5).double()
    first = recurrent("lstm", (4, 4, 1), x, (w, u, b, d, p), zeros[:, :4], zeros)
    second = recurrent("lstm", (4, 4, 1), x2, (w2, u2, b2, d2, p2), zeros[:, :4], zeros, True)
    return first[0], second[0], second[1]


cases = {
    "add": ([[3, 7], [3, 7]], lambda a, b: a + b),
    "addSuffix": ([[2, 3, 7], [3, 7]], lambda a, b: a + b),
    "addPrefix": ([[7], [3, 7]], lambda a, b: a + b),
    "addScalarTensor": ([[3, 7], []], lambda a, b: a + b),
    "addSelf": ([[3, 7]], lambda a: a + a),
    "subtract": ([[3, 7], [3, 7]], lambda a, b: a - b),
    "subtractSuffix": ([[3, 7], [7]], lambda a, b: a - b),
    "multiply": ([[3, 7], [3, 7]], lambda a, b: a * b),
    "multiplySuffix": ([[2, 3, 7], [7]], lambda a, b: a * b),
    "multiplyScalarTensor": ([[3, 7], []], lambda a, b: a * b),
    "square": ([[3, 7]], lambda a: a * a),
    "scale": ([[3, 7]], lambda a: a * 2.5),
    "negate": ([[3, 7]], lambda a: -a),
    "gelu": ([[5, 7]], lambda a: F.gelu(a * 3)),
    "geluTanh": ([[5, 7]], lambda a: F.gelu(a * 3, approximate="tanh")),
    "relu": ([[5, 7]], torch.relu, away_from_zero),
    "tanh": ([[5, 7]], torch.tanh),
    "sigmoid": ([[5, 7]], lambda a: torch.sigmoid(a * 3)),
    "softmax": ([[4, 9]], lambda a: (a * 2).softmax(-1)),
    "logSoftmax": ([[4, 9]], lambda a: (a * 2).log_softmax(-1)),
    "matmul": ([[5, 7], [7, 3]], lambda a, b: a @ b),
    "matmulTA": ([[7, 5], [7, 3]], lambda a, b: a.mT @ b),
    "matmulTB": ([[5, 7], [3, 7]], lambda a, b: a @ b.mT),
    "matmulTATB": ([[7, 5], [3, 7]], lambda a, b: a.mT @ b.mT),
    "matmulBatched": ([[2, 3, 4], [2, 4, 5]], lambda a, b: a @ b),
    "matmulBatchedTA": ([[2, 4, 3], [2, 4, 5]], lambda a, b: a.mT @ b),
    "matmulBatchedTB": ([[2, 3, 4], [2, 5, 4]], lambda a, b: a @ b.mT),
    "matmulBatchedTATB": ([[2, 4, 3], [2, 5, 4]], lambda a, b: a.mT @ b.mT),
    "matmulGram": ([[5, 7]], lambda a: a @ a.mT),
    "linear": ([[2, 3, 7], [5, 7], [5]], F.linear),
    "linearNoBias": ([[3, 7], [5, 7]], F.linear),
    "linearGELU": ([[3, 7], [5, 7], [5]], lambda x, w, b: F.gelu(F.linear(x, w, b))),
    "linearGELUTanh": (
        [[3, 7], [5, 7], [5]], lambda x, w, b: F.gelu(F.linear(x, w, b), approximate="tanh")),
    "linearReLU": (
        [[3, 7], [5, 7], [5]], lambda x, w, b: torch.relu(F.linear(x, w, b)), far_bias),
    "linearReLUResidual": (
        [[3, 7], [5, 7], [5], [3, 5]], lambda x, w, b, r: torch.relu(F.linear(x, w, b)) + r,
        far_bias),
    "linearTanh": ([[3, 7], [5, 7], [5]], lambda x, w, b: torch.tanh(F.linear(x, w, b))),
    "linearSigmoidNoBias": ([[3, 7], [5, 7]], lambda x, w: torch.sigmoid(F.linear(x, w))),
    "linearGELUResidual": (
        [[2, 3, 7], [5, 7], [5], [2, 3, 5]], lambda x, w, b, r: F.gelu(F.linear(x, w, b)) + r),
    "linearOwnResidual": ([[3, 5], [5, 5], [5]], lambda x, w, b: F.linear(x, w, b) + x),
    "layerNorm": ([[2, 3, 7], [7], [7]], lambda x, w, b: F.layer_norm(x, (7,), w, b, 1e-5)),
    "addLayerNorm": ([[3, 7], [3, 7], [7], [7]], add_layer_norm),
    "addLayerNormSum": ([[3, 7], [3, 7], [7], [7]], lambda *x: add_layer_norm(*x)[0]),
    "addLayerNormNormalized": ([[3, 7], [3, 7], [7], [7]], lambda *x: add_layer_norm(*x)[1]),
    "embedding": ([[6, 5]], lambda t: t[torch.tensor([[1, 4, 1], [0, 5, 1]])]),
    "selectedRows": ([[2, 3, 5]], lambda x: x.reshape(6, 5)[torch.tensor([5, 0, 3, 5])]),
    "tied": (
        [[6, 5]],
        lambda t: projected(
            torch.tanh(t[torch.tensor([2, 0, 2, 5])]), t, targets=torch.tensor([0, 2, 5, 1]))),
    "attention": ([[2, 5, 6]] * 3, lambda q, k, v: attention(q, k, v, 2)),
    "attentionCausal": ([[2, 5, 6]] * 3, lambda q, k, v: attention(q, k, v, 3, causal=True)),
    "attentionMasked": (
        [[2, 5, 6]] * 3,
        lambda q, k, v: attention(
            q, k, v, 2, mask=torch.tensor([[1, 1, 1, 0, 0], [1, 0, 1, 1, 1]]))),
    "attentionCross": (
        [[2, 3, 6], [2, 5, 6], [2, 5, 6]],
        lambda q, k, v: attention(q, k, v, 1, mask=lengths([5, 2], 5))),
    "attentionCausalTail": (
        [[2, 2, 6], [2, 5, 6], [2, 5, 6]], lambda q, k, v: attention(q, k, v, 2, causal=True)),
    "attentionPacked": ([[2, 5, 18]], lambda x: packed(x, 2)),
    "attentionPackedCausalMasked": (
        [[2, 5, 18]], lambda x: packed(x, 2, causal=True, mask=lengths([4, 5], 5))),
    "crossEntropy": (
        [[2, 3, 7]], lambda x: F.cross_entropy((x * 2).flatten(0, 1), targets.flatten())),
    "crossEntropySmoothed": (
        [[2, 3, 7]],
        lambda x: F.cross_entropy(x.flatten(0, 1), targets.flatten(), label_smoothing=0.1)),
    "projectedCrossEntropy": ([[2, 3, 4], [7, 4], [7]], projected),
    "projectedCrossEntropySmoothed": (
        [[2, 3, 4], [7, 4]], lambda h, w: projected(h, w, smoothing=0.2)),
    "binaryCrossEntropy": (
        [[3, 5]], lambda x: F.binary_cross_entropy_with_logits(x * 2, probabilities)),
    "meanSquaredError": ([[3, 5]], lambda x: F.mse_loss(x, probabilities)),
    "meanAbsoluteError": (
        [[3, 5]], lambda x: F.l1_loss(x, probabilities), away_from_probabilities),
    "sum": ([[3, 7]], lambda x: (x * x).sum()),
    "mean": ([[3, 7]], lambda x: (x * x).mean()),
    "sumAxis0": ([[3, 4, 5]], lambda x: x.sum(0)),
    "sumAxis1": ([[3, 4, 5]], lambda x: x.sum(1)),
    "sumAxis2": ([[3, 4, 5]], lambda x: x.sum(2)),
    "meanAxis0": ([[3, 4, 5]], lambda x: x.mean(0)),
    "meanAxis1": ([[3, 4, 5]], lambda x: x.mean(1)),
    "meanAxis2": ([[3, 4, 5]], lambda x: x.mean(2)),
    "meanPooled": (
        [[2, 4, 5]],
        lambda x: torch.stack([x[0, [0, 1, 3]].mean(0), x[1, [0]].mean(0)])),
    "reshaped": ([[3, 4]], lambda x: (x.reshape(2, 6) * 3).reshape(12)),
    "slicedAxis0": ([[5, 4]], lambda x: x[1:4]),
    "slicedAxis1": ([[2, 5, 3]], lambda x: x[:, 2:4]),
    "slicedTwice": ([[5, 4]], lambda x: x[:, 0:3] * x[:, 1:4]),
    "concatenatedAxis0": ([[2, 5], [3, 5]], lambda *x: torch.cat(x, 0)),
    "concatenatedAxis1": ([[2, 3, 5], [2, 1, 5], [2, 2, 5]], lambda *x: torch.cat(x, 1)),
    "transposed": ([[3, 7]], lambda x: x.mT),
    "rnnTanh": recurrent_case("tanh"),
    "rnnTanhReverse": recurrent_case("tanh", reverse=True, states=False),
    "rnnReLU": (*recurrent_case("relu"), far_sums),
    "gru": recurrent_case("gru"),
    "gruReverse": recurrent_case("gru", reverse=True, counts=(3, 3, 1)),
    "gruResetBefore": recurrent_case("resetBefore"),
    "gruResetBeforeReverse": recurrent_case("resetBefore", reverse=True, states=False),
    "lstm": recurrent_case("lstm"),
    "lstmZeroState": recurrent_case("lstm", states=False),
    "lstmReverse": recurrent_case("lstm", reverse=True),
    "lstmProjected": recurrent_case("lstm", projection=True),
    "lstmTwoPasses": ([[9, 3], [20, 3], [20, 4], [20], [20], [4, 5]] * 2, two_passes),
    "timeMajor": ([[3, 4, 2]], lambda x: torch.stack([
        x[1, 0], x[2, 0], x[0, 0], x[1, 1], x[2, 1], x[0, 1], x[1, 2], x[2, 2], x[1, 3]])),
    "padded": ([[9, 2]], lambda x: torch.stack([
        torch.stack([x[i] if i >= 0 else x[0] * 0 for i in row])
        for row in [[2, 5, -1, -1], [0, 3, 6, 8], [1, 4, 7, -1]]])),
    "orderedState": ([[3, 2]], lambda x: x[[1, 2, 0]]),
    "restoredState": ([[3, 2]], lambda x: x[[2, 0, 1]]),
}


def write(cases, path, seed):
    """Each case's inputs, weights, outputs and gradients, in one file."""
    tensors = {}
    for name, (shapes, function, *prepare) in cases.items():
        inputs = [torch.rand(shape) * 2 - 1 for shape in shapes]
        if prepare:
            inputs = prepare[0](inputs)
        leaves = [x.double().requires_grad_() for x in inputs]
        outputs = function(*leaves)
        outputs = list(outputs) if isinstance(outputs, tuple) else [outputs]
        weights = [torch.rand(y.shape) * 2 - 1 for y in outputs]
        loss = sum((y * w.double()).sum() for y, w in zip(outputs, weights))
        gradients = torch.autograd.grad(loss, leaves, allow_unused=True, materialize_grads=True)
        for kind, values in [
            ("input", inputs), ("weight", weights), ("output", outputs), ("gradient", gradients)]:
            for index, value in enumerate(values):
                tensors[f"{name}.{kind}.{index}"] = value.detach().float().contiguous().clone()
    save_file(tensors, path, metadata={"torch": torch.__version__, "seed": str(seed)})
    print(len(cases), "cases,", sum(x.numel() for x in tensors.values()), "numbers")


if __name__ == "__main__":
    write(cases, "operators.safetensors", 7)
