"""Writes sequence-operators.safetensors: the operators of recurrent and convolutional models as PyTorch computes them.

    python make_sequence_goldens.py

Made with torch 2.13.0 (CPU), seed 11. Names, shapes and constants are those of SequenceOperatorCases.swift;
the file's layout is that of make_goldens.py.
"""

import torch
import torch.nn.functional as F

from make_goldens import write

torch.manual_seed(11)


def prefix_softmax(x, lengths):
    """The softmax of the first values of each row, by the definition: nothing beyond them takes part."""
    rows = []
    for row, n in zip(x, lengths):
        part = row[..., :n].softmax(-1) if n else row[..., :0]
        rows.append(torch.cat([part, torch.zeros(*row.shape[:-1], row.shape[-1] - n, dtype=x.dtype)], -1))
    return torch.stack(rows)


def additive(query, key, vector):
    return torch.tanh(query[:, :, None, :] + key[:, None, :, :]) @ vector


def conv1d(x, weight, bias=None, padding=0, lengths=None):
    """Each sequence by itself, so that nothing beyond its length takes part."""
    width = weight.shape[1]
    total = x.shape[1] + 2 * padding - width + 1
    outputs = []
    for row, n in zip(x, lengths or [x.shape[1]] * len(x)):
        count = max(0, n + 2 * padding - width + 1)
        y = x.new_zeros(0, weight.shape[0])
        if count:
            y = F.conv1d(F.pad(row[:n].T, (padding, padding)), weight.permute(0, 2, 1), bias).T
        outputs.append(torch.cat([y, x.new_zeros(total - count, weight.shape[0])]))
    return torch.stack(outputs)


def pooled(x, lengths, pool):
    return torch.stack([pool(row[:n]) if n else row[0] * 0 for row, n in zip(x, lengths)])


def highway(x, gates, activation):
    t, h = gates.chunk(2, -1)
    return x + torch.sigmoid(t) * (activation(h) - x)


def batch_norm(x, weight, bias, lengths):
    """Over the rows that are no padding; the others give zeros."""
    keep = torch.arange(x.shape[1])[None, :] < torch.tensor(lengths)[:, None]
    y = F.batch_norm(x[keep], None, None, weight, bias, training=True, eps=1e-5)
    return torch.zeros_like(x).masked_scatter(keep[..., None], y)


def crf(emissions, transitions, start, end, tags, lengths):
    """The mean negative log-likelihood, by the forward algorithm in log space."""
    total = 0
    for e, y, n in zip(emissions, tags, lengths):
        if n == 0:
            continue
        alpha = start + e[0]
        score = start[y[0]] + e[0, y[0]]
        for t in range(1, n):
            alpha = torch.logsumexp(alpha[:, None] + transitions, 0) + e[t]
            score = score + transitions[y[t - 1], y[t]] + e[t, y[t]]
        total = total + torch.logsumexp(alpha + end, 0) - score - end[y[n - 1]]
    return total / len(lengths)


cases = {
    "additiveScores": ([[2, 3, 9], [2, 5, 9], [9]], additive),
    "additiveWeights": (
        [[3, 2, 19], [3, 4, 19], [19]],
        lambda q, k, v: prefix_softmax(additive(q, k, v), [4, 0, 2])),
    "softmaxLengths": ([[3, 2, 5]], lambda x: prefix_softmax(x * 2, [5, 3, 0])),
    "softmaxLengthsMatrix": ([[3, 7]], lambda x: prefix_softmax(x * 2, [1, 7, 4])),
    "conv1d": ([[2, 7, 3], [5, 4, 3], [5]], conv1d),
    "conv1dPadded": ([[2, 4, 3], [5, 3, 3], [5]], lambda x, w, b: conv1d(x, w, b, padding=1)),
    "conv1dLengths": (
        [[4, 5, 3], [2, 3, 3], [2]], lambda x, w, b: conv1d(x, w, b, lengths=[3, 5, 1, 0])),
    "conv1dWide": (
        [[3, 4, 2], [3, 5, 2]], lambda x, w: conv1d(x, w, padding=4, lengths=[1, 4, 0])),
    "conv1dShared": ([[2, 5, 3], [3, 2, 3]], lambda x, w: conv1d(torch.tanh(x), w) * conv1d(x, w)),
    "maxOverTime": ([[2, 4, 5]], lambda x: x.max(1).values),
    "maxOverTimeLengths": ([[3, 4, 5]], lambda x: pooled(x, [4, 1, 0], lambda r: r.max(0).values)),
    "meanOverTime": ([[2, 4, 5]], lambda x: x.mean(1)),
    "meanOverTimeLengths": ([[3, 4, 5]], lambda x: pooled(x, [3, 0, 1], lambda r: r.mean(0))),
    "highway": ([[2, 3, 5], [2, 3, 10]], lambda x, g: highway(x, g, torch.relu)),
    "highwayTanh": ([[4, 19], [4, 38]], lambda x, g: highway(x, g, torch.tanh)),
    "batchNorm": (
        [[5, 7], [7], [7]], lambda x, w, b: F.batch_norm(x, None, None, w, b, True, eps=1e-5)),
    "batchNormLengths": (
        [[3, 4, 5], [5], [5]], lambda x, w, b: batch_norm(x, w, b, [4, 0, 2])),
    "batchNormFixed": (
        [[4, 3], [3], [3]],
        lambda x, w, b: F.batch_norm(
            x, torch.tensor([0.5, -0.25, 0.0]).double(), torch.tensor([2.0, 0.5, 1.0]).double(),
            w, b, False, eps=1e-5)),
    "crfLoss": (
        [[4, 5, 3], [3, 3], [3], [3]],
        lambda e, a, s, f: crf(
            e * 3, a * 2, s, f,
            [[0, 2, 1, 1, 0], [2, 2, 1, 0, 0], [1, 0, 0, 0, 0], [0, 0, 0, 0, 0]], [5, 3, 1, 0])),
}

if __name__ == "__main__":
    write(cases, "sequence-operators.safetensors", 11)
