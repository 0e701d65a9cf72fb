"""Writes the PyTorch goldens of SesameModelsTests and SesameNNTests.

usage: python make_goldens.py        (needs torch, transformers, numpy and safetensors)

Everything is computed in float64 from float32 weights and then rounded once to float32, so that a golden
is right to the last bit and a test's tolerance measures Sesame alone. Whole numbers (ids, masks, labels)
are stored as float32 too. Models keep Hugging Face's parameter names behind "weight/" and "gradient/",
so the tests also go through the checkpoint mapping.
"""

import os
import sys

import numpy
import torch
import torch.nn.functional as F
import transformers
from safetensors.numpy import save_file

SEED = 20260101
HERE = os.path.dirname(os.path.abspath(__file__))
LAYERS = os.path.join(HERE, "..", "..", "SesameNNTests", "Goldens")


def save(path, tensors):
    arrays = {
        name: numpy.ascontiguousarray(value.detach().to(torch.float32).numpy())
        for name, value in tensors.items()
    }
    about = {
        "script": "Tests/SesameModelsTests/Goldens/make_goldens.py",
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "seed": str(SEED),
    }
    save_file(arrays, path, metadata=about)
    print(os.path.relpath(path, HERE), os.path.getsize(path), "bytes")


def randomize(model, deviation=0.15):
    """Weights large enough that every path matters, rounded to float32."""
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, dtype=torch.float32) * deviation
        if parameter.dim() == 1 and ("ln_" in name or "norm" in name.lower()) and "weight" in name:
            noise = 1 + noise
        parameter.data = noise.to(torch.float64)
    return model.eval()


def training_curve(model, loss, steps=10):
    """Losses of ten AdamW steps with clipping at norm 1, and the gradient norms before clipping."""
    decayed = [p for p in model.parameters() if p.dim() >= 2]
    others = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.95), eps=1e-8)
    losses, norms = [], []
    for _ in range(steps):
        optimizer.zero_grad()
        value = loss()
        value.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0))
        optimizer.step()
        losses.append(value.detach())
    return torch.stack(losses), torch.stack(norms)


def parameters_and_gradients(model, value):
    model.zero_grad()
    value.backward()
    out = {}
    for name, parameter in model.named_parameters():
        out["weight/" + name] = parameter.data.clone()
        gradient = parameter.grad if parameter.grad is not None else torch.zeros_like(parameter)
        out["gradient/" + name] = gradient.clone()
    return out


def gpt2():
    torch.manual_seed(SEED)
    config = transformers.GPT2Config(
        vocab_size=61, n_positions=16, n_embd=32, n_layer=2, n_head=4,
        resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
        attn_implementation="eager", bos_token_id=0, eos_token_id=0)
    model = randomize(transformers.GPT2LMHeadModel(config).double())
    ids = torch.randint(0, 61, (3, 12))
    targets = torch.roll(ids, -1, 1)
    targets[:, -1] = torch.randint(0, 61, (3,))
    targets[1, 9:] = -100  # right padding: nothing is scored there
    targets[2, 5:] = -100
    targets[0, 3] = -100

    def loss():
        logits = model(ids).logits
        return F.cross_entropy(logits.reshape(-1, 61), targets.reshape(-1), ignore_index=-100)

    output = model(ids, output_hidden_states=True)
    tensors = parameters_and_gradients(model, loss())
    tensors["ids"], tensors["targets"] = ids, targets
    tensors["logits"], tensors["loss"] = output.logits, loss()
    for i, hidden in enumerate(output.hidden_states):  # the last one is after the final norm
        tensors[f"hidden/{i}"] = hidden
    tensors["curve"], tensors["norms"] = training_curve(model, loss)
    save(os.path.join(HERE, "gpt2.safetensors"), tensors)


def bert():
    torch.manual_seed(SEED + 1)
    config = transformers.BertConfig(
        vocab_size=61, hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
        intermediate_size=64, max_position_embeddings=16, type_vocab_size=2, hidden_act="gelu",
        layer_norm_eps=1e-12, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        attn_implementation="eager")
    model = randomize(transformers.BertForPreTraining(config).double())
    ids = torch.randint(0, 61, (3, 12))
    types = torch.zeros(3, 12, dtype=torch.long)
    types[0, 6:], types[1, 4:9], types[2, 3:7] = 1, 1, 1
    mask = torch.ones(3, 12, dtype=torch.long)
    mask[1, 9:], mask[2, 7:] = 0, 0
    labels = torch.full((3, 12), -100)
    for row, column in [(0, 1), (0, 5), (0, 11), (1, 2), (1, 8), (2, 4)]:
        labels[row, column] = torch.randint(0, 61, (1,)).item()
    following = torch.tensor([0, 1, 1])

    def run():
        return model(ids, token_type_ids=types, attention_mask=mask, output_hidden_states=True)

    def losses():
        output = run()
        masked = F.cross_entropy(
            output.prediction_logits.reshape(-1, 61), labels.reshape(-1), ignore_index=-100)
        return masked, F.cross_entropy(output.seq_relationship_logits, following)

    output = run()
    masked, next_sentence = losses()
    tensors = parameters_and_gradients(model, masked + next_sentence)
    tensors["ids"], tensors["types"], tensors["mask"] = ids, types, mask
    tensors["labels"], tensors["following"] = labels, following
    tensors["logits"] = output.prediction_logits
    tensors["following_logits"] = output.seq_relationship_logits
    tensors["pooled"] = model.bert(ids, token_type_ids=types, attention_mask=mask).pooler_output
    tensors["masked_loss"], tensors["following_loss"] = masked, next_sentence
    for i, hidden in enumerate(output.hidden_states):
        tensors[f"hidden/{i}"] = hidden
    tensors["curve"], tensors["norms"] = training_curve(model, lambda: sum(losses()))
    save(os.path.join(HERE, "bert.safetensors"), tensors)


