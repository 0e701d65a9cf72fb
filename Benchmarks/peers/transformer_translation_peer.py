"""The Transformer of `sesame train translate --model transformer`, in PyTorch, with the same sizes and settings.

    python transformer_translation_peer.py DATA --source-tokenizer pieces.json --target-tokenizer pieces.json \
        --source en --target de --sizes tiny --minutes 5 --threads 2

DATA holds Multi30k as train.lc.norm.tok.de and so on; the tokenizers are `sesame vocab export`'s; one file for both sides
means shared vectors. Batches, schedule (inverse square root), label smoothing and the mean of the last epochs' weights are
the program's. Prints the speed in target tokens a second, the validation loss, and at the end BLEU on the test set, greedy
and with a beam. Needs torch, tokenizers and sacrebleu.
"""

import argparse
import json
import math
import random
import time

import sacrebleu
import torch
from torch import nn
from torch.nn import functional as F
from translation_peer import batches, load, tensors

SIZES = {"tiny": (128, 4, 4, 256), "small": (256, 3, 4, 1024), "base": (512, 6, 8, 2048), "big": (1024, 6, 16, 4096)}


class Transformer(nn.Module):
    """Post- or pre-norm layers, sines and cosines in turn, the output tied to the target's vectors."""

    def __init__(self, a, source_count, target_count, shared):
        super().__init__()
        size, layers, heads, inner = SIZES[a.sizes]
        self.size = size
        self.target = nn.Embedding(target_count, size)
        self.source = self.target if shared else nn.Embedding(source_count, size)
        choices = dict(dim_feedforward=inner, dropout=a.dropout, batch_first=True, norm_first=a.norm == "pre")
        self.encoder = nn.ModuleList(nn.TransformerEncoderLayer(size, heads, **choices) for _ in range(layers))
        self.decoder = nn.ModuleList(nn.TransformerDecoderLayer(size, heads, **choices) for _ in range(layers))
        self.norms = nn.ModuleList(nn.LayerNorm(size) for _ in range(2)) if a.norm == "pre" else None
        for layer in [*self.encoder, *self.decoder]:
            layer.self_attn.dropout = layer.dropout.p = 0.0  # the paper drops sublayers' outputs alone
            if hasattr(layer, "multihead_attn"):
                layer.multihead_attn.dropout = 0.0
                for part in layer.multihead_attn.in_proj_weight.data.split(size):
                    nn.init.xavier_uniform_(part)
            for p in (layer.linear1, layer.linear2, layer.self_attn.out_proj):
                nn.init.xavier_uniform_(p.weight)
                nn.init.zeros_(p.bias)
        for e in {self.source, self.target}:
            nn.init.normal_(e.weight, 0, size ** -0.5)
        self.dropout = nn.Dropout(a.dropout)
        angles = torch.arange(512)[:, None] / 10000 ** (torch.arange(0, size, 2) / size)
        self.register_buffer("waves", torch.stack([angles.sin(), angles.cos()], -1).flatten(1), persistent=False)

    def embed(self, ids, table):
        return self.dropout(table(ids) * math.sqrt(self.size) + self.waves[: ids.shape[1]])

    def encode(self, ids, lengths):
        hidden = torch.arange(ids.shape[1])[None] >= torch.tensor(lengths)[:, None]
        x = self.embed(ids, self.source)
        for layer in self.encoder:
            x = layer(x, src_key_padding_mask=hidden)
        return self.norms[0](x) if self.norms else x, hidden

    def decode(self, ids, memory, hidden):
        x = self.embed(ids, self.target)
        causal = torch.triu(torch.ones(ids.shape[1], ids.shape[1], dtype=torch.bool), 1)
        for layer in self.decoder:
            x = layer(x, memory, tgt_mask=causal, tgt_is_causal=True, memory_key_padding_mask=hidden)
        return self.norms[1](x) if self.norms else x

    def logits(self, x):
        return F.linear(x, self.target.weight)


