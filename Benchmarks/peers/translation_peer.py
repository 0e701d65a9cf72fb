"""The recurrent translation model of `sesame train translate`, in PyTorch, with the same sizes and settings.

    python translation_peer.py DATA --source-tokenizer german.json --target-tokenizer english.json \
        --minutes 5 --threads 2

DATA holds Multi30k as train.lc.norm.tok.de and so on; the tokenizers are `sesame vocab export`'s. Prints the
speed in target tokens a second, the validation loss, and at the end BLEU on the test set (greedy).
Needs torch, tokenizers and sacrebleu.
"""

import argparse
import json
import math
import random
import time

import sacrebleu
import torch
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


class Seq2Seq(nn.Module):
    """Bidirectional encoder, bridge, decoder over the whole target, then attention and a tied output."""

    def __init__(self, a, source_count, target_count):
        super().__init__()
        rnn = nn.LSTM if a.cell == "lstm" else nn.GRU
        self.source = nn.Embedding(source_count, a.embedding)
        self.target = nn.Embedding(target_count, a.embedding)
        drop = a.dropout if a.layers > 1 else 0
        self.encoder = rnn(a.embedding, a.encoder, a.layers, batch_first=True, bidirectional=True, dropout=drop)
        self.decoder = rnn(a.embedding, a.width, a.layers, batch_first=True, dropout=drop)
        states = 2 if a.cell == "lstm" else 1
        self.bridges = nn.ModuleList(nn.Linear(2 * a.encoder, a.width) for _ in range(states * a.layers))
        self.query = nn.Linear(a.width, 2 * a.encoder, bias=False) if a.attention else None
        self.readout = nn.Linear(a.width + (2 * a.encoder if a.attention else 0), a.embedding)
        self.bias = nn.Parameter(torch.zeros(target_count))
        self.dropout, self.cell, self.layers = nn.Dropout(a.dropout), a.cell, a.layers
        for e in (self.source, self.target):
            nn.init.normal_(e.weight, 0, a.embedding ** -0.5)

    def encode(self, ids, lengths):
        x = self.dropout(self.source(ids))
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        out, state = self.encoder(packed)
        out, _ = pad_packed_sequence(out, batch_first=True, total_length=ids.shape[1])
        states = state if isinstance(state, tuple) else (state,)
        bridged = []
        for s, values in enumerate(states):
            layers = [torch.cat([values[2 * l], values[2 * l + 1]], -1) for l in range(self.layers)]
            bridged.append(torch.stack(
                [torch.tanh(self.bridges[s * self.layers + l](v)) for l, v in enumerate(layers)]))
        mask = torch.arange(ids.shape[1])[None] >= torch.tensor(lengths)[:, None]
        return self.dropout(out), (tuple(bridged) if self.cell == "lstm" else bridged[0]), mask

    def decode(self, ids, memory, state, mask):
        out, state = self.decoder(self.dropout(self.target(ids)), state)
        out = self.dropout(out)
        if self.query is not None:
            scores = self.query(out) @ memory.transpose(1, 2)
            weights = scores.masked_fill(mask[:, None], -math.inf).softmax(-1)
            out = torch.cat([out, weights @ memory], -1)
        return self.dropout(torch.tanh(self.readout(out))), state

    def logits(self, x):
        return F.linear(x, self.target.weight, self.bias)


def batches(pairs, limit, rng):
    order = list(range(len(pairs)))
    if rng:
        rng.shuffle(order)
    order.sort(key=lambda i: (len(pairs[i][1]), len(pairs[i][0])))
    result, batch, longest = [], [], 0
    for i in order:
        size = max(len(pairs[i][0]), len(pairs[i][1]) + 1)
        if batch and max(longest, size) * (len(batch) + 1) > limit:
            result.append(batch)
            batch, longest = [], 0
        batch.append(i)
        longest = max(longest, size)
    result.append(batch)
    if rng:
        rng.shuffle(result)
    return result


def tensors(pairs, batch, pad, bos, eos):
    S, T = max(len(pairs[i][0]) for i in batch), max(len(pairs[i][1]) for i in batch) + 1
    source = torch.tensor([pairs[i][0] + [pad] * (S - len(pairs[i][0])) for i in batch])
    into = torch.tensor([[bos] + pairs[i][1] + [eos] * (T - 1 - len(pairs[i][1])) for i in batch])
    out = torch.tensor([pairs[i][1] + [eos] + [-100] * (T - 1 - len(pairs[i][1])) for i in batch])
    return source, [len(pairs[i][0]) for i in batch], into, out


