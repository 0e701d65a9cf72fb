#ifndef SESAME_ATTENTION_H
#define SESAME_ATTENTION_H

// What attention.c, which goes through blocks of scores, and attention_rows.c, which has what is done with the rows of
// one, tell each other.

#include "internal.h"
#include "random.h"

enum { SESAME_KEY_BLOCK = 256 };

/// What the row bodies need of a block of scores.
typedef struct score_block {
    size_t rows, cols;    // cols: keys of the block
    float *scores;        // rows × SESAME_KEY_BLOCK; becomes P, or dS in the backward pass
    float *gradients;     // rows × SESAME_KEY_BLOCK: dP; becomes P M in the backward pass
    const size_t *hidden;   // where, counted from the block's start, the keys begin that each row sees
    const size_t *visible;  // and where they end
    const float *mask;    // 0 or -inf a key of the block, or NULL
    float scale;
    float *maximum, *sum;  // running, a row each
    float *factor;         // exp(old maximum - new), a row each
    const float *log_sum_exp, *delta;
    float dropout_scale;   // 0 without dropout
    uint32_t threshold;
    sesame_key key;
    uint64_t offset;       // of the first row's first key in the dropout stream
    uint64_t row_offset;   // from one row to the next
} score_block;

/// What is done with rows.
typedef struct attention_row_kernels {
    /// Scores to exponentials, with running maxima and sums, and dropout.
    void (*softmax)(const score_block *s);
    /// Scores and dP to dS and P M.
    void (*gradient)(const score_block *s);
    /// x *= scale.
    void (*scale)(size_t n, float scale, float *x);
    /// Σ x y.
    float (*dot)(size_t n, const float *x, const float *y);
} attention_row_kernels;

/// The bodies for the instruction set in use.
SESAME_HIDDEN const attention_row_kernels *sesame_attention_row_kernels(void);

#endif
