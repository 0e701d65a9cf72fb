"""Makes the goldens of byte-level BPE with Hugging Face's tokenizers, the reference.

    python make_goldens.py [SESAME_DATA]

writes, beside this script,
- small-bpe.json: a tokenizer.json as the library itself writes it, trained on the texts below;
- bytelevel.json: for hard texts, what the library makes of them with that tokenizer (pre-tokens, ids, byte
  offsets; with and without a prefix space and trimmed offsets), and the classes of all code points;
- bytelevel-checksums.json, where SESAME_DATA is given: checksums of all ids and offsets of GPT-2's tokenizer
  over real texts, line by line and as a whole.

Made with tokenizers 0.23.3.
"""

import json
import pathlib
import sys

import tokenizers
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

here = pathlib.Path(__file__).parent

TRAINING = [
    "The lighthouse keeper's daughter doesn't sing; she'll row the boat they've mended.",
    "the the the then there these those lighthouse lighthouse keeper keeper row row rowing",
    "In 1999 and 2024 there were 1,234,567 rows and 3.14159 boats.",
    "Été à la plage, où naît l'œuvre; façade, naïve, Zürich, Straße.",
    "Быстрая коричневая лиса перепрыгивает через ленивую собаку.",
    "日本語の文章と中文的句子。こんにちは世界。",
    "    four spaces\n\n\ttabs and\r\nline ends   \n",
]

TEXTS = [
    "",
    " ",
    "  ",
    "\n",
    " \n ",
    "a",
    " a",
    "  a",
    "a ",
    "a  ",
    "hello world",
    " hello  world  ",
    "hello   \n\n  world",
    "tabs\tand\t\tmore\t",
    "\r\nline\r\n\r\nends\r",
    "I'm you're he's she'd we'll they've isn't DON'T 'S",
    "'s 't 're 've 'm 'll 'd 'x 'l 'r '",
    "dogs' 'tis rock'n'roll ''s ' s",
    "'sing'tall'reel'very'more'llama'door",
    "x'", "x'l", "x'v", "x'r",
    "1 12 123 1,234.5 a1b2 ½ Ⅳ ٣ ²",
    "!? ... --- (a) [b] {c} $5 #tag @me a_b",
    "été à où naïve Straße e\u0301te\u0301",
    "Быстрая лиса", "日本語 中文 こんにちは", "한국어 ภาษาไทย हिन्दी", "עברית العربية",
    "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🤷 1️⃣", "\u200b\u200d\ufeff", "\u00a0\u2003\u3000a\u00a0b\u2028c\u2029d\u0085e",
    "\u0000\u0001\u001f\u007f\u0080", "\U00010348\U0001d4d0\U0010ffff", "\ufffd", "\u1680\u180e\u202f\u205f x",
    "<|endoftext|>", "a<|endoftext|>b", " <|endoftext|> ", "<|endoftext|><|endoftext|> the", "<|endoftext|",
    "the lighthouse keeper's rowing lighthousekeeper",
    "the" * 40, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "lighthouse" * 30 + "s", "日本" * 60, " " * 70 + "x", "=" * 100, "a\u0300\u0301\u0302b",
    "keeper\u00e9\u4e16\u1f600 \u00e9", "é", " é", "\u4e16", "\U0001f600", " \U0001f600 ",
]


def small_tokenizer():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    trainer = trainers.BpeTrainer(
        vocab_size=420, special_tokens=["<|endoftext|>"], show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.train_from_iterator(TRAINING, trainer)
    return tokenizer


def byte_offsets(text, offsets):
    """Offsets in bytes from offsets in characters."""
    at = [0]
    for character in text:
        at.append(at[-1] + len(character.encode("utf-8")))
    return [[at[start], at[end]] for start, end in offsets]


def classes():
    """Runs of code points that the library's expression takes for L(etter), N(umber), S(pace) or O(ther)."""
    splitter = pre_tokenizers.ByteLevel(add_prefix_space=False)

    def kind(point):
        for prefix, name in (("a", "L"), ("1", "N"), ("!", "O")):
            if len(splitter.pre_tokenize_str(prefix + chr(point))) == 1:
                return name
        return "S"

    runs = []
    for point in range(0x110000):
        if 0xD800 <= point < 0xE000:
            continue
        name = kind(point)
        if not runs or runs[-1][1] != name:
            runs.append([point, name])
    return runs


def checksum(numbers):
    """FNV-1a over whole numbers."""
    state = 0xCBF29CE484222325
    for number in numbers:
        state = ((state ^ number) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{state:016x}"


def sums(tokenizer, texts):
    ids, offsets = [], []
    for text, encoding in zip(texts, tokenizer.encode_batch(texts)):
        ids += encoding.ids
        for pair in byte_offsets(text, encoding.offsets):
            offsets += pair
    return {"count": len(ids), "ids": checksum(ids), "offsets": checksum(offsets)}


def main():
    tokenizer = small_tokenizer()
    tokenizer.save(str(here / "small-bpe.json"))
    splitter = pre_tokenizers.ByteLevel(add_prefix_space=False)
    cases = []
    for prefix, trim in ((False, False), (False, True), (True, False), (True, True)):
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
        tokenizer.post_processor = processors.ByteLevel(add_prefix_space=prefix, trim_offsets=trim)
        for text in TEXTS:
            encoding = tokenizer.encode(text)
            cases.append({
                "text": text, "prefix": prefix, "trim": trim, "ids": encoding.ids,
                "offsets": byte_offsets(text, encoding.offsets),
                "splits": byte_offsets(text, [o for _, o in splitter.pre_tokenize_str(text)]),
                "decoded": tokenizer.decode(encoding.ids),
            })
    (here / "bytelevel.json").write_text(json.dumps(
        {"tokenizers": tokenizers.__version__, "cases": cases, "classes": classes()},
        ensure_ascii=True, separators=(",", ":")) + "\n")

    if len(sys.argv) < 2:
        return
    data = pathlib.Path(sys.argv[1])
    gpt2 = Tokenizer(models.BPE.from_file(
        str(data / "vocab-gpt2/encoder.json"), str(data / "vocab-gpt2/vocab.bpe")))
    gpt2.add_special_tokens([AddedToken("<|endoftext|>", normalized=False)])
    gpt2.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    gpt2.post_processor = processors.ByteLevel(trim_offsets=False)
    files = ["wikitext-2/wiki.test.tokens", "wikitext-2/wiki.valid.tokens"]
    files += sorted(f"udhr/{path.name}" for path in (data / "udhr").glob("*.txt"))
    result = []
    for name in files:
        text = (data / name).read_bytes().decode("utf-8")
        result.append({"file": name, "lines": sums(gpt2, text.split("\n")), "whole": sums(gpt2, [text])})
    (here / "bytelevel-checksums.json").write_text(json.dumps(
        {"tokenizers": tokenizers.__version__, "files": result}, indent=1) + "\n")


main()
