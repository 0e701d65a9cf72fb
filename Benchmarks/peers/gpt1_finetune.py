"""Fine-tunes a GPT as GPT-1 was, with transformers and PyTorch, on one prepared set; prints one JSON object.

    python Benchmarks/peers/gpt1_finetune.py MODEL OUT/TASK SEED LM_WEIGHT delimited|both-orders|choice
        [--from-scratch] [--epochs N] [--learning-rate R]              (needs torch, transformers, tokenizers and scipy)

MODEL is a GPT that `sesame pretrain gpt` wrote, OUT/TASK stands for TASK.train.tsv and TASK.dev.tsv of
glue_prepare.py, for choices TASK.train.jsonl and TASK.dev.jsonl of choice_prepare.py. The settings are those of
Benchmarks/gpt1/run: three tokens of their own (start, delimiter, extract), the extract token's state under a head without
bias, states of both orders added for similarity, a softmax over the choices, the mean loss of next tokens LM_WEIGHT times
beside the task's; batch 32 of texts of similar length, or 16 with their choices, AdamW (0.9, 0.999, 1e-8, decay 0.01 on
matrices and embeddings), a linear schedule with a tenth of warm-up, clipping to 1, dropout 0.1, at most 128 tokens, the
weights of the last epoch.
"""

import argparse
import json
import os
import random
import time

import torch
import torch.nn.functional as F
from glue_finetune import read
from scipy.stats import pearsonr, spearmanr
from tokenizers import Tokenizer
from transformers import GPT2Config, GPT2Model, get_linear_schedule_with_warmup
from transformers import GPT2LMHeadModel

LENGTH = 128


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("task")
    parser.add_argument("seed", type=int)
    parser.add_argument("weight", type=float)
    parser.add_argument("form", choices=["delimited", "both-orders", "choice"])
    parser.add_argument("--from-scratch", action="store_true")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--learning-rate", type=float, default=3e-4)
    return parser.parse_args()


