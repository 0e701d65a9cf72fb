"""Fine-tunes a BERT-type encoder with transformers and PyTorch to tag words or to answer questions; prints one JSON object.

    peers/bin/python Benchmarks/peers/encoder_finetune.py tag MODEL_DIR OUT/wikigold SEED [EPOCHS] [LEARNING_RATE]
    peers/bin/python Benchmarks/peers/encoder_finetune.py span MODEL_DIR OUT/xquad SEED [EPOCHS] [LEARNING_RATE]

OUT/wikigold stands for wikigold.{train,dev}.conll of encoder_prepare.py, OUT/xquad for xquad.{train,dev}.json. The settings
are those of `sesame finetune tag|span` in Benchmarks/encoder: batch 16, AdamW (0.9, 0.999, 1e-8, decay 0.01 on matrices and
embeddings), a linear schedule with a tenth of warm-up, gradients clipped to norm 1, the model's own dropout, the weights of
the last epoch. Tags are BIO and told at a word's first piece; entity F1 is conlleval's. Contexts are read in windows of 128
tokens that share 32 (LENGTH, OVERLAP), questions of at most 64; answers are searched as BERT's run_squad.py does: the 20
best first and last tokens of a window, at most 30 tokens, the first one in the window that sees most around it.

With BEGIN=FOLDER the model begins with the weights of a folder, its head among them, and goes through the examples in
Sesame's order. FOLDER is what `sesame finetune … --steps 1 --learning-rate 1e-30 --seed SEED` leaves behind: Sesame's first weights.
transformers lets padding be an answer's place, Sesame does not: PADDING=0 leaves it out here too. With that, with DROPOUT=0 and
with --dropout 0 there both sides take the same steps, but for the rounding of sums.
"""

import collections
import json
import os
import random
import re
import string
import sys
import time

import torch
from sesame_order import order
from transformers import (
    AutoTokenizer,
    BertForQuestionAnswering,
    BertForTokenClassification,
    get_linear_schedule_with_warmup,
)

BATCH, QUESTION, ANSWER, BEST = 16, 64, 30, 20
LENGTH, OVERLAP = int(os.environ.get("LENGTH", 128)), int(os.environ.get("OVERLAP", 32))
BEGIN, DROPOUT, PADDING = (os.environ.get(name) for name in ("BEGIN", "DROPOUT", "PADDING"))


def load(kind, folder, **settings):
    if DROPOUT is not None:
        settings |= {"hidden_dropout_prob": float(DROPOUT), "attention_probs_dropout_prob": float(DROPOUT)}
    return kind.from_pretrained(BEGIN or folder, **settings)


def loss_of(model, batch):
    out = model(**batch)
    if PADDING != "0" or "start_positions" not in batch:
        return out.loss
    padding = batch["attention_mask"] == 0
    return sum(
        torch.nn.functional.cross_entropy(logits.masked_fill(padding, -1e30), batch[places])
        for logits, places in [(out.start_logits, "start_positions"), (out.end_logits, "end_positions")]) / 2


