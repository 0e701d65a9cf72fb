"""Computes again, with transformers, the log-likelihoods that `sesame prompt` printed, and says how far they are apart.

    sesame prompt --model FOLDER --corpus NAME --template ... --json --show-prompts > prompts.jsonl
    python Benchmarks/peers/prompt_peer.py FOLDER prompts.jsonl        (needs torch and transformers)

Each prompt and answer goes through the model in a pass of its own, in float32 without a cache. FOLDER is a GPT-2 in
transformers' layout with its tokenizer.json, as gpt2_random.py, `sesame model export` or anybody else wrote it.
"""

import json
import sys
import time

import torch
from tokenizers import Tokenizer
from transformers import GPT2LMHeadModel


def main(folder, path):
    torch.set_num_threads(2)
    model = GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32).eval()
    tokenizer = Tokenizer.from_file(folder + "/tokenizer.json")
    worst, count, start = 0.0, 0, time.time()
    with torch.inference_mode(), open(path) as lines:
        for line in lines:
            record = json.loads(line)
            if "prompt" not in record or record["tooLong"]:
                continue  # not asked, or the line of the metrics
            prompt = tokenizer.encode(record["prompt"], add_special_tokens=False).ids
            for label, words in record["answers"].items():
                whole = tokenizer.encode(record["prompt"] + words, add_special_tokens=False).ids
                if whole[:len(prompt)] == prompt and len(whole) > len(prompt):
                    answer = whole[len(prompt):]
                else:
                    answer = tokenizer.encode(words, add_special_tokens=False).ids
                assert len(answer) == record["tokenCounts"][label], (label, answer)
                logits = model(torch.tensor([prompt + answer])).logits[0, len(prompt) - 1:-1]
                logs = torch.log_softmax(logits.double(), -1)
                expected = sum(logs[i, token].item() for i, token in enumerate(answer))
                worst = max(worst, abs(expected - record["logLikelihoods"][label]))
                count += 1
    print(json.dumps({
        "answers": count, "largest difference": worst, "seconds": round(time.time() - start, 1)}))
    return 0 if count and worst < 1e-4 else 1


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
