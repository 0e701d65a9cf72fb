"""Writes the PyTorch goldens of the recurrent and feed-forward language models.

usage: python make_language_model_goldens.py        (needs torch, numpy and safetensors)

As make_goldens.py does, everything is computed in float64 from float32 weights and rounded once. Parameters have
Sesame's paths behind "NAME/weight/" and "NAME/gradient/". The ten steps read the ids in order, two batches of the
text by turns: a recurrent state is carried, detached, from each to the next.
"""

import os

import numpy
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file

SEED = 20261121
HERE = os.path.dirname(os.path.abspath(__file__))
V, E, H, B, T = 37, 12, 16, 3, 7


class Recurrent(torch.nn.Module):
    def __init__(self, cell, layers, tied, projection=0):
        super().__init__()
        size = projection or H
        width = size if tied else E
        self.embedding = torch.nn.Embedding(V, width)
        kinds = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}
        more = {"proj_size": projection} if projection else {}
        self.network = kinds[cell](width, H, layers, batch_first=True, **more)
        self.output = torch.nn.Linear(size, V)
        self.layers = layers
        if tied:
            self.output.weight = self.embedding.weight

    def forward(self, ids, state=None):
        output, state = self.network(self.embedding(ids), state)
        return self.output(output), state

    def named(self):
        result = {"tokenEmbedding.weight": self.embedding.weight}
        parts = [("weight_ih", "inputWeight"), ("weight_hh", "recurrentWeight")]
        parts += [("bias_ih", "inputBias"), ("bias_hh", "recurrentBias")]
        parts += [("weight_hr", "projection")]
        for layer in range(self.layers):
            for theirs, ours in parts:
                value = getattr(self.network, f"{theirs}_l{layer}", None)
                if value is not None:
                    result[f"layers.{layer}.forward.{ours}"] = value
        if self.output.weight is not self.embedding.weight:
            result["output.weight"] = self.output.weight
        result["output.bias"] = self.output.bias
        return result


class Bengio(torch.nn.Module):
    """Eq. 1 of the paper; `direct` adds W x."""

    def __init__(self, context, direct):
        super().__init__()
        self.context = context
        self.direct = direct
        self.embedding = torch.nn.Embedding(V + 1, E)
        self.hidden = torch.nn.Linear(context * E, H)
        self.output = torch.nn.Linear(H + (context * E if direct else 0), V)

    def forward(self, ids, state=None):
        padded = F.pad(ids, (self.context - 1, 0), value=V)
        windows = padded.unfold(1, self.context, 1)
        x = self.embedding(windows).flatten(2)
        y = torch.tanh(self.hidden(x))
        return self.output(torch.cat([y, x], -1) if self.direct else y), None

    def named(self):
        return {
            "tokenEmbedding.weight": self.embedding.weight,
            "hidden.weight": self.hidden.weight,
            "hidden.bias": self.hidden.bias,
            "output.weight": self.output.weight,
            "output.bias": self.output.bias,
        }


def score(logits, targets):
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-100)


def detached(state):
    if state is None:
        return None
    return tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()


def write(tensors, name, model, optimizer):
    for parameter in model.parameters():
        parameter.data = (torch.randn(parameter.shape, dtype=torch.float32) * 0.3).to(torch.float64)
    for path, parameter in model.named().items():
        tensors[f"{name}/weight/{path}"] = parameter.clone()
    ids = torch.randint(0, V, (2, B, T))
    targets = torch.randint(0, V, (2, B, T))
    targets[0, 1, 4] = -100
    tensors[f"{name}/ids"], tensors[f"{name}/targets"] = ids, targets
    # The second batch with the state after the first.
    _, state = model(ids[0])
    logits, after = model(ids[1], detached(state))
    tensors[f"{name}/logits"] = logits
    if after is not None:
        hidden, cell = after if isinstance(after, tuple) else (after, None)
        tensors[f"{name}/hidden"] = hidden
        if cell is not None:
            tensors[f"{name}/cell"] = cell
    loss = score(logits, targets[1])
    tensors[f"{name}/loss"] = loss.reshape(1)
    loss.backward()
    for path, parameter in model.named().items():
        tensors[f"{name}/gradient/{path}"] = parameter.grad.clone()
    losses, norms, state = [], [], None
    step = optimizer(model.parameters())
    for number in range(10):
        step.zero_grad()
        logits, state = model(ids[number % 2], detached(state))
        loss = score(logits, targets[number % 2])
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(model.parameters(), 0.25)))
        losses.append(float(loss.detach()))
        step.step()
    tensors[f"{name}/curve"] = torch.tensor(losses)
    tensors[f"{name}/norms"] = torch.tensor(norms)
    for path, parameter in model.named().items():
        tensors[f"{name}/final/{path}"] = parameter.detach().clone()


def main():
    torch.manual_seed(SEED)
    torch.set_default_dtype(torch.float64)
    sgd = lambda parameters: torch.optim.SGD(parameters, lr=2)
    adam = lambda parameters: torch.optim.AdamW(parameters, lr=1e-2, weight_decay=0)
    tensors = {}
    write(tensors, "lstm", Recurrent("lstm", 2, tied=False), sgd)
    write(tensors, "lstm-tied", Recurrent("lstm", 2, tied=True), adam)
    write(tensors, "lstm-projection", Recurrent("lstm", 2, tied=False, projection=8), adam)
    write(tensors, "gru", Recurrent("gru", 2, tied=False), sgd)
    write(tensors, "rnn-tanh", Recurrent("rnn", 1, tied=True), sgd)
    write(tensors, "nnlm", Bengio(3, direct=False), adam)
    write(tensors, "nnlm-direct", Bengio(4, direct=True), sgd)
    arrays = {
        name: numpy.ascontiguousarray(value.detach().to(torch.float32).numpy())
        for name, value in tensors.items()
    }
    about = {
        "script": "Tests/SesameModelsTests/Goldens/make_language_model_goldens.py",
        "torch": torch.__version__,
        "seed": str(SEED),
    }
    path = os.path.join(HERE, "language-models.safetensors")
    save_file(arrays, path, metadata=about)
    print(os.path.basename(path), os.path.getsize(path), "bytes")


main()
