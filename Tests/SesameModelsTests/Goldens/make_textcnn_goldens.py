"""Writes the PyTorch goldens of TextCNN classifiers, with and without batch norm.

usage: python make_textcnn_goldens.py        (needs torch and safetensors)

As in make_goldens.py: float64 from float32 weights, rounded once. Texts of several lengths are padded with an id
that has a vector, each text by itself through the convolutions, so that padding cannot take part. "after/" are the
weights (and running statistics) after ten AdamW steps, "curve" the losses on the way.
"""

import os

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

HERE = os.path.dirname(os.path.abspath(__file__))
WIDTHS, FILTERS, SIZE, WORDS, LABELS = [2, 3], 4, 5, 11, 3
LENGTHS = [6, 1, 4, 3]


class TextCNN(torch.nn.Module):
    def __init__(self, norms):
        super().__init__()
        self.embedding = torch.nn.Embedding(WORDS, SIZE)
        self.convolutions = torch.nn.ModuleList(
            torch.nn.Conv1d(SIZE, FILTERS, w, padding=w - 1) for w in WIDTHS)
        self.norms = torch.nn.ModuleList(torch.nn.BatchNorm1d(FILTERS) for _ in WIDTHS if norms)
        self.head = torch.nn.Linear(len(WIDTHS) * FILTERS, LABELS)

    def forward(self, ids):
        pooled = []
        for i, convolution in enumerate(self.convolutions):
            windows = [convolution(self.embedding(row[:n]).T[None])[0].T for row, n in zip(ids, LENGTHS)]
            if self.norms:
                counts = [len(w) for w in windows]
                windows = self.norms[i](torch.cat(windows)).split(counts)
            pooled.append(torch.stack([torch.relu(w).max(0).values for w in windows]))
        return self.head(torch.cat(pooled, 1))


def ours(model, values):
    """The tensors under our names, in our layout."""
    result = {}
    for name, tensor in values.items():
        if name.endswith("num_batches_tracked"):
            continue
        name = name.replace("running_mean", "runningMean").replace("running_var", "runningVariance")
        if name.startswith("convolutions") and name.endswith("weight"):
            tensor = tensor.permute(0, 2, 1)
        result[name if name.startswith("head") else "textCNN." + name] = tensor
    return result


def make(name, seed, norms):
    torch.manual_seed(seed)
    model = TextCNN(norms)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_((torch.rand(parameter.shape) * 2 - 1) * 0.7)
    model = model.double().train()
    ids = torch.randint(0, WORDS, (len(LENGTHS), max(LENGTHS)))
    targets = torch.tensor([2, 0, 1, 2])
    tensors = {f"weight/{k}": v.clone() for k, v in ours(model, model.state_dict()).items()}
    tensors |= {"ids": ids, "targets": targets}
    optimizer = torch.optim.AdamW(
        [{"params": [p], "weight_decay": 0.1 if p.dim() >= 2 else 0.0} for p in model.parameters()],
        lr=1e-2, eps=1e-3)  # with 1e-8 the rounding of gradients that are 0 would make steps
    losses = []
    for step in range(10):
        optimizer.zero_grad()
        logits = model(ids)
        loss = F.cross_entropy(logits, targets)
        loss.backward()
        if step == 0:
            tensors["logits"], tensors["loss"] = logits.detach(), loss.detach()
            gradients = {k: p.grad.clone() for k, p in model.named_parameters()}
            tensors |= {f"gradient/{k}": v for k, v in ours(model, gradients).items()}
        optimizer.step()
        losses.append(loss.detach())
    tensors["curve"] = torch.stack(losses)
    tensors |= {f"after/{k}": v for k, v in ours(model, model.state_dict()).items()}
    tensors["evaluation"] = model.eval()(ids).detach()
    save_file({k: v.float().contiguous().clone() for k, v in tensors.items()},
              os.path.join(HERE, f"{name}.safetensors"),
              metadata={"script": "make_textcnn_goldens.py", "torch": torch.__version__, "seed": str(seed)})
    print(name, len(tensors), "tensors")


if __name__ == "__main__":
    make("textcnn", 31, False)
    make("textcnn-norms", 32, True)
