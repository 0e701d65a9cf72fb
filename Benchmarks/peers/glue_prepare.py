"""Writes GLUE-style sets as the plain .tsv files that both sides of the comparison train on.

    python3 Benchmarks/peers/glue_prepare.py DATA OUT

DATA holds the folders cola, mrpc, rte, sts-b, sick and sst-2 in the forms they are published in; OUT gets TASK.train.tsv and
TASK.dev.tsv with a header line and the columns label, text and (for pairs) pair. MRPC comes without its test part:
every tenth pair of the training file, from the tenth on, is its dev set. SICK's labels are those of entailment, and its
trial part is its dev set. SST-2's training file is 10,000 lines drawn
by seed 0, as the fine-tuning peer draws them.
"""

import os
import random
import sys


def lines(*parts):
    with open(os.path.join(*parts), encoding="utf-8", newline="\n") as file:
        return [line.rstrip("\r\n") for line in file if line.strip()]


def write(out, name, rows):
    pairs = len(rows[0]) == 3
    with open(os.path.join(out, name), "w", encoding="utf-8", newline="\n") as file:
        file.write("\t".join(["label", "text", "pair"][: 3 if pairs else 2]) + "\n")
        for row in rows:
            file.write("\t".join(" ".join(cell.split()) for cell in row) + "\n")
    print(f"{name}: {len(rows)}")


def main():
    data, out = sys.argv[1:3]
    os.makedirs(out, exist_ok=True)
    for part in ("train", "dev"):
        rows = [line.rsplit("\t", 1) for line in lines(data, "cola", f"{part}.tsv")]
        write(out, f"cola.{part}.tsv", [(label, text) for text, label in rows if label in ("0", "1")])
        rows = [line.split("\t") for line in lines(data, "rte", f"{part}.tsv")[1:]]
        write(out, f"rte.{part}.tsv", [(row[2], row[0], row[1]) for row in rows])
        rows = [line.split("\t") for line in lines(data, "sts-b", f"sts-{part}.csv")]
        write(out, f"stsb.{part}.tsv", [(row[4], row[5], row[6]) for row in rows])
    for part, name in [("train", "train"), ("dev", "trial")]:
        rows = [line.split("\t") for line in lines(data, "sick", f"SICK_{name}.txt")[1:]]
        write(out, f"sick.{part}.tsv", [(row[4], row[1], row[2]) for row in rows])
    rows = [line.split("\t") for line in lines(data, "mrpc", "msr_paraphrase_train.txt")[1:]]
    rows = [(row[0], row[3], row[4]) for row in rows]
    write(out, "mrpc.train.tsv", [row for i, row in enumerate(rows) if i % 10 != 9])
    write(out, "mrpc.dev.tsv", rows[9::10])

    def sst(part):
        rows = [line.split("\t") for line in lines(data, "sst-2", f"{part}.tsv")[1:]]
        return [row if row[0] in ("0", "1") else row[::-1] for row in rows]

    train = sst("train")
    random.seed(0)
    random.shuffle(train)
    write(out, "sst2.train.tsv", train[:10000])
    write(out, "sst2.dev.tsv", sst("dev"))


if __name__ == "__main__":
    main()
