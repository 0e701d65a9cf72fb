// GloVe (Pennington, Socher & Manning 2014, "GloVe: Global vectors for word representation"), by AdaGrad.
//
// For an entry x of words i, j, with e = w_i · c_j + b_i + d_j - ln x and f = min(1, (x / x_max)^α), the cost is f e² / 2
// (half the weighted square, as the authors' program reports it) and, with u = η f e,
//
//     w_i -= u c_j / √G_i      G_i += (u c_j)²      and so for c_j, b_i, d_j,
//
// the sums G beginning at 1 and taking in the step size, as in the authors' program; its cut of gradients at ±100 is
// kept. Biases lie in the vectors' rows, each against a constant 1 on the other side, so that the dot product and the
// steps take them in without code of their own.

#ifndef SESAME_SUFFIX

#include "internal.h"

enum { AHEAD = 6 };  // entries whose rows are on their way from memory

#define SESAME_FILE "glove.c"
#include "variants.h"

typedef double glove_body(const sesame_glove *model, const sesame_cooccurrence *entries, size_t count);
static glove_body *const glove_table[] = SESAME_VARIANTS(glove);

typedef struct glove_job {
    const sesame_glove *model;
    const sesame_cooccurrence *entries;
    const uint64_t *begins, *ends;
    double *costs;
    glove_body *body;
} glove_job;

static void train_block(void *context, size_t index) {
    const glove_job *job = context;
    const uint64_t begin = job->begins[index];
    job->costs[index] = job->body(job->model, job->entries + begin, job->ends[index] - begin);
}

void sesame_glove_train(const sesame_glove *model, const sesame_cooccurrence *entries, size_t blocks,
                        const uint64_t *begins, const uint64_t *ends, double *costs) {
    glove_job job = {model, entries, begins, ends, costs, SESAME_SELECT(glove_table)};
    sesame_parallel_for(blocks, train_block, &job);
}

#else  // The body, once for each instruction set.

/// 1/√x for x >= 1.
SESAME_INLINE vf FN(reciprocal_root)(vf x) {
#if SESAME_LEVEL == SESAME_LEVEL_AVX512 || SESAME_LEVEL == SESAME_LEVEL_AVX512_BF16
    // 14 bits, then Newton's step.
    const vf y = (vf)_mm512_rsqrt14_ps((__m512)x);
    return y * vfma(vset(-0.5f) * x * y, y, vset(1.5f));
#else
    return vset(1.0f) / __builtin_elementwise_sqrt(x);
#endif
}

static double FN(glove)(const sesame_glove *model, const sesame_cooccurrence *entries, size_t count) {
    const size_t stride = model->stride, row = 2 * stride;
    const vf limit = vset(100.0f);
    double cost = 0;
    // The logarithms and weights of W entries at once.
    for (size_t start = 0; start < count; start += W) {
        const size_t n = sesame_min(W, count - start);
        float x[W], logs[W], weights[W];
        for (size_t i = 0; i < W; i++) x[i] = entries[start + sesame_min(i, n - 1)].count;
        const vf counts = vload(x), log = vlog(counts);
        const vf share = vexp(vset(model->power) * (log - vlog(vset(model->maximum))));
        vstore(logs, log);
        vstore(weights, vmin(share, vset(1.0f)));
        for (size_t i = 0; i < n; i++) {
            if (start + i + AHEAD < count) {
                const sesame_cooccurrence *next = entries + start + i + AHEAD;
                const float *w = model->words + next->row * row, *c = model->contexts + next->column * row;
                for (size_t d = 0; d < row; d += 16) {
                    __builtin_prefetch(w + d, 1, 3);
                    __builtin_prefetch(c + d, 1, 3);
                }
            }
            const sesame_cooccurrence *entry = entries + start + i;
            float *w = model->words + entry->row * row, *c = model->contexts + entry->column * row;
            vf sum = vset(0), other = vset(0);
            size_t d = 0;
            for (; d + 2 * W <= stride; d += 2 * W) {
                sum = vfma(vload(w + d), vload(c + d), sum);
                other = vfma(vload(w + d + W), vload(c + d + W), other);
            }
            if (d < stride) sum = vfma(vload(w + d), vload(c + d), sum);
            const float error = vsum(sum + other) - logs[i], weighted = weights[i] * error;
            cost += 0.5 * (double)weighted * (double)error;
            if (!(weighted - weighted == 0)) continue;  // infinite or undefined: counted, not learned from
            const vf u = vset(model->learning_rate) * vset(weighted);
            const vf low = -limit * vset(model->learning_rate), high = limit * vset(model->learning_rate);
            for (d = 0; d < stride; d += W) {
                const vf a = vload(w + d), b = vload(c + d);
                const vf ga = vmin(vmax(u * b, low), high), gb = vmin(vmax(u * a, low), high);
                const vf sa = vload(w + stride + d), sb = vload(c + stride + d);
                vstore(w + d, a - ga * FN(reciprocal_root)(sa));
                vstore(c + d, b - gb * FN(reciprocal_root)(sb));
                vstore(w + stride + d, vfma(ga, ga, sa));
                vstore(c + stride + d, vfma(gb, gb, sb));
            }
            // The constants that the biases stand against.
            w[model->width + 1] = 1;
            c[model->width] = 1;
        }
    }
    return cost;
}

#endif
