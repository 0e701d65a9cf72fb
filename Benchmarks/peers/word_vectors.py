#!/usr/bin/env python3
"""gensim's word2vec, and fastText, on the settings of `sesame-bench vectors`: words a second, and how good vectors are.

    python3 word_vectors.py speed WORDS [THREADS]
    python3 word_vectors.py quality WORDS SIMILARITY_SET... ANALOGIES [--threads N] [--seeds N] [--method skip-gram|cbow]
    python3 word_vectors.py fasttext-speed WORDS [--threads N] [--method skip-gram|cbow] [--loss ns|hs] [--whole-words]
    python3 word_vectors.py fasttext-quality WORDS SIMILARITY_SET... ANALOGIES [--threads N] [--method …] [--loss …] [--whole-words]
    python3 word_vectors.py score ANALOGIES SIMILARITY_SET... -- VECTORS.bin...
    python3 word_vectors.py words TEXT > WORDS

WORDS holds a sentence a line, its words between spaces; `words` makes one of any text: lower-case letters with
apostrophes inside. `speed` makes one pass without subsampling and prints words a second by the clock and by the processor
time of all threads; `quality` makes five passes with subsampling 1e-3 (--rate for another than gensim's), and `score` scores files in word2vec's binary
format, ours among them. Similarity sets have lines of two words and a number; analogies are Google's.

fastText reads the text while it trains, so `fasttext-speed` times what a second pass adds to a first; `fasttext-quality` makes
five passes at --rate, 0.05 unless given, with fastText's n-grams of 3 to 6 characters in 2 million buckets or, with
--whole-words, none, and with negative samples or a hierarchical softmax.

Needs gensim 4 (pip install gensim), and fastText (pip install fasttext-wheel) for what is named after it.
"""
import argparse
import re
import resource
import sys
import tempfile
import time


def processor_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def train(words, skip_gram, threads, **settings):
    from gensim.models import Word2Vec

    model = Word2Vec(vector_size=100, window=5, negative=5, min_count=5, sg=skip_gram, workers=threads, **settings)
    model.build_vocab(corpus_file=words)
    clock, processor = time.perf_counter(), processor_seconds()
    model.train(corpus_file=words, total_words=model.corpus_total_words, total_examples=model.corpus_count,
                epochs=model.epochs)
    count = model.corpus_total_words * model.epochs
    return model, count / (time.perf_counter() - clock), count / (processor_seconds() - processor)


def train_fasttext(words, options, **settings):
    import fasttext

    start = time.perf_counter()
    model = fasttext.train_unsupervised(
        words, model="cbow" if options.method == "cbow" else "skipgram", dim=100, ws=5, neg=5, minCount=5,
        minn=0 if options.whole_words else 3, maxn=0 if options.whole_words else 6, loss=options.loss,
        thread=options.threads, verbose=0, lr=options.rate or 0.05, **settings)
    return model, time.perf_counter() - start


def fasttext_words(model):
    """The vectors of the words, as gensim holds them."""
    import numpy
    from gensim.models import KeyedVectors

    words = [word for word in model.get_words() if word != "</s>"]
    vectors = KeyedVectors(100)
    vectors.add_vectors(words, numpy.stack([model.get_word_vector(word) for word in words]))
    return vectors


def scores(vectors, analogies, sets):
    result = []
    for path in sets:
        with tempfile.NamedTemporaryFile("w", suffix=".tsv") as pairs, open(path, encoding="utf-8") as lines:
            for line in lines:
                fields = line.split()
                try:
                    pairs.write(f"{fields[0].lower()}\t{fields[1].lower()}\t{float(fields[2])}\n")
                except (ValueError, IndexError):
                    pass
            pairs.flush()
            result.append(vectors.evaluate_word_pairs(pairs.name, restrict_vocab=300_000)[1][0])
    result.append(vectors.evaluate_word_analogies(analogies, restrict_vocab=30_000)[0])
    return result


def show(name, values):
    print(name, "  ".join(f"{value:.3f}" for value in values), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["speed", "quality", "fasttext-speed", "fasttext-quality", "score", "words"])
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--method", choices=["skip-gram", "cbow"])
    parser.add_argument("--rate", type=float)
    parser.add_argument("--loss", choices=["ns", "hs"], default="ns")
    parser.add_argument("--whole-words", action="store_true")
    arguments = sys.argv[1:]
    files = []
    if "--" in arguments:
        place = arguments.index("--")
        files, arguments = arguments[place + 1:], arguments[:place]
    options = parser.parse_args(arguments)
    paths = options.paths
    if options.what == "words":
        with open(paths[0], encoding="utf-8") as lines:
            for line in lines:
                print(" ".join(re.findall(r"[a-z]+(?:'[a-z]+)?", line.lower())))
    elif options.what == "speed":
        threads = int(paths[1]) if len(paths) > 1 else options.threads
        for skip_gram in (1, 0):
            _, clock, processor = train(paths[0], skip_gram, threads, sample=0, epochs=1, batch_words=10_000)
            print(f"{'skip-gram' if skip_gram else 'cbow'} {threads} threads: {clock:,.0f} words/s, "
                  f"{processor:,.0f} words a second of processor time", flush=True)
    elif options.what == "fasttext-speed":
        with open(paths[0], encoding="utf-8") as lines:
            count = sum(len(line.split()) for line in lines)
        _, first = train_fasttext(paths[0], options, t=1.0, epoch=1)
        _, second = train_fasttext(paths[0], options, t=1.0, epoch=2)
        print(f"fastText {options.method or 'skip-gram'} {options.threads} threads: {count / (second - first):,.0f} words/s", flush=True)
    elif options.what == "fasttext-quality":
        model, seconds = train_fasttext(paths[0], options, t=1e-3, epoch=5)
        show(f"fastText {options.method or 'skip-gram'} ({seconds:.0f} s):", scores(fasttext_words(model), paths[-1], paths[1:-1]))
    elif options.what == "quality":
        rate = {} if options.rate is None else {"alpha": options.rate}
        for skip_gram in {"skip-gram": [1], "cbow": [0]}.get(options.method, [1, 0]):
            for seed in range(1, options.seeds + 1):
                model, _, _ = train(paths[0], skip_gram, options.threads, sample=1e-3, epochs=5, seed=seed, **rate)
                show(f"{'skip-gram' if skip_gram else 'cbow'} seed {seed}:",
                     scores(model.wv, paths[-1], paths[1:-1]))
    else:
        from gensim.models import KeyedVectors

        for file in files:
            vectors = KeyedVectors.load_word2vec_format(file, binary=True, unicode_errors="replace")
            show(f"{file}:", scores(vectors, paths[0], paths[1:]))


if __name__ == "__main__":
    main()