def beam_search(model, source, lengths, bos, eos, banned, width, limit):
    """The best of `width` hypotheses of each sentence by the mean of its log probabilities."""
    memory, hidden = model.encode(source, lengths)
    count = len(lengths)
    memory, hidden = (t.repeat_interleave(width, 0) for t in (memory, hidden))
    ids = torch.full((count * width, 1), bos)
    scores = torch.full((count, width), -math.inf)
    scores[:, 0] = 0
    ended = [[] for _ in range(count)]
    for length in range(1, limit + 1):
        values = model.logits(model.decode(ids, memory, hidden)[:, -1]).float().log_softmax(-1)
        values[:, banned] = -math.inf
        size = values.shape[-1]
        total, best = (scores.flatten()[:, None] + values).view(count, -1).topk(2 * width)
        rows, tokens = best // size, best % size
        keep_rows, keep_tokens, keep_scores = [], [], []
        for s in range(count):
            live = 0
            for place, (t, r, k) in enumerate(zip(total[s].tolist(), rows[s].tolist(), tokens[s].tolist())):
                if k == eos:
                    if place < width and t > -math.inf:
                        ended[s].append((t / length, ids[s * width + r, 1:].tolist()))
                elif live < width:
                    live += 1
                    keep_rows.append(s * width + r)
                    keep_tokens.append(k)
                    keep_scores.append(t)
        if all(len(e) >= width for e in ended):
            break
        ids = torch.cat([ids[keep_rows], torch.tensor(keep_tokens)[:, None]], 1)
        scores = torch.tensor(keep_scores).view(count, width)
    for s in range(count):
        if not ended[s]:
            ended[s].append((0, ids[s * width, 1:].tolist()))
    return [max(e)[1] for e in ended]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("data")
    p.add_argument("--source-tokenizer", required=True)
    p.add_argument("--target-tokenizer", required=True)
    p.add_argument("--source", default="en")
    p.add_argument("--target", default="de")
    p.add_argument("--sizes", choices=SIZES, default="small")
    p.add_argument("--norm", choices=["post", "pre"], default="post")
    p.add_argument("--dropout", type=float, default=0.3)
    p.add_argument("--smoothing", type=float, default=0.1)
    p.add_argument("--batch-tokens", type=int, default=4096)
    p.add_argument("--learning-rate", type=float, default=1e-3)
    p.add_argument("--warmup", type=float, default=0.1, help="share of the run")
    p.add_argument("--average", type=int, default=5)
    p.add_argument("--minutes", type=float, default=0)
    p.add_argument("--steps", type=int, default=0)
    p.add_argument("--bfloat16", action="store_true", help="autocast, as the program's --precision bfloat16")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--no-bleu", dest="bleu", action="store_false")
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    rng = random.Random(a.seed)
    data, vocabularies, (bos, eos) = load(a.data, (a.source_tokenizer, a.target_tokenizer), (a.source, a.target))
    (train, _), (valid, _), (test, test_text) = data
    shared = a.source_tokenizer == a.target_tokenizer
    model = Transformer(a, *(v.get_vocab_size() for v in vocabularies), shared)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=a.learning_rate, betas=(0.9, 0.98), eps=1e-9, weight_decay=0)
    precision = torch.autocast("cpu", torch.bfloat16, enabled=a.bfloat16)

    def loss_of(batch, pairs, smoothing, reduction):
        source, lengths, into, out = tensors(pairs, batch, 0, bos, eos)
        keep = out != -100
        with precision:
            x = model.decode(into, *model.encode(source, lengths))
            logits = model.logits(x[keep])
        return F.cross_entropy(logits.float(), out[keep], label_smoothing=smoothing, reduction=reduction), int(keep.sum())

    def evaluate():
        model.eval()
        with torch.no_grad():
            parts = [loss_of(b, valid, 0, "sum") for b in batches(valid, 4096, None)]
        model.train()
        return sum(l.item() for l, _ in parts) / sum(n for _, n in parts)

    def bleu(width):
        model.eval()
        found = [None] * len(test)
        banned = [t for t in range(3) if t != eos]
        with torch.no_grad():
            for batch in batches(test, 1024, None):
                source, lengths, _, _ = tensors(test, batch, 0, bos, eos)
                rows = beam_search(model, source, lengths, bos, eos, banned, width, 2 * max(lengths) + 10)
                for i, row in zip(batch, rows):
                    found[i] = vocabularies[1].decode(row)
        return sacrebleu.corpus_bleu(found, [test_text], tokenize="none").score

    print(f"{sum(q.numel() for q in model.parameters())} parameters", flush=True)
    spent, tokens, step, epoch, kept, done = 0.0, 0, 0, 0, [], False
    while not done:
        epoch += 1
        for batch in batches(train, a.batch_tokens, rng):
            began = time.time()
            progress = step / a.steps if a.steps else spent / (60 * a.minutes)
            done = progress >= 1
            if done:
                break
            rate = progress / a.warmup if progress < a.warmup else math.sqrt(a.warmup / progress)
            for group in optimizer.param_groups:
                group["lr"] = a.learning_rate * max(rate, 1e-3)
            loss, count = loss_of(batch, train, a.smoothing, "mean")
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1)
            optimizer.step()
            tokens += count
            step += 1
            spent += time.time() - began
            if step % 100 == 0:
                print(f"step {step} {spent:.0f} s, {tokens / spent:.0f} tokens/s, loss {loss.item():.3f}", flush=True)
        kept = (kept + [{k: v.clone() for k, v in model.state_dict().items()}])[-a.average:]
        print(f"epoch {epoch}: {spent:.0f} s, validation {evaluate():.4f}", flush=True)
    model.load_state_dict({k: sum(s[k] for s in kept) / len(kept) for k in kept[0]})
    result = dict(steps=step, seconds=spent, tokens=tokens, tokensPerSecond=tokens / spent, validation=evaluate())
    if a.bleu:
        result["greedy"], result["beam"] = bleu(1), bleu(5)
    print(json.dumps(result))


main()
