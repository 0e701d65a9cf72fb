#ifndef SESAME_WORD2VEC_H
#define SESAME_WORD2VEC_H

// What word2vec.c, which walks the text, and word2vec_window.c, which computes, share.

#include "internal.h"

/// One centre with its inputs and outputs.
typedef struct sesame_word2vec_window {
    size_t stride;
    size_t input_count, output_count;
    float **inputs;          // updated in place; one pointer of slack after the last
    const float *shares;     // CBOW: how many rows each input stands for, or NULL for one each
    const float **outputs;
    float **written;         // receive keep · output + update
    float keep;              // 1 to update the outputs in place, 0 to write the updates alone
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