def read_choices(path):
    """The right one's place, and a pair for each choice: the question stands before the answer."""
    with open(path, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [[row["label"], *((row["context"], f"{row['question']} {ending}") for ending in row["endings"])] for row in rows]


def cut(first, second, budget):
    """Longest first, as tokenizers do: the shorter text is kept whole where it fits in half."""
    while len(first) + len(second) > budget:
        if len(first) > len(second):
            first = first[:-1]
        else:
            second = second[:-1]
    return first, second


class Classifier(torch.nn.Module):
    def __init__(self, gpt, outputs):
        super().__init__()
        self.gpt = gpt
        self.head = torch.nn.Linear(gpt.config.n_embd, outputs, bias=False)
        torch.nn.init.normal_(self.head.weight, std=gpt.config.initializer_range)
        self.dropout = torch.nn.Dropout(0.1)

    def forward(self, ids, lengths, orders, choice=False):
        hidden = self.gpt(ids).last_hidden_state
        last = hidden[torch.arange(len(ids)), lengths - 1]
        if choice:
            return self.head(self.dropout(last)).view(orders, -1).T, hidden
        state = last.view(orders, -1, last.shape[-1]).sum(0)
        return self.head(self.dropout(state)), hidden

    def language_loss(self, ids, lengths, hidden):
        keep = torch.arange(ids.shape[1] - 1)[None] < lengths[:, None] - 1
        logits = hidden[:, :-1][keep] @ self.gpt.wte.weight.T
        return F.cross_entropy(logits, ids[:, 1:][keep])


def main():
    options = arguments()
    torch.set_num_threads(int(os.environ.get("THREADS", 2)))
    torch.manual_seed(options.seed)
    random.seed(options.seed)
    choice = options.form == "choice"
    size = 16 if choice else 32
    reader, ending = (read_choices, "jsonl") if choice else (read, "tsv")
    train, dev = (reader(f"{options.task}.{part}.{ending}") for part in ("train", "dev"))
    labels = sorted({row[0] for row in train})
    regression = len(labels) > 5
    tokenizer = Tokenizer.from_file(options.model + "/tokenizer.json")
    tokenizer.no_truncation()
    source = GPT2LMHeadModel.from_pretrained(options.model).transformer
    config = GPT2Config.from_pretrained(options.model)
    words = config.vocab_size
    start, delimiter, extract = words, words + 1, words + 2
    config.vocab_size += 3
    config.resid_pdrop = config.embd_pdrop = config.attn_pdrop = 0.1
    gpt = GPT2Model(config)
    if not options.from_scratch:
        weights = source.state_dict()
        weights["wte.weight"] = torch.cat([weights["wte.weight"], gpt.wte.weight.data[words:]])
        gpt.load_state_dict(weights)
    model = Classifier(gpt, 1 if regression or choice else len(labels))
    decayed = [p for p in model.parameters() if p.dim() >= 2]
    others = [p for p in model.parameters() if p.dim() < 2]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}],
        lr=options.learning_rate, fused=True)
    steps = options.epochs * -(-len(train) // size)
    schedule = get_linear_schedule_with_warmup(optimizer, steps // 10, steps)

    def encode(rows):
        if choice:
            ids = lambda text: tokenizer.encode(text, add_special_tokens=False).ids
            cuts = [[cut(ids(a), ids(b), LENGTH - 3) for a, b in row[1:]] for row in rows]
            return [[[start, *a, delimiter, *b, extract] for a, b in pairs] for pairs in cuts]
        texts = [tokenizer.encode_batch([row[i] for row in rows], add_special_tokens=False) for i in range(1, len(rows[0]))]
        examples = []
        for i in range(len(rows)):
            parts = [text[i].ids for text in texts]
            if len(parts) == 1:
                examples.append([[start, *parts[0][:LENGTH - 2], extract]])
            else:
                a, b = cut(*parts, LENGTH - 3)
                examples.append([[start, *a, delimiter, *b, extract]])
                if options.form == "both-orders":
                    examples[-1].append([start, *b, delimiter, *a, extract])
        return examples

    def batch(examples):
        texts = [orders[i] for i in range(len(examples[0])) for orders in examples]
        width = max(map(len, texts))
        ids = torch.tensor([text + [0] * (width - len(text)) for text in texts])
        return ids, torch.tensor([len(text) for text in texts]), len(examples[0]), choice

    def targets(rows):
        return torch.tensor([float(row[0]) if regression else labels.index(row[0]) for row in rows])

    inputs, checks = encode(train), encode(dev)
    seconds = []
    for _ in range(options.epochs):
        order = list(range(len(train)))
        random.shuffle(order)
        pools = [sorted(order[i:i + 50 * size], key=lambda k: sum(map(len, inputs[k]))) for i in range(0, len(order), 50 * size)]
        batches = [pool[i:i + size] for pool in pools for i in range(0, len(pool), size)]
        random.shuffle(batches)
        model.train()
        begin = time.perf_counter()
        for indices in batches:
            ids, lengths, orders, _ = batch([inputs[i] for i in indices])
            logits, hidden = model(ids, lengths, orders, choice)
            goal = targets([train[i] for i in indices])
            loss = F.mse_loss(logits[:, 0], goal) if regression else F.cross_entropy(logits, goal)
            if options.weight > 0:
                loss = loss + options.weight * model.language_loss(ids, lengths, hidden)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
        seconds.append(time.perf_counter() - begin)
    model.eval()
    outputs = []
    with torch.inference_mode():
        for i in range(0, len(dev), 64):
            logits, _ = model(*batch(checks[i:i + 64]))
            outputs += logits[:, 0].tolist() if regression else logits.argmax(-1).tolist()
    goal = targets(dev).tolist()
    if regression:
        result = {"pearson": pearsonr(outputs, goal).statistic, "spearman": spearmanr(outputs, goal).statistic}
    else:
        result = {"accuracy": sum(a == b for a, b in zip(outputs, goal)) / len(goal)}
    print(json.dumps({
        "peer": "pytorch", "task": options.task.rsplit("/", 1)[-1], "seed": options.seed, "lmWeight": options.weight,
        "fromScratch": options.from_scratch, "secondsAnEpoch": seconds, **result}), flush=True)


if __name__ == "__main__":
    main()
