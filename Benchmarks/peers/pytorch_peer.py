"""What a PyTorch user would run instead: the peer side of the figures in Docs/performance.md.

    python3 -m venv peers && peers/bin/pip install torch==2.13.0
    peers/bin/python Benchmarks/peers/pytorch_peer.py gemm 512 512 512 [bfloat16]
    peers/bin/python Benchmarks/peers/pytorch_peer.py lm nano [bfloat16]
    peers/bin/python Benchmarks/peers/pytorch_peer.py bilm 512 128 [bfloat16]
    peers/bin/python Benchmarks/peers/pytorch_peer.py text FILE

`gemm` prints GFLOP/s of one product, `lm` the tokens/s of a training step (forward, backward, clipping at
norm 1, fused AdamW) and of an inference forward, `bilm HIDDEN PROJECTION` the words/s of a bidirectional LSTM language model's
(two layers a direction, 32 × 20 words, vocabulary 10,000, clipping at norm 10, Adam), `text` trains nanoGPT's CPU quick start (4 layers, 4 heads, 128 wide,
context 64, batch 12, 2000 iterations) on characters and prints the seconds and the loss over the whole last tenth.
Two threads, medians, as sesame-bench does.
"""

import math
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

THREADS = 2
# layers, heads, width, context, batch, vocabulary, causal
CONFIGURATIONS = {
    "nano": (4, 4, 128, 64, 12, 65, True),
    "baby": (6, 6, 384, 256, 8, 65, True),
    "gpt2s": (12, 12, 768, 256, 1, 50257, True),
    "bertmini": (4, 4, 256, 128, 16, 30522, False),
    "bertbase": (12, 12, 768, 128, 2, 30522, False),
}


class Block(nn.Module):
    """A pre-norm Transformer block with a packed projection and PyTorch's fused attention."""

    def __init__(self, width, heads, causal):
        super().__init__()
        self.heads, self.causal = heads, causal
        self.attention_norm, self.network_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.projection, self.output = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        batch, length, width = x.shape
        packed = self.projection(self.attention_norm(x))
        query, key, value = packed.view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(query, key, value, is_causal=self.causal)
        x = x + self.output(mixed.transpose(1, 2).reshape(batch, length, width))
        return x + self.down(F.gelu(self.up(self.network_norm(x)), approximate="tanh"))


class LanguageModel(nn.Module):
    def __init__(self, layers, heads, width, context, vocabulary, causal):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(vocabulary, width), nn.Embedding(context, width)
        self.blocks = nn.Sequential(*(Block(width, heads, causal) for _ in range(layers)))
        self.norm, self.causal = nn.LayerNorm(width), causal

    def forward(self, ids):
        return self.norm(self.blocks(self.tokens(ids) + self.positions.weight[: ids.shape[1]]))

    def loss(self, ids, targets):
        hidden, targets = self(ids).flatten(0, 1), targets.flatten()
        if not self.causal:  # masked language models score 15 % of the positions
            scored = int(0.15 * len(targets))
            hidden, targets = hidden[:scored], targets[:scored]
        return F.cross_entropy((hidden @ self.tokens.weight.T).float(), targets)


def median_seconds(work, seconds):
    work(), work()
    times, begin = [], time.perf_counter()
    while time.perf_counter() - begin < seconds or len(times) < 3:
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return sorted(times)[len(times) // 2]


def gemm(m, n, k, precision="float32"):
    a, b = (torch.randn(*shape, dtype=getattr(torch, precision)) for shape in ((m, k), (k, n)))
    print(f"gemm {m} {n} {k} {precision}: {2e-9 * m * n * k / median_seconds(lambda: a @ b, 3):.1f} GFLOP/s")


def lm(name, precision="float32"):
    layers, heads, width, context, batch, vocabulary, causal = CONFIGURATIONS[name]
    model = LanguageModel(layers, heads, width, context, vocabulary, causal)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4, fused=True)
    mixed = torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16")
    ids, targets = torch.randint(vocabulary, (2, batch, context))

    def train():
        with mixed:
            loss = model.loss(ids, targets)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    def infer():
        with torch.inference_mode(), mixed:
            model(ids)

    tokens = batch * context
    print(f"lm.{name}.train {precision}: {tokens / median_seconds(train, 6):.0f} tokens/s")
    print(f"lm.{name}.infer {precision}: {tokens / median_seconds(infer, 3):.0f} tokens/s")


