"""Trains small models with Sesame, exports them, and compares their outputs in transformers with Sesame's own.

    python Benchmarks/peers/checkpoint_roundtrip.py BIN_FOLDER        (needs torch, transformers, safetensors)

BIN_FOLDER holds the programs sesame and sesame-bench, for example .build/release. A GPT, a BERT with both pretraining heads and
classifiers on either are trained for a few steps on text made here; each is exported in float32, in bfloat16 and in shards,
loaded with transformers' AutoModel classes, and must give the same outputs within 1e-4; AutoTokenizer must give the same ids.
"""

import json
import os
import subprocess
import sys
import tempfile

import torch
import transformers
from safetensors.torch import load_file, save_file

TEXTS = ["The cat sat. The dog ran.", "A good hen, a bad fox!", "Then the cow slept; it was late.", "the"]


def run(folder, binary, *arguments, text=None):
    result = subprocess.run([binary, *arguments], cwd=folder, input=text, capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{' '.join(arguments)}: {result.stderr}")
    return result.stdout


def train(folder, sesame):
    animals = ["cat", "dog", "cow", "hen", "fox"]
    with open(os.path.join(folder, "text.txt"), "w") as file:
        for i in range(60):
            file.write(f"The {animals[i % 5]} sat. The {animals[i % 4]} ran. Then the {animals[i % 3]} slept.\n\n")
    with open(os.path.join(folder, "table.tsv"), "w") as file:
        file.write("label\ttext\n")
        for i in range(60):
            file.write(f"good\tThe {animals[i % 5]} is a good {animals[i % 3]}.\n")
            file.write(f"bad\tThe {animals[i % 5]} is a bad {animals[i % 4]}.\n")
    small = ["--layers", "2", "--heads", "2", "--width", "32", "--context", "32", "--batch", "8", "--steps", "40", "--quiet"]
    for arguments in [
        ["corpus", "import", "text", "text.txt"],
        ["corpus", "import", "labelled", "table.tsv", "--label-column", "label"],
        ["vocab", "build", "pieces", "--corpus", "labelled", "--size", "90", "--lowercase"],
        ["pretrain", "gpt", "text", "--tokenizer", "pieces", *small],
        ["pretrain", "bert", "text", "--tokenizer", "pieces", *small],
        ["finetune", "classify", "labelled", "--model", "models/text-bert", "--output", "models/bert-classifier",
         "--steps", "20", "--quiet"],
        ["finetune", "classify", "labelled", "--model", "models/text-gpt", "--output", "models/gpt-classifier",
         "--steps", "20", "--quiet"],
    ]:
        run(folder, sesame, *arguments)


def outputs(path, ids, mask):
    architecture = json.load(open(os.path.join(path, "config.json")))["architectures"][0]
    model, info = getattr(transformers, architecture).from_pretrained(
        path, dtype=torch.float32, output_loading_info=True)
    left = {k: list(v) for k, v in info.items() if v and "missing" in k or v and "unexpected" in k}
    assert not left, f"{path}: {left}"
    with torch.inference_mode():
        if architecture == "GPT2ForSequenceClassification":  # takes several texts only where it knows a padding id
            rows = [model.eval()(row[None]).logits for row in ids]
            return architecture, {"logits": torch.cat(rows)}
        result = model.eval()(ids, attention_mask=mask)
    if architecture == "BertForPreTraining":
        return architecture, {"logits": result.prediction_logits, "next_sentence": result.seq_relationship_logits}
    return architecture, {"logits": result.logits}


def main(bin_folder):
    sesame, bench = (os.path.abspath(os.path.join(bin_folder, x)) for x in ("sesame", "sesame-bench"))
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        train(folder, sesame)
        for name in ["text-gpt", "text-bert", "bert-classifier", "gpt-classifier"]:
            for kind, options in {
                "float32": [], "bfloat16": ["--storage", "bfloat16"], "sharded": ["--max-shard-size", "20KB"],
            }.items():
                path = os.path.join(folder, "exported", f"{name}-{kind}")
                run(folder, sesame, "model", "export", f"models/{name}", path, *options)
                tokenizer = transformers.AutoTokenizer.from_pretrained(path)
                for text in TEXTS:
                    line = json.loads(run(folder, sesame, "tokenize", "encode", "--tokenizer", "pieces", "--json",
                                          text=text + "\n"))
                    assert tokenizer(text)["input_ids"] == line["ids"], (text, tokenizer(text)["input_ids"], line["ids"])
                torch.manual_seed(1)
                size = json.load(open(os.path.join(path, "config.json")))["vocab_size"]
                # Id 0 is the padding, which GPT-2's classifier would look for.
                ids = torch.randint(5, size, (3, 17))
                save_file({"ids": ids.to(torch.int32)}, os.path.join(folder, "ids.safetensors"))
                run(folder, bench, "outputs", "--model", path, "--ids", "ids.safetensors", "--output", "out.safetensors")
                ours = load_file(os.path.join(folder, "out.safetensors"))
                architecture, theirs = outputs(path, ids, torch.ones_like(ids))
                assert ours.keys() == theirs.keys(), (ours.keys(), theirs.keys())
                difference = max((ours[k] - theirs[k]).abs().max().item() for k in ours)
                worst = max(worst, difference)
                print(f"{name} {kind}: {architecture}, {', '.join(sorted(ours))} differ by at most {difference:.1e}")
        # And back: an exported folder is imported and still gives the same outputs.
        run(folder, sesame, "model", "import", "exported/text-bert-sharded", "--output", "models/again")
        run(folder, bench, "outputs", "--model", "models/again", "--ids", "ids.safetensors", "--output", "again.safetensors")
        run(folder, bench, "outputs", "--model", "models/text-bert", "--ids", "ids.safetensors", "--output", "first.safetensors")
        first, again = (load_file(os.path.join(folder, f"{x}.safetensors")) for x in ("first", "again"))
        assert all(torch.equal(first[k], again[k]) for k in first)
        print("exported in shards and imported again: bit for bit the same outputs")
    print(f"largest difference {worst:.1e}")
    sys.exit(worst > 1e-4)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
