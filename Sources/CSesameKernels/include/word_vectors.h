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

/// Trains on `count` chunks: chunk c is ids[offsets[c] ..< offsets[c + 1]], whose first word is at place
/// offsets[c] of the stream, and has the learning rate rates[c]. sums[c] is overwritten.
///
/// With `shared`, threads take whole chunks. Without, all threads work on one chunk after the other: 16 centres make
/// a block, computed against tables that stand still for a round of 8 blocks; then every row gets the round's
/// updates in the order of the text, from the one thread that owns it.
void sesame_word2vec_train(const sesame_word2vec *model, const uint32_t *ids, size_t count, const uint64_t *offsets,
                           const float *rates, sesame_word2vec_sums *sums);

#endif
