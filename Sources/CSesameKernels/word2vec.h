#ifndef SESAME_WORD2VEC_H
#define SESAME_WORD2VEC_H

// What word2vec_chunk.c, which draws, word2vec.c, which walks the text, and word2vec_window.c, which computes, share.

#include "internal.h"

// MARK: Chunks

/// What is left of a chunk of text after subsampling, with what was drawn for it.
typedef struct sesame_word2vec_chunk {
    size_t count;
    uint32_t *words, *low, *high;  // the window of place t is [low, high) without t
    uint32_t *noise;               // negatives, `negatives` a place
    // Set by sesame_word2vec_find_own_rows:
    uint64_t *outputs;             // bit k: output k of the centre is its block's own in the round
    uint8_t *inputs;               // by round and place from the round's first on: whether the input is its block's own
} sesame_word2vec_chunk;

enum { SESAME_WORD2VEC_MASK_BITS = 64 };  // outputs of a centre that can be told to be a block's own

/// Places that the windows of a round's centres reach, at most.
SESAME_INLINE size_t sesame_word2vec_round_places(const sesame_word2vec *m) {
    return m->block * m->round + 2 * m->window;
}

SESAME_INLINE size_t sesame_word2vec_chunk_bytes(const sesame_word2vec *m, size_t n) {
    const size_t drawn = sesame_round_up(n * (3 + m->negatives), 2) * sizeof(uint32_t);
    if (m->shared) return drawn;
    const size_t rounds = sesame_blocks(n, m->block * m->round);
    return drawn + n * sizeof(uint64_t) + rounds * sesame_word2vec_round_places(m);
}

/// Output k's row of the centre at t.
SESAME_INLINE uint32_t sesame_word2vec_output_row(const sesame_word2vec *m, const sesame_word2vec_chunk *c, size_t t, size_t k) {
    if (m->negatives == 0) return m->path_nodes[m->path_offsets[c->words[t]] + k] & ~SESAME_SENTENCE_END;
    return k == 0 ? c->words[t] : c->noise[t * m->negatives + k - 1];
}

/// How many outputs the centre at t has, a negative drawn twice counted twice.
SESAME_INLINE size_t sesame_word2vec_output_count(const sesame_word2vec *m, const sesame_word2vec_chunk *c, size_t t) {
    if (m->negatives > 0) return m->negatives + 1;
    return m->path_offsets[c->words[t] + 1] - m->path_offsets[c->words[t]];
}

/// Draws for ids[0 ..< n], which begin at `place` of the stream; `memory`, of 8-byte alignment, holds chunk_bytes.
SESAME_HIDDEN sesame_word2vec_chunk sesame_word2vec_draw_chunk(
    const sesame_word2vec *m, const uint32_t *ids, size_t n, uint64_t place, uint32_t *memory);

/// Tells which of a chunk's rows are touched by one block of their round alone. It can write those at once; they are
/// the larger part, for a text's rare words are many.
SESAME_HIDDEN void sesame_word2vec_find_own_rows(const sesame_word2vec *m, const sesame_word2vec_chunk *c);

/// The places that the windows of centres [begin, end) reach.
SESAME_HIDDEN void sesame_word2vec_reach(
    const sesame_word2vec_chunk *c, size_t begin, size_t end, size_t *first, size_t *last);

// MARK: Windows

/// One centre with its inputs and outputs.
typedef struct sesame_word2vec_window {
    size_t stride;
    size_t input_count, output_count;
    float **inputs;          // updated in place; one pointer of slack after the last
    const float *shares;     // CBOW: how many rows each input stands for, or NULL for one each
    const float **outputs;
    float **written;         // receive keep · output + update
    const float *keep;       // 1 to write the updated output, 0 to write the update alone
    const float *labels;     // 1 for what is to be likely, 0 for what is not; slack up to a multiple of 8
    const float *weights;    // how often an output counts
    float rate;
    float *scratch;          // sesame_word2vec_window_scratch floats, 64-byte aligned
} sesame_word2vec_window;

SESAME_INLINE size_t sesame_word2vec_window_scratch(size_t stride, size_t inputs, size_t outputs) {
    const size_t tiles = sesame_blocks(outputs, 8);
    return tiles * (inputs + 2) * 8 + (inputs + 2) * stride + 16;
}

typedef struct sesame_word2vec_kernels {
    /// One step for every pair of an input and an output; the sum of the pairs' losses.
    double (*skip_gram)(const sesame_word2vec_window *window);
    /// One step for the inputs' mean and every output; its loss.
    double (*cbow)(const sesame_word2vec_window *window);
    /// y += x.
    void (*add)(size_t n, const float *x, float *y);
    /// y -= x.
    void (*subtract)(size_t n, const float *x, float *y);
    /// y = the mean of the table's rows.
    void (*mean)(size_t stride, size_t count, const uint32_t *rows, const float *table, float *y);
} sesame_word2vec_kernels;

SESAME_HIDDEN const sesame_word2vec_kernels *sesame_word2vec_kernels_current(void);

/// Rows that several threads may write at once: the thread sanitizer is not to look at them.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SESAME_HOGWILD __attribute__((no_sanitize("thread"), noinline))
#endif
#endif
#ifndef SESAME_HOGWILD
#define SESAME_HOGWILD
#endif

#endif