class BiLanguageModel(nn.Module):
    """Two stacks of two LSTM layers, the second with a residual, and one output layer for both directions."""

    def __init__(self, hidden, projection, vocabulary):
        super().__init__()
        self.words, self.output = nn.Embedding(vocabulary, projection), nn.Linear(projection, vocabulary)
        size = projection if projection != hidden else 0
        self.stacks = nn.ModuleList(
            nn.ModuleList(nn.LSTM(projection, hidden, proj_size=size, batch_first=True) for _ in range(2))
            for _ in range(2))

    def forward(self, ids):
        x = self.words(ids)
        results = []
        for stack, x in zip(self.stacks, (x, x.flip(1))):
            first, _ = stack[0](x)
            results.append(stack[1](first)[0] + first)
        return results[0], results[1].flip(1)

    def loss(self, ids):
        forward, backward = self(ids)
        pairs = (forward[:, :-1], ids[:, 1:]), (backward[:, 1:], ids[:, :-1])
        return sum(F.cross_entropy(self.output(x).float().flatten(0, 1), y.flatten()) for x, y in pairs)


def bilm(hidden, projection, precision="float32"):
    model, ids = BiLanguageModel(hidden, projection, 10000), torch.randint(10000, (32, 20))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    mixed = torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16")

    def train():
        with mixed:
            loss = model.loss(ids)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 10.0)
        optimizer.step()

    def infer():
        with torch.inference_mode(), mixed:
            model(ids)

    name = f"{hidden}/{projection} {precision}"
    print(f"bilm.train {name}: {ids.numel() / median_seconds(train, 6):.0f} words/s")
    print(f"bilm.infer {name}: {ids.numel() / median_seconds(infer, 3):.0f} words/s")


def text(path):
    characters = open(path, encoding="utf-8").read()
    ids = {character: i for i, character in enumerate(sorted(set(characters)))}
    data = torch.tensor([ids[character] for character in characters])
    cut = int(0.9 * len(data))
    train, validation = data[:cut], data[cut:]
    context, batch, steps = 64, 12, 2000
    model = LanguageModel(4, 4, 128, context, len(ids), True)
    for parameter in model.parameters():
        if parameter.dim() > 1:
            nn.init.normal_(parameter, std=0.02)
    optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.99), weight_decay=0.1, fused=True)
    begin = time.perf_counter()
    for step in range(steps):
        fall = 0.5 * (1 + math.cos(math.pi * (step - 100) / (steps - 100)))
        optimizer.param_groups[0]["lr"] = 1e-5 * (step + 1) if step < 100 else 1e-4 + 9e-4 * fall
        starts = torch.randint(len(train) - context - 1, (batch,))
        windows = torch.stack([train[i : i + context + 1] for i in starts])
        loss = model.loss(windows[:, :-1], windows[:, 1:])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    seconds = time.perf_counter() - begin
    with torch.inference_mode():
        count = (len(validation) - 1) // context
        inputs = validation[: count * context].view(count, context)
        targets = validation[1 : count * context + 1].view(count, context)
        total = sum(model.loss(x, y).item() * len(x) for x, y in zip(inputs.split(64), targets.split(64)))
    print(f"text: {seconds:.1f} s, validation loss {total / count:.4f}")


if __name__ == "__main__":
    torch.manual_seed(1337)
    torch.set_num_threads(THREADS)
    command, *arguments = sys.argv[1:] or ["help"]
    commands = {"gemm": gemm, "lm": lm, "bilm": bilm, "text": text}
    if command not in commands:
        sys.exit(__doc__)
    commands[command](*(int(x) if x.isdigit() else x for x in arguments))
