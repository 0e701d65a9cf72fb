"""A word-level LSTM language model on WikiText-2 in PyTorch, beside `sesame pretrain rnn`.

usage: python lstm_lm_peer.py TRAIN VALID [--steps N] [--seed S] [--threads N] ... (needs torch)

The same text, vocabulary, model, batches, optimizer, schedule and evaluation as

    sesame corpus import wikitext --train wiki.train.tokens --validation wiki.valid.tokens --unit line
    sesame vocab build words --corpus wikitext --kind word --pre-tokenized
    sesame pretrain rnn wikitext --tokenizer words --steps N --seed S --threads 2

with that command's defaults: two LSTM layers of 200, a vocabulary of 33,280, rows of 35 tokens in batches of 20 that are read
in order with the state carried, AdamW, gradients clipped. Only the random numbers differ, and with --weights MODEL not
even these: training then begins with the weights of a model folder that Sesame wrote. Prints the losses of some steps, the
seconds of training, and the loss and perplexity over the whole validation text.
"""

import argparse
import collections
import math
import time

import torch
import torch.nn.functional as F


def lines(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            words = line.split()
            if words:
                yield words


class Model(torch.nn.Module):
    def __init__(self, vocabulary, size, layers, dropout, tied):
        super().__init__()
        self.embedding = torch.nn.Embedding(vocabulary, size)
        self.network = torch.nn.LSTM(size, size, layers, batch_first=True, dropout=dropout)
        self.output = torch.nn.Linear(size, vocabulary)
        self.dropout = torch.nn.Dropout(dropout)
        torch.nn.init.uniform_(self.embedding.weight, -0.1, 0.1)
        torch.nn.init.uniform_(self.output.weight, -0.1, 0.1)
        torch.nn.init.zeros_(self.output.bias)
        if tied:
            self.output.weight = self.embedding.weight

    def forward(self, ids, targets, state):
        x, state = self.network(self.dropout(self.embedding(ids)), state)
        logits = self.output(self.dropout(x))
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-100), state


def load(model, folder):
    """Takes over the weights of a model folder that `sesame pretrain rnn` wrote."""
    from safetensors.torch import load_file

    theirs = load_file(f"{folder}/model.safetensors")
    parts = {"weight_ih": "inputWeight", "weight_hh": "recurrentWeight"}
    parts |= {"bias_ih": "inputBias", "bias_hh": "recurrentBias"}
    names = {"embedding.weight": "tokenEmbedding.weight"}
    names |= {f"output.{part}": f"output.{part}" for part in ("weight", "bias")}
    for layer in range(model.network.num_layers):
        for part, name in parts.items():
            names[f"network.{part}_l{layer}"] = f"layers.{layer}.forward.{name}"
    model.load_state_dict({ours: theirs[name] for ours, name in names.items()})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("train")
    parser.add_argument("valid")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--size", type=int, default=200)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--batch", type=int, default=20)
    parser.add_argument("--context", type=int, default=35)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--tied", action="store_true")
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--minimum-learning-rate", type=float, default=1e-5)
    parser.add_argument("--warmup", type=float, default=0.02)
    parser.add_argument("--clip", type=float, default=0.5)
    parser.add_argument("--weights", help="a model folder whose weights to begin with")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)

    # As Sesame makes them: <pad> <unk> <bos> <eos>, then the words by how often they occur.
    counts = collections.Counter(word for words in lines(options.train) for word in words)
    special = ["<pad>", "<unk>", "<bos>", "<eos>"]
    words = sorted((w for w in counts if w not in special), key=lambda w: (-counts[w], w.encode()))
    ids = {word: i for i, word in enumerate(special + words)}

    def stream(path):
        result = []
        for line in lines(path):
            result += [ids.get(word, ids["<unk>"]) for word in line] + [ids["<eos>"]]
        return torch.tensor(result)

    train, valid = stream(options.train), stream(options.valid)
    print(f"{len(ids)} words, {len(train)} and {len(valid)} tokens", flush=True)
    model = Model(len(ids), options.size, options.layers, options.dropout, options.tied)
    if options.weights:
        load(model, options.weights)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=options.learning_rate, betas=(0.9, 0.999), eps=1e-8, weight_decay=0
    )
    warmup = int(options.steps * options.warmup)

    def rate(step):
        if step < warmup:
            return options.learning_rate * (step + 1) / (warmup + 1)
        progress = (step - warmup) / (options.steps - warmup)
        floor = options.minimum_learning_rate
        return floor + (options.learning_rate - floor) * (1 + math.cos(math.pi * progress)) / 2

    rows, context = options.batch, options.context
    part = (len(train) - 1) // rows
    inputs = train[: rows * part].view(rows, part)
    targets = train[1 : rows * part + 1].view(rows, part)

    @torch.no_grad()
    def evaluate():
        """The whole text, read by ten rows side by side."""
        model.eval()
        count = len(valid) - 1
        length = -(-count // 10)
        padded = F.pad(valid[:-1], (0, 10 * length - count)).view(10, length)
        wanted = F.pad(valid[1:], (0, 10 * length - count), value=-100).view(10, length)
        total, state = 0.0, None
        for start in range(0, length, 70):
            part_targets = wanted[:, start : start + 70]
            loss, state = model(padded[:, start : start + 70], part_targets, state)
            total += float(loss) * int((part_targets != -100).sum())
        model.train()
        return total / count

    state, start, mean, seconds, begin = None, 0, [], 0.0, time.time()
    for step in range(options.steps):
        if start >= part:
            start, state = 0, None
        for group in optimizer.param_groups:
            group["lr"] = rate(step)
        optimizer.zero_grad()
        loss, state = model(
            inputs[:, start : start + context], targets[:, start : start + context], state
        )
        state = tuple(tensor.detach() for tensor in state)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), options.clip)
        optimizer.step()
        start += context
        mean.append(float(loss.detach()))
        if (step + 1) % max(1, options.steps // 20) == 0:
            print(f"step {step + 1} loss {sum(mean) / len(mean):.4f} {time.time() - begin:.1f} s", flush=True)
            mean = []
    seconds = time.time() - begin
    begin = time.time()
    loss = evaluate()
    print(
        f"training {seconds:.1f} s, evaluation {time.time() - begin:.1f} s, together "
        f"{seconds + time.time() - begin:.1f} s; validation loss {loss:.4f}, "
        f"perplexity {math.exp(loss):.2f}"
    )


main()