def fit(model, examples, collate, epochs, rate, seed):
    """Trains on lists of examples; seconds of each epoch, and the mean loss of every 20 steps."""
    decayed = [p for p in model.parameters() if p.dim() >= 2]
    others = [p for p in model.parameters() if p.dim() < 2]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}], lr=rate, fused=True)
    steps = epochs * -(-len(examples) // BATCH)
    schedule = get_linear_schedule_with_warmup(optimizer, steps // 10, steps)
    seconds, losses = [], []
    for epoch in range(epochs):
        if BEGIN:
            shuffled = [examples[i] for i in order(len(examples), seed, epoch)]
        else:
            random.shuffle(examples)
            shuffled = examples
        model.train()
        start = time.perf_counter()
        for i in range(0, len(examples), BATCH):
            loss = loss_of(model, collate(shuffled[i : i + BATCH]))
            losses.append(loss.item())
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
        seconds.append(time.perf_counter() - start)
    model.eval()
    return seconds, [sum(losses[i : i + 20]) / len(losses[i : i + 20]) for i in range(0, len(losses), 20)]


def padded(rows, fill):
    width = max(map(len, rows))
    return torch.tensor([row + [fill] * (width - len(row)) for row in rows])


# Tags


def read_sentences(path):
    """Words and BIO tags; the file's are IO, whose neighbours of one type run together."""
    sentences = []
    with open(path, encoding="utf-8") as file:
        for block in file.read().strip().split("\n\n"):
            words, tags = zip(*[line.split() for line in block.split("\n")])
            bio = []
            for i, tag in enumerate(tags):
                starts = tag != "O" and (i == 0 or tags[i - 1][1:] != tag[1:])
                bio.append("B" + tag[1:] if starts else tag)
            sentences.append((list(words), bio))
    return sentences


def entities(tags):
    """Spans as conlleval reads them: I- after O or another type begins one."""
    spans, start = set(), None
    for i, tag in enumerate(list(tags) + ["O"]):
        previous = tags[i - 1] if i else "O"
        if start is not None and (tag == "O" or tag[0] == "B" or tag[2:] != previous[2:]):
            spans.add((previous[2:], start, i))
            start = None
        if start is None and tag != "O":
            start = i
    return spans


def tag(folder, data, epochs, rate, seed):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    train, dev = read_sentences(data + ".train.conll"), read_sentences(data + ".dev.conll")
    names = sorted({t for _, tags in train for t in tags})
    model = load(BertForTokenClassification, folder, num_labels=len(names))

    def encode(words):
        ids, places = [tokenizer.cls_token_id], []
        for word in words:
            places.append(len(ids))
            ids += tokenizer.encode(word, add_special_tokens=False) or [tokenizer.unk_token_id]
        assert len(ids) < 512, "no sentence of wikigold needs a window"
        return ids + [tokenizer.sep_token_id], places

    def collate(rows):
        encoded = [encode(words) for words, _ in rows]
        labels = [[-100] * len(ids) for ids, _ in encoded]
        for label, (_, places), (_, tags) in zip(labels, encoded, rows):
            for place, t in zip(places, tags):
                label[place] = names.index(t) if t in names else -100
        ids = padded([ids for ids, _ in encoded], 0)
        return {"input_ids": ids, "attention_mask": padded([[1] * len(i) for i, _ in encoded], 0),
                "labels": padded(labels, -100)}

    seconds, losses = fit(model, train, collate, epochs, rate, seed)
    actual = predicted = correct = 0
    with torch.inference_mode():
        for i in range(0, len(dev), 64):
            rows = dev[i : i + 64]
            batch = collate(rows)
            best = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits.argmax(-1)
            for row, (words, tags) in enumerate(rows):
                found = entities([names[best[row, place]] for place in encode(words)[1]])
                truth = entities(tags)
                actual, predicted, correct = actual + len(truth), predicted + len(found), correct + len(truth & found)
    return seconds, losses, {"entityF1": 2 * correct / max(1, actual + predicted)}


# Answers


def normalized(text):
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def f1(answer, gold):
    a, g = normalized(answer).split(), normalized(gold).split()
    if not a or not g:
        return float(a == g)
    common = sum((collections.Counter(a) & collections.Counter(g)).values())
    return 2 * common / (len(a) + len(g))


def read_questions(path):
    with open(path, encoding="utf-8") as file:
        return [(p["context"], q) for a in json.load(file)["data"] for p in a["paragraphs"] for q in p["qas"]]


def span(folder, data, epochs, rate, seed):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = load(BertForQuestionAnswering, folder)
    train, dev = read_questions(data + ".train.json"), read_questions(data + ".dev.json")

    def windows(context, question):
        """(ids, types, first token, first position, offsets of all tokens) of each window."""
        asked = tokenizer(question["question"], add_special_tokens=False)["input_ids"][:QUESTION]
        text = tokenizer(context, add_special_tokens=False, return_offsets_mapping=True)
        room = LENGTH - 3 - len(asked)
        shared = min(OVERLAP, room // 2)
        start = 0
        while True:
            part = text["input_ids"][start : start + room]
            ids = [tokenizer.cls_token_id, *asked, tokenizer.sep_token_id, *part, tokenizer.sep_token_id]
            types = [0] * (len(asked) + 2) + [1] * (len(part) + 1)
            yield ids, types, start, len(asked) + 2, len(part), text["offset_mapping"]
            if start + room >= len(text["input_ids"]):
                return
            start += room - shared

    def collate(rows):
        batch = {
            "input_ids": padded([r[0] for r in rows], 0), "token_type_ids": padded([r[1] for r in rows], 0),
            "attention_mask": padded([[1] * len(r[0]) for r in rows], 0)}
        if len(rows[0]) > 2:
            batch["start_positions"] = torch.tensor([r[2] for r in rows])
            batch["end_positions"] = torch.tensor([r[3] for r in rows])
        return batch

    examples = []
    for context, question in train:
        answer = question["answers"][0]
        low, high = answer["answer_start"], answer["answer_start"] + len(answer["text"])
        for ids, types, start, position, count, offsets in windows(context, question):
            first = next(i for i, (_, b) in enumerate(offsets) if b > low)
            last = max(i for i, (a, _) in enumerate(offsets) if a < high)
            inside = start <= first and last < start + count
            shift = position - start
            examples.append((ids, types, first + shift, last + shift) if inside else (ids, types, 0, 0))
    windowCount = len(examples)
    seconds, losses = fit(model, examples, collate, epochs, rate, seed)
    exact = score = 0.0
    with torch.inference_mode():
        for context, question in dev:
            parts = list(windows(context, question))
            out = model(**collate([(p[0], p[1]) for p in parts]))
            candidates = []
            for w, (ids, _, start, position, count, offsets) in enumerate(parts):
                starts, ends = out.start_logits[w, : len(ids)], out.end_logits[w, : len(ids)]
                for s in starts.topk(min(BEST, len(ids))).indices.tolist():
                    token = start + s - position
                    if not position <= s < position + count:
                        continue
                    around = [
                        min(token - p[2], p[2] + p[4] - 1 - token) + 0.01 * p[4] if p[2] <= token < p[2] + p[4] else -1
                        for p in parts]
                    if around.index(max(around)) != w:
                        continue
                    for e in ends.topk(min(BEST, len(ids))).indices.tolist():
                        if s <= e < min(position + count, s + ANSWER):
                            span = offsets[token][0], offsets[token + e - s][1]
                            candidates.append((float(starts[s] + ends[e]), span))
            best = max(candidates, default=(0, (0, 0)))[1]
            said = context[best[0] : best[1]]
            golds = [a["text"] for a in question["answers"]]
            exact += max(normalized(said) == normalized(g) for g in golds)
            score += max(f1(said, g) for g in golds)
    return seconds, losses, {"exactMatch": exact / len(dev), "spanF1": score / len(dev), "windows": windowCount}


def main():
    kind, folder, data, seed = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    epochs = int(sys.argv[5]) if len(sys.argv) > 5 else 5
    rate = float(sys.argv[6]) if len(sys.argv) > 6 else 5e-5
    torch.set_num_threads(int(os.environ.get("THREADS", 2)))
    torch.manual_seed(seed)
    random.seed(seed)
    seconds, losses, metrics = {"tag": tag, "span": span}[kind](folder, data, epochs, rate, seed)
    print(json.dumps({"task": kind, "seed": seed, "epochs": epochs, "secondsAnEpoch": seconds, **metrics, "losses": losses}),
          flush=True)


if __name__ == "__main__":
    main()
