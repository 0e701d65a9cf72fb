"""Makes the goldens of SesameVectors with gensim 4.4 and fastText 0.9.2, from corpora/english.

    python3 Tests/SesameVectorsTests/Goldens/make_goldens.py

corpus.txt      the corpus, a sentence a line, words of letters with their case kept
words.bin       word2vec binary by gensim (no line breaks behind rows): skip-gram of those words, 12 values
words.txt       the first 40 of them in word2vec text
glove.txt       the same without the header
pairs.tsv       a similarity set with a header, CR LF, unknown words and equal scores
analogies.txt   an analogy set of two sections, in another case, with unknown words
use.json        what gensim finds with words.bin
fasttext.bin    fastText skip-gram, 6 values, n-grams of 2 to 4 characters in 100 buckets
numpy.json      principal components of the first 30 vectors, and SIF vectors of the first 50 sentences, by numpy
quantized.ftz   a quantized fastText classifier, to be refused
fasttext.json   its vectors of known and unknown words, and their n-grams
phrases.json    gensim's phrases of corpus.txt, and its first sentences with phrases joined
"""
import glob, json, os, random, re, tempfile
import fasttext
import numpy as np
from gensim.models import KeyedVectors, Word2Vec
from gensim.models.phrases import ENGLISH_CONNECTOR_WORDS, Phrases

here = os.path.dirname(os.path.abspath(__file__))
root = os.path.join(here, "..", "..", "..")
path = lambda name: os.path.join(here, name)
random.seed(1)

sentences = []
for file in sorted(glob.glob(os.path.join(root, "corpora", "english", "*.txt"))):
    for line in open(file, encoding="utf-8"):
        for sentence in re.split(r"[.!?]", line):
            words = re.findall(r"[A-Za-z]+", sentence)
            if len(words) > 1:
                sentences.append(words)
sentences = sentences[:1200]
with open(path("corpus.txt"), "w") as out:
    out.writelines(" ".join(s) + "\n" for s in sentences)


def dump(name, value):
    with open(path(name), "w") as out:
        json.dump(value, out, indent=1)
        out.write("\n")


# Vectors and what is done with them.
model = Word2Vec(sentences, vector_size=12, window=5, negative=5, sg=1, min_count=7, workers=1, epochs=30, seed=1)
model.wv.save_word2vec_format(path("words.bin"), binary=True)
wv = KeyedVectors.load_word2vec_format(path("words.bin"), binary=True)
few = KeyedVectors(12)
few.add_vectors(wv.index_to_key[:40], wv.vectors[:40])
few.save_word2vec_format(path("words.txt"))
few.save_word2vec_format(path("glove.txt"), write_header=False)

names = wv.index_to_key
pairs = []
for _ in range(60):
    a, b = random.sample(names[:200], 2)
    pairs.append((a.upper() if random.random() < 0.3 else a, b, random.randrange(0, 21) / 2))
pairs += [("zyzzyva", names[3], 5.0), (names[4], "qqq", 1.0), ("xx", "yy", 2.5)]
with open(path("pairs.tsv"), "w", newline="") as out:
    out.write("word1\tword2\tscore\r\n# a comment\r\n")
    for a, b, score in pairs:
        out.write(f"{a}\t{b}\t{score}\r\n")

with open(path("analogies.txt"), "w") as out:
    for section in ("first", "second words"):
        out.write(f": {section}\n")
        for number in range(40):
            a, b, c = random.sample(names[:150], 3)
            expected = random.choice(names[:150])
            if number % 2:
                expected = wv.most_similar(positive=[b, c], negative=[a], topn=1)[0][0]
            row = [a, b, c, expected] if number % 9 else [a, b, c, "zyzzyva"]
            out.write(" ".join(w.capitalize() for w in row) + "\n")


def analogies(**options):
    score, sections = wv.evaluate_word_analogies(path("analogies.txt"), **options)
    return {"score": score, "sections": [[s["section"], len(s["correct"]), len(s["incorrect"])] for s in sections]}


def similarity(**options):
    pearson, spearman, unknown = wv.evaluate_word_pairs(path("pairs.tsv"), **options)
    return {"pearson": float(pearson[0]), "spearman": float(spearman[0]), "unknown": unknown}


