"""Cuts wikigold and XQuAD-en into the files that both sides of Benchmarks/encoder train and score on.

    python3 Benchmarks/peers/encoder_prepare.py DATA OUT

DATA holds wikigold/ and xquad/ in the forms they are published in. OUT gets wikigold.{train,dev}.conll, every fifth
sentence for dev, and xquad.{train,dev}.json, every fifth paragraph for dev: 80 % to train on, the rest to score on.
"""

import json
import os
import sys


def wikigold(data, out):
    with open(os.path.join(data, "wikigold", "wikigold.first80.conll"), encoding="utf-8") as file:
        sentences = [part.strip() for part in file.read().split("\n\n") if part.strip()]
    for name, part in [("train", [s for i, s in enumerate(sentences) if i % 5 != 4]), ("dev", sentences[4::5])]:
        with open(os.path.join(out, f"wikigold.{name}.conll"), "w", encoding="utf-8", newline="\n") as file:
            file.write("\n\n".join(part) + "\n")
        print(f"wikigold.{name}.conll: {len(part)} sentences")


def xquad(data, out):
    with open(os.path.join(data, "xquad", "xquad.en.json"), encoding="utf-8") as file:
        paragraphs = [p for article in json.load(file)["data"] for p in article["paragraphs"]]
    for name, part in [("train", [p for i, p in enumerate(paragraphs) if i % 5 != 4]), ("dev", paragraphs[4::5])]:
        with open(os.path.join(out, f"xquad.{name}.json"), "w", encoding="utf-8", newline="\n") as file:
            json.dump({"version": "1.1", "data": [{"title": "XQuAD", "paragraphs": part}]}, file, ensure_ascii=False)
        print(f"xquad.{name}.json: {len(part)} paragraphs, {sum(len(p['qas']) for p in part)} questions")


def main():
    data, out = sys.argv[1:3]
    os.makedirs(out, exist_ok=True)
    wikigold(data, out)
    xquad(data, out)


if __name__ == "__main__":
    main()
