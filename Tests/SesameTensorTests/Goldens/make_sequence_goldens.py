"""Writes sequence-operators.safetensors: the operators of recurrent and convolutional models as PyTorch computes them.

    python make_sequence_goldens.py

Made with torch 2.13.0 (CPU), seed 11. Names, shapes and constants are those of SequenceOperatorCases.swift;
the file's layout is that of make_goldens.py.
"""

import torch

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


cases = {
    "additiveScores": ([[2, 3, 9], [2, 5, 9], [9]], additive),
    "additiveWeights": (
        [[3, 2, 19], [3, 4, 19], [19]],
        lambda q, k, v: prefix_softmax(additive(q, k, v), [4, 0, 2])),
    "softmaxLengths": ([[3, 2, 5]], lambda x: prefix_softmax(x * 2, [5, 3, 0])),
    "softmaxLengthsMatrix": ([[3, 7]], lambda x: prefix_softmax(x * 2, [1, 7, 4])),
}

if __name__ == "__main__":
    write(cases, "sequence-operators.safetensors", 11)