pick = names[20:24]
dump("use.json", {
    "words": names[:5],
    "vector": [float(x) for x in wv[names[7]]],
    "nearest": {w: wv.most_similar(w, topn=5) for w in pick},
    "limited": {w: wv.most_similar(w, topn=3, restrict_vocab=100) for w in pick},
    "query": [pick[0], pick[1], pick[2]],
    "added": wv.most_similar(positive=[pick[1], pick[2]], negative=[pick[0]], topn=5),
    "multiplied": wv.most_similar_cosmul(positive=[pick[1], pick[2]], negative=[pick[0]], topn=5),
    "similarity": float(wv.similarity(pick[0], pick[1])),
    "odd": [[names[i:i + 5], str(wv.doesnt_match(names[i:i + 5]))] for i in (30, 50, 70)],
    "pairs": [similarity(), similarity(restrict_vocab=100), similarity(case_insensitive=False)],
    "analogies": [analogies(), analogies(restrict_vocab=120), analogies(case_insensitive=False),
                  analogies(dummy4unknown=True)],
})

# Principal components, and SIF (Arora et al. 2017) with the first singular vector removed.
first = wv.vectors[:30].astype(np.float64)
u, sizes, components = np.linalg.svd(first - first.mean(0), full_matrices=False)
counts = [int(model.wv.get_vecattr(w, "count")) for w in names]
share = {w: c / sum(counts) for w, c in zip(names, counts)}
rows = []
for s in sentences[:50]:
    known = [w for w in s if w in share]
    rows.append(np.mean([1e-3 / (1e-3 + share[w]) * wv[w].astype(np.float64) for w in known], axis=0))
rows = np.array(rows)
common = np.linalg.svd(rows, full_matrices=False)[2][0]
dump("numpy.json", {
    "components": [list(c * np.sign(c[np.argmax(np.abs(c))])) for c in components[:2]],
    "shares": list((sizes ** 2 / (sizes ** 2).sum())[:2]),
    "counts": counts,
    "sif": [list(r) for r in (rows - np.outer(rows @ common, common))[:5]],
})

# fastText.
with tempfile.TemporaryDirectory() as folder:
    text = os.path.join(folder, "text")
    with open(text, "w") as out:
        out.writelines(" ".join(s) + " caf\u00e9 na\u00efve\n" for s in sentences[:500])
    ft = fasttext.train_unsupervised(
        text, model="skipgram", dim=6, bucket=100, minn=2, maxn=4, minCount=20, epoch=5, thread=1)
    ft.save_model(path("fasttext.bin"))
    asked = ft.words[:5] + ["caf\u00e9", "cafes", "unheard", "\u00e9", "a"]
    dump("fasttext.json", {
        "words": ft.words,
        "vectors": {w: [float(x) for x in ft.get_word_vector(w)] for w in asked},
        "grams": {w: [int(i) - len(ft.words) for i in ft.get_subwords(w)[1] if i >= len(ft.words)] for w in asked},
    })
    with open(text, "w") as out:
        out.writelines(f"__label__{i % 2} " + " ".join(s) + "\n" for i, s in enumerate(sentences[:200]))
    classifier = fasttext.train_supervised(text, dim=4, minCount=5, bucket=300, minn=2, maxn=3, thread=1)
    classifier.quantize(input=text, dsub=2)
    classifier.save_model(path("quantized.ftz"))

# Phrases.
cases = []
for scoring, threshold, minimum, connectors in [
    ("default", 3.0, 3, []), ("npmi", 0.3, 4, []), ("default", 1.0, 3, sorted(ENGLISH_CONNECTOR_WORDS)),
]:
    passes, text = [], sentences
    for _ in range(2):
        phrases = Phrases(text, min_count=minimum, threshold=threshold, scoring=scoring,
                          connector_words=frozenset(connectors))
        found = phrases.find_phrases(text)
        text = [phrases[s] for s in text]
        passes.append({"phrases": found, "sentences": [" ".join(s) for s in text[:40]]})
    cases.append({"scoring": scoring, "threshold": threshold, "minimum": minimum, "connectors": connectors,
                  "passes": passes})
dump("phrases.json", cases)
