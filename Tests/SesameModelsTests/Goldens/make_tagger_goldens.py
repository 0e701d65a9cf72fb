"""Writes the PyTorch goldens of taggers: BiLSTM over words, characters and mixed layers, with a field and without.

usage: python make_tagger_goldens.py        (needs torch and safetensors)

As in make_goldens.py: float64 from float32 weights, rounded once. Each sentence is read by itself, so that padding
cannot take part. "after/" are the weights after ten AdamW steps, "curve" the losses on the way.
"""

import os

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

HERE = os.path.dirname(os.path.abspath(__file__))
WORDS, SIZE, LETTERS, LETTER_SIZE, FILTERS, WIDTH = 13, 4, 9, 3, 5, 3
LAYERS, CONTEXT, HIDDEN, TAGS = 3, 6, 7, 4
LENGTHS = [5, 1, 3]


class Tagger(torch.nn.Module):
    def __init__(self, crf, context):
        super().__init__()
        self.embedding = torch.nn.Embedding(WORDS, SIZE)
        self.characterEmbedding = torch.nn.Embedding(LETTERS, LETTER_SIZE)
        self.characterConvolution = torch.nn.Conv1d(LETTER_SIZE, FILTERS, WIDTH, padding=WIDTH - 1)
        inputs = SIZE + FILTERS
        if context:
            self.weights, self.scale = torch.nn.Parameter(torch.zeros(LAYERS)), torch.nn.Parameter(torch.zeros(1))
            inputs += CONTEXT
        self.recurrent = torch.nn.LSTM(inputs, HIDDEN, num_layers=2, bidirectional=True, batch_first=True)
        self.output = torch.nn.Linear(2 * HIDDEN, TAGS)
        if crf:
            self.transitions = torch.nn.Parameter(torch.zeros(TAGS, TAGS))
            self.start, self.end = torch.nn.Parameter(torch.zeros(TAGS)), torch.nn.Parameter(torch.zeros(TAGS))

    def scores(self, words, letters, layers):
        features = torch.stack([
            torch.tanh(self.characterConvolution(self.characterEmbedding(word).T[None])[0].max(1).values)
            for word in letters])
        parts = [self.embedding(words), features]
        if hasattr(self, "weights"):
            parts.append(self.scale * (self.weights.softmax(0)[:, None, None] * layers).sum(0))
        return self.output(self.recurrent(torch.cat(parts, 1)[None])[0][0])

    def loss(self, scores, tags):
        if not hasattr(self, "transitions"):
            return F.cross_entropy(torch.cat(scores), torch.cat(tags))
        total = 0
        for e, y in zip(scores, tags):
            alpha, score = self.start + e[0], self.start[y[0]] + e[0, y[0]]
            for t in range(1, len(e)):
                alpha = torch.logsumexp(alpha[:, None] + self.transitions, 0) + e[t]
                score = score + self.transitions[y[t - 1], y[t]] + e[t, y[t]]
            total = total + torch.logsumexp(alpha + self.end, 0) - score - self.end[y[-1]]
        return total / len(scores)


def ours(values):
    """The tensors under our names, in our layout."""
    result = {}
    gates = {"weight_ih": "inputWeight", "weight_hh": "recurrentWeight", "bias_ih": "inputBias", "bias_hh": "recurrentBias"}
    for name, tensor in values.items():
        if name == "characterConvolution.weight":
            tensor = tensor.permute(0, 2, 1)
        if name.startswith("recurrent."):
            kind, layer = name.removeprefix("recurrent.").rsplit("_l", 1)
            direction = "backward" if layer.endswith("_reverse") else "forward"
            name = f"recurrent.layers.{layer[0]}.{direction}.{gates[kind]}"
        if name in ("transitions", "start", "end"):
            name = "field." + name
        if name in ("weights", "scale"):
            name = "mix." + name
        result[name] = tensor
    return result


def make(name, seed, crf, context):
    torch.manual_seed(seed)
    model = Tagger(crf, context)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_((torch.rand(parameter.shape) * 2 - 1) * 0.6)
    model = model.double()
    words = [torch.randint(0, WORDS, (n,)) for n in LENGTHS]
    # A word is spelt by its id, so that equal words have equal letters.
    spelling = [torch.randint(2, LETTERS, (1 + w % 4,)) for w in range(WORDS)]
    layers = [torch.rand(LAYERS, n, CONTEXT) * 2 - 1 for n in LENGTHS]
    tags = [torch.randint(0, TAGS, (n,)) for n in LENGTHS]

    def forward():
        return [model.scores(w, [spelling[i] for i in w], l.double()) for w, l in zip(words, layers)]

    def padded(rows):
        shape = (len(rows), max(LENGTHS)) + rows[0].shape[1:]
        result = torch.zeros(shape, dtype=rows[0].dtype)
        for i, row in enumerate(rows):
            result[i, : len(row)] = row
        return result

    tensors = {f"weight/{k}": v.clone() for k, v in ours(dict(model.named_parameters())).items()}
    tensors |= {
        "words": padded(words), "tags": padded(tags),
        "context": torch.stack([padded([l[i] for l in layers]) for i in range(LAYERS)]),
        "spelling": torch.nn.utils.rnn.pad_sequence(spelling, batch_first=True)}
    optimizer = torch.optim.AdamW(
        [{"params": [p], "weight_decay": 0.1 if p.dim() >= 2 else 0.0} for p in model.parameters()],
        lr=1e-2, eps=1e-3)
    losses = []
    for step in range(10):
        optimizer.zero_grad()
        scores = forward()
        loss = model.loss(scores, tags)
        loss.backward()
        if step == 0:
            tensors["scores"], tensors["loss"] = padded(scores), loss
            gradients = {k: p.grad.clone() for k, p in model.named_parameters()}
            tensors |= {f"gradient/{k}": v for k, v in ours(gradients).items()}
        optimizer.step()
        losses.append(loss.detach())
    tensors["curve"] = torch.stack(losses)
    tensors |= {f"after/{k}": v.clone() for k, v in ours(dict(model.named_parameters())).items()}
    save_file({k: v.detach().float().contiguous().clone() for k, v in tensors.items()},
              os.path.join(HERE, f"{name}.safetensors"),
              metadata={"script": "make_tagger_goldens.py", "torch": torch.__version__, "seed": str(seed)})
    print(name, len(tensors), "tensors")


if __name__ == "__main__":
    make("tagger", 41, True, True)
    make("tagger-softmax", 42, False, False)
