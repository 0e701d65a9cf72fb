"""Writes the PyTorch goldens of sequence classification, regression and fine-tuning by layers.

usage: python make_classifier_goldens.py        (needs what make_goldens.py needs)

As in make_goldens.py: float64 from float32 weights, rounded once. "after/", "layerwise/" and "frozen/" are the weights
after ten AdamW steps without dropout: with the same rate for all, with a rate per layer (factor 0.8 from each layer to
the one below), and with the embeddings and the first layer left as they are.
"""

import copy
import os

import torch
import torch.nn.functional as F
import transformers

from make_goldens import HERE, SEED, parameters_and_gradients, randomize, save

LAYERS, DECAY = 2, 0.8


def depth(name):
    if name.startswith("bert.embeddings."):
        return 0
    if name.startswith("bert.encoder.layer."):
        return int(name.split(".")[3]) + 1
    return LAYERS + 1


def train(model, loss, factor):
    """Ten steps at factor(name) × 1e-3, matrices decayed by 0.1; the losses and the weights at the end."""
    groups = []
    for name, parameter in model.named_parameters():
        rate = factor(name)
        parameter.requires_grad_(rate > 0)
        if rate > 0:
            decay = 0.1 if parameter.dim() >= 2 else 0.0
            groups.append({"params": [parameter], "lr": rate * 1e-3, "weight_decay": decay})
    optimizer = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.999), eps=1e-8)
    losses = []
    for _ in range(10):
        optimizer.zero_grad()
        value = loss(model)
        value.backward()
        optimizer.step()
        losses.append(value.detach())
    return torch.stack(losses), {name: p.data for name, p in model.named_parameters()}


def make(name, seed, labels, targets, loss):
    torch.manual_seed(seed)
    config = transformers.BertConfig(
        vocab_size=31, hidden_size=16, num_hidden_layers=LAYERS, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=16, type_vocab_size=2, hidden_act="gelu", layer_norm_eps=1e-12,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, num_labels=labels, attn_implementation="eager")
    model = randomize(transformers.BertForSequenceClassification(config).double(), 0.2)
    ids = torch.randint(1, 31, (4, 12))  # 0 is padding, whose vector transformers does not train
    types = torch.zeros(4, 12, dtype=torch.long)
    types[0, 6:], types[1, 4:9], types[2, 3:7], types[3, 5:] = 1, 1, 1, 1
    mask = torch.ones(4, 12, dtype=torch.long)
    mask[1, 9:], mask[2, 7:] = 0, 0

    def run(model):
        return model(ids, token_type_ids=types, attention_mask=mask, labels=targets)

    tensors = parameters_and_gradients(model, run(model).loss)
    tensors["ids"], tensors["types"], tensors["mask"], tensors["targets"] = ids, types, mask, targets
    tensors["logits"], tensors["loss"] = run(model).logits, run(model).loss
    assert torch.allclose(run(model).loss, loss(run(model).logits, targets))
    for kind, factor in [
        ("after", lambda name: 1.0),
        ("layerwise", lambda name: DECAY ** (LAYERS + 1 - depth(name))),
        ("frozen", lambda name: 1.0 if depth(name) > 1 else 0.0),
    ]:
        curve, weights = train(copy.deepcopy(model), lambda model: run(model).loss, factor)
        tensors["curve/" + kind] = curve
        for key, value in weights.items():
            tensors[f"{kind}/{key}"] = value
    save(os.path.join(HERE, f"{name}.safetensors"), tensors)


if __name__ == "__main__":
    make("classifier", SEED + 20, 3, torch.tensor([2, 0, 1, 2]), lambda x, y: F.cross_entropy(x, y))
    scores = torch.tensor([0.5, -1.25, 3.0, 2.0], dtype=torch.float64)
    make("regressor", SEED + 21, 1, scores, lambda x, y: F.mse_loss(x[:, 0], y))
