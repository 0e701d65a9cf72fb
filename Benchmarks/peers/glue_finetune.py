"""Fine-tunes a BERT-type encoder with transformers and PyTorch on one prepared set; prints one JSON object.

    python3 -m venv peers && peers/bin/pip install torch==2.13.0 transformers scipy
    peers/bin/python Benchmarks/peers/glue_finetune.py MODEL_DIR OUT/TASK SEED [EPOCHS] [LEARNING_RATE]

OUT/TASK stands for TASK.train.tsv and TASK.dev.tsv of glue_prepare.py. The settings are those of `sesame finetune`
in Benchmarks/glue: batch 32, AdamW (0.9, 0.999, 1e-8, decay 0.01 on matrices and embeddings), a linear schedule with a
tenth of warm-up, gradients clipped to norm 1, at most 128 tokens, the model's own dropout, the weights of the last
epoch. Scores are predicted by a head with one output and the mean squared error, words are classes in their byte order.
"""

import json
import os
import random
import sys
import time

import torch
from scipy.stats import pearsonr, spearmanr
from transformers import AutoTokenizer, BertForSequenceClassification, get_linear_schedule_with_warmup

BATCH, LENGTH = 32, 128


def read(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        return [line.rstrip("\n").split("\t") for line in file][1:]


def is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def scores(predictions, truth, regression):
    if regression:
        return {"pearson": pearsonr(predictions, truth).statistic, "spearman": spearmanr(predictions, truth).statistic}
    pairs = list(zip(predictions, truth))
    if any(label > 1 for label in truth):
        return {"accuracy": sum(a == b for a, b in pairs) / len(pairs)}
    tp, tn = pairs.count((1, 1)), pairs.count((0, 0))
    fp, fn = pairs.count((1, 0)), pairs.count((0, 1))
    product = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    return {
        "accuracy": (tp + tn) / len(pairs),
        "f1": 2 * tp / max(1, 2 * tp + fp + fn),
        "matthews": (tp * tn - fp * fn) / product**0.5 if product else 0.0,
    }


def main():
    folder, task, seed = sys.argv[1], sys.argv[2], int(sys.argv[3])
    epochs = int(sys.argv[4]) if len(sys.argv) > 4 else 3
    rate = float(sys.argv[5]) if len(sys.argv) > 5 else 5e-5
    torch.set_num_threads(int(os.environ.get("THREADS", 2)))
    torch.manual_seed(seed)
    random.seed(seed)
    train, dev = read(task + ".train.tsv"), read(task + ".dev.tsv")
    names = sorted({row[0] for row in train})
    regression = any(name not in ("0", "1") for name in names) and all(is_number(name) for name in names)
    value = float if regression else names.index
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = BertForSequenceClassification.from_pretrained(folder, num_labels=1 if regression else len(names))
    decayed = [p for p in model.parameters() if p.dim() >= 2]
    others = [p for p in model.parameters() if p.dim() < 2]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}], lr=rate, fused=True
    )
    steps = epochs * -(-len(train) // BATCH)
    schedule = get_linear_schedule_with_warmup(optimizer, steps // 10, steps)

    def encode(rows):
        texts = [row[1] for row in rows]
        pairs = [row[2] for row in rows] if len(rows[0]) > 2 else None
        return tokenizer(texts, pairs, padding=True, truncation=True, max_length=LENGTH, return_tensors="pt")

    seconds = []
    for _ in range(epochs):
        random.shuffle(train)
        model.train()
        start = time.perf_counter()
        for i in range(0, len(train), BATCH):
            rows = train[i : i + BATCH]
            logits = model(**encode(rows)).logits
            labels = torch.tensor([value(row[0]) for row in rows])
            if regression:
                loss = torch.nn.functional.mse_loss(logits[:, 0], labels.float())
            else:
                loss = torch.nn.functional.cross_entropy(logits, labels)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
        seconds.append(time.perf_counter() - start)
    model.eval()
    predictions = []
    with torch.inference_mode():
        for i in range(0, len(dev), 64):
            logits = model(**encode(dev[i : i + 64])).logits
            predictions += logits[:, 0].tolist() if regression else logits.argmax(-1).tolist()
    result = scores(predictions, [value(row[0]) for row in dev], regression)
    name = task.rsplit("/", 1)[-1]
    print(json.dumps({"task": name, "seed": seed, "epochs": epochs, "secondsAnEpoch": seconds, **result}), flush=True)


if __name__ == "__main__":
    main()
