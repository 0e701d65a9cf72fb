"""Makes multiple choice of XQuAD-en's questions, for GPT-1's fourth form of inputs (Benchmarks/gpt1).

    python3 Benchmarks/peers/choice_prepare.py DATA OUT [SEED]

DATA holds xquad/xquad.en.json. OUT gets xquad-choice.{train,dev}.jsonl, every fifth paragraph for dev, with a question a
line: its right answer and three other spans of the paragraph in an order drawn by the seed, the right one's place as
label. The others are answers to the paragraph's other questions, drawn by the seed, and where there are too few, spans of
as many words as the right answer. The context is the sentences that the four stand in: all choices occur in it, and it is
short enough for a small model.
"""

import json
import os
import random
import re
import sys

COUNT = 4


def key(text):
    return " ".join(re.sub(r"\W", " ", text.lower()).split())


def overlap(a, b):
    return a[0] < b[1] and b[0] < a[1]


def choices(generator, context, right, others):
    """The right answer's span and three others, as (first, end) characters; None where the paragraph has too few."""
    taken, names = [right], {key(context[slice(*right)])}

    def take(span):
        name = key(context[slice(*span)])
        if len(taken) < COUNT and name and name not in names and not any(overlap(span, other) for other in taken):
            taken.append(span)
            names.add(name)

    others = list(others)
    generator.shuffle(others)
    for span in others:
        take(span)
    words = [match.span() for match in re.finditer(r"\w+", context)]
    length = len(re.findall(r"\w+", context[slice(*right)])) or 1
    for _ in range(1000):
        first = generator.randrange(max(1, len(words) - length + 1))
        take((words[first][0], words[min(first + length, len(words)) - 1][1]))
    return taken if len(taken) == COUNT else None


def sentences(context, spans):
    """The sentences that hold the spans, in their order."""
    ends = [match.end() for match in re.finditer(r"[.!?][\"')\]]*\s+(?=[A-Z0-9\"'(\[])", context)] + [len(context)]
    kept, start = [], 0
    for end in ends:
        # A span across sentences keeps them together.
        if any(span[0] < end < span[1] for span in spans):
            continue
        if any(overlap((start, end), span) for span in spans):
            kept.append(context[start:end].strip())
        start = end
    return " ".join(kept)


def main():
    data, out = sys.argv[1:3]
    generator = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 0)
    os.makedirs(out, exist_ok=True)
    with open(os.path.join(data, "xquad", "xquad.en.json"), encoding="utf-8") as file:
        paragraphs = [p for article in json.load(file)["data"] for p in article["paragraphs"]]
    rows = {"train": [], "dev": []}
    for number, paragraph in enumerate(paragraphs):
        context = paragraph["context"]
        answers = [
            (q["answers"][0]["answer_start"], q["answers"][0]["answer_start"] + len(q["answers"][0]["text"]))
            for q in paragraph["qas"]]
        for question, right in zip(paragraph["qas"], answers):
            spans = choices(generator, context, right, answers)
            if not spans:
                continue
            passage = sentences(context, spans)
            generator.shuffle(spans)
            endings = [context[slice(*span)] for span in spans]
            assert all(ending in passage for ending in endings), question["id"]
            rows["dev" if number % 5 == 4 else "train"].append({
                "context": passage, "question": question["question"].strip(), "endings": endings,
                "label": spans.index(right)})
    for name, part in rows.items():
        with open(os.path.join(out, f"xquad-choice.{name}.jsonl"), "w", encoding="utf-8", newline="\n") as file:
            for row in part:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        print(f"xquad-choice.{name}.jsonl: {len(part)} questions")


if __name__ == "__main__":
    main()