def load(folder, tokenizers, languages):
    """Training, validation and test pairs of ids with the references' text; the vocabularies; beginning and end."""
    vocabularies = [Tokenizer.from_file(f) for f in tokenizers]
    for v in vocabularies:
        v.no_padding()
    end, bos, eos = vocabularies[0].token_to_id("<eos>"), *map(vocabularies[1].token_to_id, ("<bos>", "<eos>"))
    data = []
    for name in ("train", "val", "test_2016_flickr"):
        sides = [open(f"{folder}/{name}.lc.norm.tok.{l}", encoding="utf-8").read().split("\n")[:-1] for l in languages]
        ids = [[e.ids for e in v.encode_batch(s, add_special_tokens=False)] for v, s in zip(vocabularies, sides)]
        data.append(([(s + [end], t) for s, t in zip(*ids)], sides[1]))
    return data, vocabularies, (bos, eos)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("data")
    p.add_argument("--source-tokenizer", required=True)
    p.add_argument("--target-tokenizer", required=True)
    p.add_argument("--cell", choices=["lstm", "gru"], default="lstm")
    p.add_argument("--embedding", type=int, default=256)
    p.add_argument("--encoder", type=int, default=256)
    p.add_argument("--width", type=int, default=512)
    p.add_argument("--layers", type=int, default=1)
    p.add_argument("--dropout", type=float, default=0.3)
    p.add_argument("--smoothing", type=float, default=0.1)
    p.add_argument("--batch-tokens", type=int, default=2048)
    p.add_argument("--learning-rate", type=float, default=1e-3)
    p.add_argument("--weight-decay", type=float, default=0.01)
    p.add_argument("--minutes", type=float, default=0)
    p.add_argument("--steps", type=int, default=0)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--no-attention", dest="attention", action="store_false")
    p.add_argument("--evaluate-every", type=int, default=10 ** 9)
    p.add_argument("--no-bleu", dest="bleu", action="store_false")
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    rng = random.Random(a.seed)
    data, vocabularies, (bos, eos) = load(a.data, (a.source_tokenizer, a.target_tokenizer), ("de", "en"))
    (train, _), (valid, valid_text), (test, test_text) = data
    model = Seq2Seq(a, *(v.get_vocab_size() for v in vocabularies))
    decayed = [q for q in model.parameters() if q.dim() > 1]
    others = [q for q in model.parameters() if q.dim() <= 1]
    optimizer = torch.optim.AdamW(
        [dict(params=decayed, weight_decay=a.weight_decay), dict(params=others, weight_decay=0)], lr=a.learning_rate)

    def evaluate():
        model.eval()
        total = count = 0
        with torch.no_grad():
            for batch in batches(valid, 4096, None):
                source, lengths, into, out = tensors(valid, batch, 0, bos, eos)
                memory, state, mask = model.encode(source, lengths)
                x, _ = model.decode(into, memory, state, mask)
                keep = out != -100
                total += F.cross_entropy(model.logits(x[keep]), out[keep], reduction="sum").item()
                count += keep.sum().item()
        model.train()
        return total / count

    def greedy(pairs):
        model.eval()
        found = [None] * len(pairs)
        with torch.no_grad():
            for batch in batches(pairs, 4096, None):
                source, lengths, _, _ = tensors(pairs, batch, 0, bos, eos)
                memory, state, mask = model.encode(source, lengths)
                ids = torch.full((len(batch), 1), bos)
                rows, done = [[] for _ in batch], [False] * len(batch)
                for _ in range(60):
                    x, state = model.decode(ids, memory, state, mask)
                    logits = model.logits(x)
                    logits[..., :3] = -math.inf
                    ids = logits.argmax(-1)
                    for r, token in enumerate(ids[:, 0].tolist()):
                        done[r] = done[r] or token == eos
                        if not done[r]:
                            rows[r].append(token)
                    if all(done):
                        break
                for i, row in zip(batch, rows):
                    found[i] = vocabularies[1].decode(row)
        model.train()
        return found

    print(f"{sum(q.numel() for q in model.parameters())} parameters", flush=True)
    start, spent, tokens, step = time.time(), 0.0, 0, 0
    total_steps = a.steps
    while True:
        for batch in batches(train, a.batch_tokens, rng):
            began = time.time()
            progress = step / total_steps if total_steps else spent / (60 * a.minutes)
            if progress >= 1:
                break
            rate = min(1, progress / 0.05) * (0.5 + 0.5 * math.cos(math.pi * max(0, (progress - 0.05) / 0.95)))
            for group in optimizer.param_groups:
                group["lr"] = a.learning_rate * max(rate, 1e-3)
            source, lengths, into, out = tensors(train, batch, 0, bos, eos)
            memory, state, mask = model.encode(source, lengths)
            x, _ = model.decode(into, memory, state, mask)
            keep = out != -100
            loss = F.cross_entropy(model.logits(x[keep]), out[keep], label_smoothing=a.smoothing)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1)
            optimizer.step()
            tokens += int(keep.sum())
            step += 1
            spent += time.time() - began
            if step % a.evaluate_every == 0:
                bleu = sacrebleu.corpus_bleu(greedy(valid), [valid_text], tokenize="none").score if a.bleu else 0
                print(f"step {step} {spent:.0f} s, {tokens / spent:.0f} tokens/s, loss {loss.item():.3f}, "
                      f"validation {evaluate():.4f}, BLEU {bleu:.2f}", flush=True)
        else:
            continue
        break
    result = dict(steps=step, seconds=spent, tokens=tokens, tokensPerSecond=tokens / spent, validation=evaluate())
    if a.bleu:
        result["bleu"] = sacrebleu.corpus_bleu(greedy(test), [test_text], tokenize="none").score
    print(json.dumps(result))


if __name__ == "__main__":
    main()
