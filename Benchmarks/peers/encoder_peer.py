"""transformers' side of the comparisons with a real BERT-type encoder (needs torch, transformers, safetensors, scipy).

    python Benchmarks/peers/encoder_peer.py states MODEL STS_FILE OUT.safetensors
    python Benchmarks/peers/encoder_peer.py speed MODEL STS_FILE
    python Benchmarks/peers/encoder_peer.py golden MODEL

MODEL is a folder in Hugging Face's layout, for example all-MiniLM-L6-v2; STS_FILE is STS-B's sts-dev.csv. `states` writes the
ids and last hidden states of the first 200 sentences in float32, which
`SESAME_ENCODER=MODEL SESAME_ENCODER_STATES=OUT.safetensors swift test --filter PublishedEncoder` compares.
`speed` prints sentences/s over both columns with two threads, sorted by length, batches of 32, and Spearman's correlation, as
`sesame-bench encode --model MODEL --texts STS_FILE --column 6 --column 7 --score 5` does. `golden` prints the
values that PublishedEncoderTests.swift holds.
"""

import sys
import time

import torch
from safetensors.torch import save_file
from scipy.stats import spearmanr
from transformers import AutoTokenizer, BertModel

GOLDEN = ["A ferry crosses the bay at dawn.", "Snow!", "Why do cats purr, and what does it mean when they stop?"]


def rows(path):
    with open(path, encoding="utf-8") as file:
        return [line.rstrip("\r\n").split("\t") for line in file]


def states(folder, path, out):
    tokenizer, model = AutoTokenizer.from_pretrained(folder), BertModel.from_pretrained(folder).eval()
    texts = [text for row in rows(path)[:100] for text in row[5:7]]
    tensors = {}
    with torch.inference_mode():
        for i, text in enumerate(texts):
            x = tokenizer(text, truncation=True, max_length=256, return_tensors="pt")
            tensors[f"ids/{i}"] = x["input_ids"][0].to(torch.int32)
            tensors[f"states/{i}"] = model(**x).last_hidden_state[0].contiguous()
    save_file(tensors, out, metadata={"texts": "\n".join(texts)})
    print(f"{len(texts)} sentences, {sum(len(x) for n, x in tensors.items() if n[0] == 'i')} tokens -> {out}")


def encode(tokenizer, model, texts, mixed):
    out = [None] * len(texts)
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=mixed):
        for start in range(0, len(texts), 32):
            batch = order[start : start + 32]
            x = tokenizer([texts[i] for i in batch], padding=True, truncation=True, max_length=256, return_tensors="pt")
            hidden = model(**x).last_hidden_state.float()
            mask = x["attention_mask"].unsqueeze(-1).float()
            vectors = torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=-1)
            for i, vector in zip(batch, vectors):
                out[i] = vector
    return torch.stack(out)


def speed(folder, path):
    tokenizer, model = AutoTokenizer.from_pretrained(folder), BertModel.from_pretrained(folder).eval()
    data = rows(path)
    first, second, gold = [r[5] for r in data], [r[6] for r in data], [float(r[4]) for r in data]
    for mixed in (False, True):
        encode(tokenizer, model, first[:64], mixed)
        start = time.perf_counter()
        a, b = encode(tokenizer, model, first, mixed), encode(tokenizer, model, second, mixed)
        seconds = time.perf_counter() - start
        score = spearmanr((a * b).sum(1).numpy(), gold).statistic
        name = "bfloat16" if mixed else "float32"
        print(f"encode {name}: {2 * len(data) / seconds:.1f} sentences/s, Spearman {score:.4f}")


def golden(folder):
    tokenizer, model = AutoTokenizer.from_pretrained(folder), BertModel.from_pretrained(folder).eval()
    for text in GOLDEN:
        x = tokenizer(text, return_tensors="pt")
        with torch.inference_mode():
            hidden = model(**x).last_hidden_state[0]
        mean = torch.nn.functional.normalize(hidden.mean(0), dim=-1)
        print(repr(text), x["input_ids"][0].tolist())
        print("  first token's state", [round(v, 6) for v in hidden[0, :8].tolist()])
        print("  mean, normalized", [round(v, 7) for v in mean[:8].tolist()])


if __name__ == "__main__":
    torch.set_num_threads(2)
    commands = {"states": states, "speed": speed, "golden": golden}
    if len(sys.argv) < 3 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    commands[sys.argv[1]](*sys.argv[2:])
