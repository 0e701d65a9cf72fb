#ifndef SESAME_WORD_VECTORS_H
#define SESAME_WORD_VECTORS_H

// Training of static word vectors: word2vec (skip-gram and CBOW) and GloVe. Included by CSesameKernels.h, whose
// conventions hold but for one: ``sesame_word2vec_train`` with `shared` writes rows from several threads at once.

/// One entry of an alias table (Walker 1977; Vose 1991): cell i gives i where a 32-bit draw is below `threshold`,
/// else `alias`.
typedef struct sesame_alias {
    uint32_t threshold, alias;
} sesame_alias;

/// The last word of a sentence has this bit set in a stream of ids.
#define SESAME_SENTENCE_END 0x80000000u

/// A word2vec model and what its training draws from. Rows are `stride` floats, a multiple of 16, 64-byte aligned;
/// what lies beyond the vectors' width is zero and stays so.
typedef struct sesame_word2vec {
    bool cbow;
    /// Whether several threads may write one row at once (Hogwild); otherwise the same bits from any number.
    bool shared;
    size_t stride, window;
    /// Negatives a centre; 0 trains the hierarchical softmax instead.
    size_t negatives;
    /// Outputs a centre has at most: negatives + 1, or the longest path.
    size_t outputs;
    /// Centres that are computed with one copy of their inputs, 1 to 16; and, without `shared`, how many such blocks
    /// make a round, 1 to 8, of one chunk. Rows that occur often in a round take too long a step together.
    size_t block, round;
    float *input;   // words, then subword buckets
    float *output;  // words, or the Huffman tree's inner nodes
    /// By word: kept in a pass where a 32-bit draw is at most this (subsampling).
    const uint32_t *keep;
    const sesame_alias *noise;
    size_t noise_count;
    /// Word w's path from the root: nodes [path_offsets[w], path_offsets[w + 1]), a node's upper bit being the code.
    const uint64_t *path_offsets;
    const uint32_t *path_nodes;
    /// Word w's input is the mean of rows parts[part_offsets[w] ..< part_offsets[w + 1]]; NULL: of row w alone.
    const uint64_t *part_offsets;
    const uint32_t *parts;
    /// Draws of the token at place p of the stream are values [p · (2 + 2 negatives), …) of this key's stream.
    sesame_key key;
} sesame_word2vec;

/// What a piece of training adds up.
typedef struct sesame_word2vec_sums {
    double loss;     // Σ of the pairs' losses
    uint64_t pairs;  // pairs of an input and a centre: contexts in skip-gram, centres in CBOW
    uint64_t words;  // words that were not left out by subsampling
} sesame_word2vec_sums;

/// Trains on `count` chunks: chunk c is ids[begins[c] ..< ends[c]], whose first word is at place begins[c] of the stream,
/// and has the learning rate rates[c]. sums[c] is overwritten.
///
/// With `shared`, threads take whole chunks. Without, all threads work on one round of blocks after the other. A block
/// writes the rows that no other block of its round touches; those that others touch too stand still meanwhile, and then
/// get the round's updates in the order of the text, from the one thread that owns the row. Calls with the same chunks,
/// eight at a time, then give the same bits.
void sesame_word2vec_train(const sesame_word2vec *model, const uint32_t *ids, size_t count, const uint64_t *begins,
                           const uint64_t *ends, const float *rates, sesame_word2vec_sums *sums);

/// A place in a co-occurrence matrix: row and column words, and how often they meet.
typedef struct sesame_cooccurrence {
    uint32_t row, column;
    float count;
} sesame_cooccurrence;

/// Counts which words meet in ids[0 ..< n] (a stream with sentence ends): for every place p of a word of
/// rows [first, last) and every other place q of its sentence at a distance of at most `window`, adds
/// weights[|p - q| - 1] to (ids[p], ids[q]), or for the places before p alone where not `symmetric`.
///
/// `places` holds all places of words by word, in the text's order, those of word w being places[starts[w] ..<
/// starts[w + 1]]. `sums` (words values, zero, and zero again afterwards) and `touched` (words values) are scratch.
/// The entries of row w, columns rising, are handed to `emit`.
void sesame_cooccurrence_rows(const uint32_t *ids, size_t n, size_t words, size_t window, bool symmetric,
                              const double *weights, const uint32_t *places, const uint64_t *starts, uint32_t first,
                              uint32_t last, double *sums, uint32_t *touched, void *context,
                              void (*emit)(void *context, uint32_t row, size_t count, const uint32_t *columns,
                                           const double *sums));

/// A GloVe model. A row of `words` or `contexts` is 2 · stride floats, 64-byte aligned: the vector, its bias at
/// place `width` of words and width + 1 of contexts, 1 at the other of the two places; then AdaGrad's sums for
/// each of these. stride >= width + 2 is a multiple of 16; what lies beyond is zero and stays so.
typedef struct sesame_glove {
    size_t width, stride;
    float *words, *contexts;
    float learning_rate, maximum, power;  // η, x_max, α
} sesame_glove;

/// One step for each entry, in order; the sum of f(x) (w · c + b + d - ln x)² / 2 before the steps.
///
/// Entries of different blocks share no row and no column, so that they are trained at once: block b is
/// entries [begins[b], ends[b]). costs[b] is overwritten.
void sesame_glove_train(const sesame_glove *model, const sesame_cooccurrence *entries, size_t blocks,
                        const uint64_t *begins, const uint64_t *ends, double *costs);

#endif
