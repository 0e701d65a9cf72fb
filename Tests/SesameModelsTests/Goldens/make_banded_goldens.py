"""Writes gpt2-banded.safetensors: the GPT-2 of gpt2.safetensors whose layer 1 is locally banded, computed densely.

usage: python make_banded_goldens.py        (needs torch, transformers, numpy and safetensors; make_goldens.py first)

Each layer's scores are masked, all of them computed: causal in layer 0, in layer 1 also without what lies WIDTH or
more positions back. Weights, ids and targets are those of gpt2.safetensors, everything else is in float64.
"""

import os

import numpy
import torch
import torch.nn.functional as F
from safetensors.numpy import load_file, save_file

HERE = os.path.dirname(os.path.abspath(__file__))
HEADS, WIDTH = 4, 5


def forward(weights, ids, banded):
    T = ids.shape[1]
    i, j = torch.arange(T)[:, None], torch.arange(T)[None]
    x = weights["transformer.wte.weight"][ids] + weights["transformer.wpe.weight"][:T]
    for layer in range(2):
        def w(name):
            return weights[f"transformer.h.{layer}.{name}"]

        def norm(x, name):
            return F.layer_norm(x, x.shape[-1:], w(name + ".weight"), w(name + ".bias"), 1e-5)
        visible = j <= i
        if layer in banded:
            visible = visible & (j > i - WIDTH)
        q, k, v = (norm(x, "ln_1") @ w("attn.c_attn.weight") + w("attn.c_attn.bias")).split(x.shape[-1], -1)
        q, k, v = (t.view(*t.shape[:2], HEADS, -1).transpose(1, 2) for t in (q, k, v))
        scores = (q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5).masked_fill(~visible, -torch.inf)
        y = (scores.softmax(-1) @ v).transpose(1, 2).reshape(x.shape)
        x = x + y @ w("attn.c_proj.weight") + w("attn.c_proj.bias")
        inner = F.gelu(norm(x, "ln_2") @ w("mlp.c_fc.weight") + w("mlp.c_fc.bias"), approximate="tanh")
        x = x + inner @ w("mlp.c_proj.weight") + w("mlp.c_proj.bias")
    x = F.layer_norm(
        x, x.shape[-1:], weights["transformer.ln_f.weight"], weights["transformer.ln_f.bias"], 1e-5)
    return x @ weights["transformer.wte.weight"].T


def main():
    golden = {n: torch.tensor(a) for n, a in load_file(os.path.join(HERE, "gpt2.safetensors")).items()}
    weights = {n[7:]: t.double().requires_grad_() for n, t in golden.items() if n.startswith("weight/")}
    ids, targets = golden["ids"].long(), golden["targets"].long()
    # The forward pass above is GPT-2's.
    dense = forward(weights, ids, banded=[])
    assert (dense - golden["logits"].double()).abs().max() < 1e-5
    logits = forward(weights, ids, banded=[1])
    loss = F.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1), ignore_index=-100)
    loss.backward()
    tensors = {"gradient/" + name: tensor.grad for name, tensor in weights.items()}
    tensors["logits"], tensors["loss"] = logits.detach(), loss.detach()
    save_file(
        {name: numpy.ascontiguousarray(tensor.to(torch.float32).numpy()) for name, tensor in tensors.items()},
        os.path.join(HERE, "gpt2-banded.safetensors"),
        metadata={"script": "Tests/SesameModelsTests/Goldens/make_banded_goldens.py", "torch": torch.__version__})


if __name__ == "__main__":
    main()
