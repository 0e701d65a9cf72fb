// What attention does with the rows of a block of scores: the softmax that goes on from block to block, its gradient, and
// the scaling and dot products beside them. What calls them stands in attention.c.

#ifndef SESAME_SUFFIX

#include "attention.h"

enum { KEY_BLOCK = SESAME_KEY_BLOCK };

#define SESAME_FILE "attention_rows.c"
#include "variants.h"

static const attention_row_kernels *const row_table[] = SESAME_VARIANTS(&rows);

const attention_row_kernels *sesame_attention_row_kernels(void) { return SESAME_SELECT(row_table); }

#else  // The body, once for each instruction set.

static void FN(scale_row)(size_t n, float scale, float *x) {
    size_t j = 0;
    for (; j + W <= n; j += W) vstore(x + j, vload(x + j) * vset(scale));
    if (j < n) vstore_n(x + j, vload_n(x + j, n - j) * vset(scale), n - j);
}

static float FN(dot_row)(size_t n, const float *x, const float *y) {
    vf sum = vset(0);
    size_t j = 0;
    for (; j + W <= n; j += W) sum = vfma(vload(x + j), vload(y + j), sum);
    if (j < n) sum = vfma(vload_n(x + j, n - j), vload_n(y + j, n - j), sum);
    return vsum(sum);
}

/// Where a row's loop begins and ends: whole vectors around the keys that it sees.
typedef struct FN(row_range) {
    size_t begin, end;
} FN(row_range);

/// Puts -inf around the values that row i sees up to whole vectors, so that row loops need no tail: rows are
/// KEY_BLOCK long, a multiple of W.
SESAME_INLINE FN(row_range) FN(close_row)(const score_block *s, size_t i, float *row) {
    const size_t hidden = s->hidden[i], visible = s->visible[i];
    const FN(row_range) range = {hidden / W * W, sesame_round_up(visible, W)};
    for (size_t j = range.begin; j < hidden; j++) row[j] = -INFINITY;
    for (size_t j = visible; j < range.end; j++) row[j] = -INFINITY;
    return range;
}

/// Zeros where the row's loop did not go.
SESAME_INLINE void FN(clear_row)(const score_block *s, FN(row_range) range, float *row) {
    for (size_t j = 0; j < range.begin; j++) row[j] = 0;
    for (size_t j = range.end; j < s->cols; j++) row[j] = 0;
}

/// Scaled and masked scores in place, -inf where hidden; their maximum.
SESAME_INLINE float FN(mask_row)(const score_block *s, float *row, size_t visible, FN(row_range) range) {
    vf largest = vset(-INFINITY), scale = vset(s->scale);
    for (size_t j = range.begin; j < range.end; j += W) {
        vf v = vload(row + j) * scale;
        if (s->mask) v += j + W <= visible ? vload(s->mask + j) : vload_n(s->mask + j, visible - j);
        vstore(row + j, v);
        largest = vmax(v, largest);
    }
    return vmaximum(largest);
}

static void FN(running_softmax)(const score_block *s) {
    for (size_t i = 0; i < s->rows; i++) {
        float *row = s->scores + i * KEY_BLOCK;
        const size_t hidden = s->hidden[i], visible = s->visible[i];
        const FN(row_range) range = FN(close_row)(s, i, row);
        const float old = s->maximum[i], maximum = fmaxf(old, FN(mask_row)(s, row, visible, range));
        s->factor[i] = 1;
        if (maximum == -INFINITY) {
            memset(row, 0, s->cols * sizeof(float));
            continue;
        }
        vf sum = vset(0), shift = vset(maximum);
        for (size_t j = range.begin; j < range.end; j += W) {
            vf e = vexp(vload(row + j) - shift);
            vstore(row + j, e);
            sum += e;
        }
        FN(clear_row)(s, range, row);
        s->factor[i] = old == maximum ? 1.0f : expf(old - maximum);
        s->sum[i] = s->sum[i] * s->factor[i] + vsum(sum);
        s->maximum[i] = maximum;
        if (s->dropout_scale > 0) {
            sesame_dropout_run(visible - hidden, s->key, s->offset + i * s->row_offset + hidden, s->threshold,
                               s->dropout_scale, row + hidden, row + hidden);
        }
    }
}

static void FN(score_gradient)(const score_block *s) {
    for (size_t i = 0; i < s->rows; i++) {
        float *row = s->scores + i * KEY_BLOCK, *gradient = s->gradients + i * KEY_BLOCK;
        const size_t hidden = s->hidden[i], visible = s->visible[i];
        const FN(row_range) range = FN(close_row)(s, i, row);
        const float saved = s->log_sum_exp[i];
        if (saved == -INFINITY) {
            memset(row, 0, s->cols * sizeof(float));
            memset(gradient, 0, s->cols * sizeof(float));
            continue;
        }
        for (size_t j = range.begin; j < hidden; j++) gradient[j] = 0;
        for (size_t j = visible; j < range.end; j++) gradient[j] = 0;
        FN(mask_row)(s, row, visible, range);
        vf shift = vset(saved), delta = vset(s->delta[i]), scale = vset(s->scale);
        float keep[KEY_BLOCK];
        if (s->dropout_scale > 0) {
            for (size_t j = range.begin; j < range.end; j++) keep[j] = 1;
            sesame_dropout_run(visible - hidden, s->key, s->offset + i * s->row_offset + hidden, s->threshold,
                               s->dropout_scale, keep + hidden, keep + hidden);
        }
        for (size_t j = range.begin; j < range.end; j += W) {
            vf weight = vexp(vload(row + j) - shift), g = vload(gradient + j), kept = weight;
            if (s->dropout_scale > 0) {
                vf k = vload(keep + j);
                g *= k;
                kept *= k;
            }
            vstore(row + j, weight * (g - delta) * scale);
            vstore(gradient + j, kept);
        }
        FN(clear_row)(s, range, row);
        FN(clear_row)(s, range, gradient);
    }
}

static const attention_row_kernels FN(rows) = {
    .softmax = FN(running_softmax), .gradient = FN(score_gradient), .scale = FN(scale_row), .dot = FN(dot_row),
};

#endif
