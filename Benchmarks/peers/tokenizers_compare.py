"""Compares every id and offset of Sesame's tokenizers with Hugging Face's, and loads tokenizer.json both ways.

    python tokenizers_compare.py --sesame .build/release/sesame --data SESAME_DATA [--encoder FOLDER]

1. Byte-level BPE with GPT-2's vocabulary: WikiText-2 (all three files) and 27 UDHR texts, line by line.
2. Files that Sesame writes (`sesame vocab export`), loaded by `tokenizers`: GPT-2's, BERT's, the shipped
   character and WordPiece vocabularies, with special tokens put around.
3. An encoder's own tokenizer.json, where its folder is given, read by Sesame.

Prints one line a comparison, and exits with 1 if anything differs. Needs the `tokenizers` package.
"""

import argparse
import gzip
import json
import pathlib
import subprocess
import sys
import tempfile

from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers, processors


def lines_of(path):
    opened = gzip.open(path) if path.suffix == ".gz" else open(path, "rb")
    with opened as file:
        # The command line reads lines that end with LF or CR LF.
        return [line.removesuffix("\r") for line in file.read().decode("utf-8").split("\n")]


def byte_offsets(text, offsets):
    if text.isascii():
        return [list(pair) for pair in offsets]
    at = [0]
    for character in text:
        at.append(at[-1] + len(character.encode("utf-8")))
    return [[at[start], at[end]] for start, end in offsets]


def compare(title, arguments, tokenizer, reference, texts, special):
    lines = [line for text in texts for line in text]
    command = [arguments.sesame, "tokenize", "encode", "--tokenizer", str(tokenizer), "--json"]
    if not special:
        command.append("--no-special-tokens")
    result = subprocess.run(command, input="".join(line + "\n" for line in lines).encode(), stdout=subprocess.PIPE)
    if result.returncode != 0:
        print(f"{title}: sesame failed")
        return False
    ours = [json.loads(line) for line in result.stdout.decode().split("\n")[:-1]]
    theirs = reference.encode_batch(lines, add_special_tokens=special)
    tokens = ids = offsets = 0
    for line, own, other in zip(lines, ours, theirs, strict=True):
        tokens += len(other.ids)
        ids += own["ids"] != other.ids
        offsets += own["offsets"] != byte_offsets(line, other.offsets)
        if own["ids"] != other.ids and ids < 4:
            print("  ", repr(line[:100]), own["ids"][:20], other.ids[:20], file=sys.stderr)
    print(f"{title}: {len(lines)} lines, {tokens} tokens; lines with other ids {ids}, other offsets {offsets}")
    return ids == 0 and offsets == 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sesame", default=".build/release/sesame")
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--encoder", type=pathlib.Path)
    arguments = parser.parse_args()
    root = pathlib.Path(__file__).resolve().parents[2]
    data = arguments.data

    wikitext = {
        name: lines_of(data / "wikitext-2" / name)
        for name in ("wiki.test.tokens", "wiki.valid.tokens", "wiki.train.tokens.gz")
    }
    udhr = [lines_of(path) for path in sorted((data / "udhr").glob("*.txt"))]
    some = [wikitext["wiki.test.tokens"], *udhr]

    gpt2 = Tokenizer(models.BPE.from_file(
        str(data / "vocab-gpt2/encoder.json"), str(data / "vocab-gpt2/vocab.bpe")))
    gpt2.add_special_tokens([AddedToken("<|endoftext|>", normalized=False)])
    gpt2.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    gpt2.post_processor = processors.ByteLevel(trim_offsets=False)

    good = True
    for name, lines in wikitext.items():
        good &= compare(f"GPT-2, {name}", arguments, data / "vocab-gpt2", gpt2, [lines], False)
    good &= compare(f"GPT-2, {len(udhr)} UDHR texts", arguments, data / "vocab-gpt2", gpt2, udhr, False)

    with tempfile.TemporaryDirectory() as folder:
        sources = [
            (data / "vocab-gpt2", []),
            (data / "vocab-bert/bert-base-uncased-vocab.txt", ["--lowercase"]),
            (data / "vocab-bert/bert-base-cased-vocab.txt", []),
            (data / "vocab-bert/bert-base-chinese-vocab.txt", []),
            (root / "vocab/english-characters.json", []),
            (root / "vocab/english-wordpiece.json", []),
        ]
        if arguments.encoder:
            sources.append((arguments.encoder, []))
        for number, (source, options) in enumerate(sources):
            written = pathlib.Path(folder) / f"{number}.json"
            subprocess.run(
                [arguments.sesame, "vocab", "export", str(source), str(written), *options],
                check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            reference = Tokenizer.from_file(str(written))
            reference.no_truncation()
            reference.no_padding()
            # What a grapheme cluster is differs between versions of Unicode in scripts with conjuncts, such as
            # Bengali; there the two libraries need not agree.
            texts = some[:1] if "characters" in source.name else some
            good &= compare(f"written {source.name}", arguments, written, reference, texts, True)

    if arguments.encoder:
        reference = Tokenizer.from_file(str(arguments.encoder / "tokenizer.json"))
        reference.no_truncation()
        reference.no_padding()
        good &= compare("an encoder's tokenizer.json", arguments, arguments.encoder, reference, some, True)
    sys.exit(0 if good else 1)


main()
