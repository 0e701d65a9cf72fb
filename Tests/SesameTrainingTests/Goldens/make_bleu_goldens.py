"""Goldens of BLEU from sacreBLEU: python make_bleu_goldens.py > bleu.json

Made with sacrebleu 2.6.0 (pip install sacrebleu). The sentences are made up; the hypotheses are
damaged references.
"""

import itertools
import json
import random

import sacrebleu
from sacrebleu.metrics import BLEU

WORDS = (
    "a the man woman two dogs runs running on in street , . with red-haired 3.5 1,000 (old) \"big\" "
    "children's it's ball/park 20% costs $5 e.g. naïve Straße 東京 façade & &amp; &quot;so&quot; <b> "
    "C++ a_b x=y 7-8 9- -3 ... U.S. ?! semi;colon :) #1 @home"
).split()


def sentence(rng, low, high):
    return " ".join(rng.choice(WORDS) for _ in range(rng.randint(low, high)))


def damaged(rng, text):
    words = text.split()
    for _ in range(rng.randint(0, max(1, len(words) // 3))):
        kind = rng.randrange(4)
        at = rng.randrange(len(words)) if words else 0
        if kind == 0 and len(words) > 1:
            del words[at]
        elif kind == 1:
            words.insert(at, rng.choice(WORDS))
        elif kind == 2 and words:
            words[at] = rng.choice(WORDS)
        elif len(words) > 1:
            other = rng.randrange(len(words))
            words[at], words[other] = words[other], words[at]
    return " ".join(words)


def main():
    rng = random.Random(7)
    sets = []
    for count, low, high, references in [(40, 3, 25, 1), (25, 1, 12, 3), (6, 1, 4, 2), (12, 5, 9, 1)]:
        refs = [[sentence(rng, low, high)] for _ in range(count)]
        hyps = [damaged(rng, r[0]) for r in refs]
        for r in refs:
            r += [damaged(rng, r[0]) for _ in range(references - 1)]
        sets.append([hyps, refs])
    # Nothing matches; an empty translation; case; spaces of several kinds; line ends inside.
    sets.append([["x y z w v"], [["a b c d e"]]])
    sets.append([["", "the man runs"], [["a dog"], ["the man runs"]]])
    sets.append([["THE Man Runs Fast On"], [["the man runs fast on"]]])
    sets.append([["the\u00a0man\u3000runs\tfast  on \u001c "], [["the man runs fast on"]]])
    sets.append([["a well-\nknown man.\nYes,he 3,5 <skipped>is."], [["a wellknown man. Yes, he 3,5 is."]]])
    sets.append([["e\u0301tude in four small parts"], [["\u00e9tude in four small parts"]]])

    tokenizer = sacrebleu.metrics.bleu._get_tokenizer("13a")()
    texts = sorted({t for hyps, refs in sets for t in hyps + [x for r in refs for x in r]})
    scores = []
    methods = [("exp", None), ("floor", 0.1), ("floor", 0.5), ("add-k", 1), ("add-k", 0.25), ("none", None)]
    for i, (hyps, refs) in enumerate(sets):
        for tokenize, lower, (method, value) in itertools.product(["13a", "none"], [False, True], methods):
            options = dict(tokenize=tokenize, lowercase=lower, smooth_method=method, smooth_value=value)
            streams = [[r[k] for r in refs] for k in range(len(refs[0]))]
            corpus = BLEU(**options).corpus_score(hyps, streams)
            single = BLEU(effective_order=True, **options)
            scores.append(
                dict(
                    set=i, tokenize=tokenize, lowercase=lower, smoothing=method, value=value,
                    score=round(corpus.score, 8), bp=round(corpus.bp, 8),
                    precisions=[round(p, 6) for p in corpus.precisions],
                    length=corpus.sys_len, referenceLength=corpus.ref_len,
                    sentences=[round(single.sentence_score(h, r).score, 6) for h, r in zip(hyps, refs)],
                ))
    print(
        json.dumps(
            dict(
                version=sacrebleu.__version__,
                tokenized=[[t, tokenizer(t.rstrip())] for t in texts],
                sets=[dict(translations=h, references=r) for h, r in sets], scores=scores),
            ensure_ascii=False, indent=None, separators=(",", ":")))


main()