def layers():
    """nn.Transformer{Encoder,Decoder}Layer in both norm placements, forward and all gradients."""
    torch.manual_seed(SEED + 2)
    tensors = {}
    B, T, S, C = 2, 6, 5, 16
    lengths = torch.tensor([6, 4])
    keep = torch.arange(T)[None] < lengths[:, None]
    tensors["keep"] = keep
    memory_keep = torch.arange(S)[None] < torch.tensor([3, 5])[:, None]
    tensors["memory_keep"] = memory_keep
    causal = torch.nn.Transformer.generate_square_subsequent_mask(T, dtype=torch.float64)
    exact, tanh = F.gelu, lambda x: F.gelu(x, approximate="tanh")

    def record(case, layer, inputs, forward):
        y = forward()
        upstream = torch.randn(y.shape, dtype=torch.float32).double()
        (y * upstream).sum().backward()
        for name, parameter in layer.named_parameters():
            tensors[f"{case}/weight/{name}"] = parameter.data
            tensors[f"{case}/gradient/{name}"] = parameter.grad
        for name, value in inputs.items():
            tensors[f"{case}/{name}"] = value
            tensors[f"{case}/gradient_of/{name}"] = value.grad
        tensors[f"{case}/upstream"], tensors[f"{case}/output"] = upstream, y

    def fresh(*shape):
        return torch.randn(*shape, dtype=torch.float32).double().requires_grad_()

    for case, first, activation in [
            ("encoder_post", False, exact), ("encoder_pre", True, tanh), ("encoder_relu", False, F.relu)]:
        layer = randomize(torch.nn.TransformerEncoderLayer(
            C, 2, 24, 0.0, activation, norm_first=first, batch_first=True).double(), 0.3).train()
        x = fresh(B, T, C)
        record(case, layer, {"x": x}, lambda: layer(x, src_key_padding_mask=~keep))
    for case, first in [("decoder_post", False), ("decoder_pre", True)]:
        layer = randomize(torch.nn.TransformerDecoderLayer(
            C, 2, 24, 0.0, exact, norm_first=first, batch_first=True).double(), 0.3).train()
        x, memory = fresh(B, T, C), fresh(B, S, C)
        record(case, layer, {"x": x, "memory": memory}, lambda: layer(
            x, memory, tgt_mask=causal, memory_key_padding_mask=~memory_keep))
    save(os.path.join(LAYERS, "layers.safetensors"), tensors)


def optimizers():
    """Ten steps of each optimizer on the same gradients."""
    torch.manual_seed(SEED + 3)
    start = {"matrix": torch.randn(5, 3), "vector": torch.randn(37)}
    gradients = {name: torch.randn(10, *value.shape) for name, value in start.items()}
    tensors = {"start/" + n: v for n, v in start.items()}
    tensors.update({"gradients/" + n: v for n, v in gradients.items()})
    cases = {
        "sgd": lambda p: torch.optim.SGD(p, lr=0.05),
        "momentum": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=0.01),
        "nesterov": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True),
        "adam": lambda p: torch.optim.Adam(p, lr=0.01, weight_decay=0.02),
        "adamw": lambda p: torch.optim.AdamW(
            [{"params": p[:1], "weight_decay": 0.1}, {"params": p[1:], "weight_decay": 0.0}],
            lr=0.01, betas=(0.9, 0.95)),
    }
    for case, make in cases.items():
        values = {n: v.double().clone().requires_grad_() for n, v in start.items()}
        optimizer = make(list(values.values()))
        for step in range(10):
            for name, value in values.items():
                value.grad = gradients[name][step].double()
            optimizer.step()
        tensors.update({f"{case}/{n}": v for n, v in values.items()})
    save(os.path.join(LAYERS, "optimizers.safetensors"), tensors)


if __name__ == "__main__":
    print("torch", torch.__version__, "transformers", transformers.__version__, file=sys.stderr)
    gpt2()
    bert()
    layers()
    optimizers()
