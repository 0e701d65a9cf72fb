"""Writes sequence-layers.safetensors: layers of recurrent and convolutional models as PyTorch computes them.

    python make_sequence_goldens.py

Made with torch 2.13.0 (CPU), seed 12. Weights and inputs are Float32; PyTorch computes in Float64, and the
results are rounded to Float32. A case's tensors: CASE/weight/PATH and CASE/input/NAME, the outputs CASE/output/I,
what these are multiplied by before they are summed, CASE/upstream/I, and the gradients of that sum,
CASE/gradient/PATH or NAME.
"""

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

torch.manual_seed(12)
tensors = {}


def case(name, weights, inputs, forward):
    values = {f"weight/{k}": torch.rand(v) * 2 - 1 if isinstance(v, list) else v for k, v in weights.items()}
    values |= {f"input/{k}": torch.rand(v) * 2 - 1 if isinstance(v, list) else v for k, v in inputs.items()}
    leaves = {k: v.double().requires_grad_() for k, v in values.items()}
    by_name = {k.split("/", 1)[1]: v for k, v in leaves.items()}
    outputs = forward(by_name)
    outputs = list(outputs) if isinstance(outputs, tuple) else [outputs]
    upstream = [torch.rand(y.shape) * 2 - 1 for y in outputs]
    loss = sum((y * u.double()).sum() for y, u in zip(outputs, upstream))
    gradients = torch.autograd.grad(loss, list(leaves.values()), allow_unused=True)
    for key, value in values.items():
        tensors[f"{name}/{key}"] = value
    for index, (y, u) in enumerate(zip(outputs, upstream)):
        tensors[f"{name}/output/{index}"] = y
        tensors[f"{name}/upstream/{index}"] = u
    for key, gradient in zip(by_name, gradients):
        if gradient is not None:
            tensors[f"{name}/gradient/{key}"] = gradient


# Attention over encoder states: three sequences of 5, 2 and 3 states.
LENGTHS = torch.tensor([5, 2, 3])


def state_attention(scores):
    def forward(p):
        s = scores(p)
        hidden = torch.arange(5)[None, None, :] >= LENGTHS[:, None, None]
        weights = s.masked_fill(hidden, float("-inf")).softmax(-1)
        return weights @ p["states"], weights

    return forward


inputs = {"query": [3, 4, 6], "states": [3, 5, 6]}
case("dot", {}, inputs, state_attention(lambda p: p["query"] @ p["states"].mT))
inputs = {"query": [3, 4, 6], "states": [3, 5, 7]}
case("bilinear", {"query.weight": [7, 6]}, inputs,
     state_attention(lambda p: F.linear(p["query"], p["query.weight"]) @ p["states"].mT))
case("additive", {"query.weight": [9, 6], "key.weight": [9, 7], "vector": [9]}, inputs,
     state_attention(lambda p: torch.tanh(
         F.linear(p["query"], p["query.weight"])[:, :, None]
         + F.linear(p["states"], p["key.weight"])[:, None]) @ p["vector"]))

# Convolution, highway and batch norm by PyTorch's own layers.
case("conv1d", {"weight": [5, 3, 4], "bias": [5]}, {"x": [2, 6, 4]},
     lambda p: F.conv1d(p["x"].mT, p["weight"].permute(0, 2, 1), p["bias"], padding=2).mT)


def highway(p):
    x = p["x"]
    for i in range(2):
        t, h = F.linear(x, p[f"layers.{i}.weight"], p[f"layers.{i}.bias"]).chunk(2, -1)
        gate = torch.sigmoid(t)
        x = gate * torch.relu(h) + (1 - gate) * x
    return x


case("highway", {f"layers.{i}.{k}": v for i in range(2) for k, v in [("weight", [12, 6]), ("bias", [12])]},
     {"x": [2, 5, 6]}, highway)

case("layerMix", {"weights": [3], "scale": [1]}, {"layers": [3, 2, 4, 5]},
     lambda p: p["scale"] * (p["weights"].softmax(0)[:, None, None, None] * p["layers"]).sum(0))

# Two batches in training, each followed by its update, then evaluation with the running statistics.
norm = torch.nn.BatchNorm1d(5).double()
batches = [torch.rand(7, 5) * 2 - 1, torch.rand(9, 5) * 3]
for x in batches:
    norm(x.double())
case("batchNormTraining", {"weight": [5], "bias": [5]}, {"x": [2, 4, 5]},
     lambda p: F.batch_norm(p["x"].flatten(0, 1), None, None, p["weight"], p["bias"], True).reshape(2, 4, 5))
mean, variance = norm.running_mean.float(), norm.running_var.float()
case("batchNormEvaluation", {"weight": [5], "bias": [5]}, {"x": [2, 4, 5]},
     lambda p: F.batch_norm(p["x"].flatten(0, 1), mean.double(), variance.double(), p["weight"],
                            p["bias"], False).reshape(2, 4, 5))
tensors |= {"running/mean": mean, "running/variance": variance}
tensors |= {f"running/batch/{i}": x for i, x in enumerate(batches)}

save_file({k: v.detach().float().contiguous().clone() for k, v in tensors.items()},
          "sequence-layers.safetensors", metadata={"torch": torch.__version__, "seed": "12"})
print(len(tensors), "tensors,", sum(v.numel() for v in tensors.values()), "numbers")
