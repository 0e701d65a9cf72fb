// The steps of word2vec for one centre word (Mikolov et al. 2013b, "Distributed representations of words and
// phrases and their compositionality"), all of a window's inputs against all of its outputs at once.
//
// With inputs h_i, outputs o_k, labels t_k (1 for the centre, 0 for a negative; 1 - code on a Huffman path) and
// weights w_k (how often a negative was drawn), s_ik = h_i · o_k and g_ik = rate · w_k (t_k - σ(s_ik)):
//
//     h_i += Σ_k g_ik o_k        o_k += Σ_i g_ik h_i        loss = Σ_ik w_k (softplus(s_ik) - t_k s_ik)
//
// The scores are all taken before any row changes. Sharing the negatives of a centre among its window turns dot
// products and row updates into small matrix products (Ji et al. 2016, "Parallelizing word2vec in shared and
// distributed memory"). CBOW has one input, the mean h of m rows, and adds Σ_k g_k o_k to each of them, as
// word2vec.c does: m times the gradient.
//
// The sigmoid and the loss are exact (vector.h's accuracy), with no table and no cut-off at |s| = 6.
// Outputs are distinct rows. An input that occurs twice gets both updates; the outputs then see the later one of
// the two with the first already in.

#ifndef SESAME_SUFFIX

#include "word2vec.h"

enum { TILE = 8 };  // outputs a register tile has at most, and the distance between two inputs' scores

#define SESAME_FILE "word2vec_window.c"
#include "variants.h"

static const sesame_word2vec_kernels *const kernel_table[] = SESAME_VARIANTS(&kernels);

const sesame_word2vec_kernels *sesame_word2vec_kernels_current(void) { return SESAME_SELECT(kernel_table); }

#else  // The body, once for each instruction set.

/// The sums of W vectors as the lanes of one.
SESAME_INLINE vf FN(lane_sums)(const vf *v) {
#if SESAME_WIDTH == 16
    vf a[8], b[4], c[2];
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; i++) {  // halves of i and i + 8
        vf low = __builtin_shufflevector(v[i], v[i + 8], 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
        vf high = __builtin_shufflevector(v[i], v[i + 8], 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
        a[i] = low + high;
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++) {  // quarters of i, i + 4, i + 8, i + 12
        vf low = __builtin_shufflevector(a[i], a[i + 4], 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27);
        vf high = __builtin_shufflevector(a[i], a[i + 4], 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31);
        b[i] = low + high;
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < 2; i++) {
        vf low = __builtin_shufflevector(b[i], b[i + 2], 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
        vf high = __builtin_shufflevector(b[i], b[i + 2], 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
        c[i] = low + high;
    }
    vf low = __builtin_shufflevector(c[0], c[1], 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30);
    vf high = __builtin_shufflevector(c[0], c[1], 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31);
    return low + high;
#elif SESAME_WIDTH == 8
    vf b[4], c[2];
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++) {
        b[i] = __builtin_shufflevector(v[i], v[i + 4], 0, 1, 2, 3, 8, 9, 10, 11)
            + __builtin_shufflevector(v[i], v[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < 2; i++) {
        c[i] = __builtin_shufflevector(b[i], b[i + 2], 0, 1, 8, 9, 4, 5, 12, 13)
            + __builtin_shufflevector(b[i], b[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
    return __builtin_shufflevector(c[0], c[1], 0, 8, 2, 10, 4, 12, 6, 14)
        + __builtin_shufflevector(c[0], c[1], 1, 9, 3, 11, 5, 13, 7, 15);
#else
    vf a = __builtin_shufflevector(v[0], v[2], 0, 1, 4, 5) + __builtin_shufflevector(v[0], v[2], 2, 3, 6, 7);
    vf b = __builtin_shufflevector(v[1], v[3], 0, 1, 4, 5) + __builtin_shufflevector(v[1], v[3], 2, 3, 6, 7);
    return __builtin_shufflevector(a, b, 0, 4, 2, 6) + __builtin_shufflevector(a, b, 1, 5, 3, 7);
#endif
}

/// scores[i * TILE + k] = inputs[i] · outputs[k] for `count` inputs, `step` of them (1 or 2) at a time, and K outputs.
SESAME_INLINE void FN(tile_scores)(const int K, const int step, size_t stride, size_t count, float *const *inputs,
                                   const float *const *outputs, float *scores) {
    for (size_t i = 0; i < count; i += (size_t)step) {
        const float *first = inputs[i], *second = inputs[i + 1 < count ? i + 1 : i];
        vf sums[2 * TILE];
#pragma clang loop unroll(full)
        for (int k = 0; k < 2 * TILE; k++) sums[k] = vset(0);
        for (size_t d = 0; d < stride; d += W) {
            const vf a = vload(first + d), b = step == 2 ? vload(second + d) : vset(0);
#pragma clang loop unroll(full)
            for (int k = 0; k < K; k++) {
                const vf o = vload(outputs[k] + d);
                sums[k] = vfma(a, o, sums[k]);
                if (step == 2) sums[TILE + k] = vfma(b, o, sums[TILE + k]);
            }
        }
#pragma clang loop unroll(full)
        for (size_t k = 0; k < (W > TILE ? 2 : (size_t)step) * TILE; k += W) vstore(scores + i * TILE + k, FN(lane_sums)(sums + k));
    }
}

/// Rows += g · the other side's rows: inputs[i] += Σ g[i][k] outputs[k], written[k] = keep[k] outputs[k] + Σ g[i][k] read[i],
/// for the outputs from `first` on.
SESAME_INLINE void FN(tile_update)(
    const int K, const sesame_word2vec_window *w, float *const *read, size_t first, const float *g) {
    const float *const *outputs = w->outputs + first, *keep = w->keep + first;
    float *const *written = w->written + first;
    for (size_t d = 0; d < w->stride; d += W) {
        vf o[TILE], sums[TILE];
#pragma clang loop unroll(full)
        for (int k = 0; k < K; k++) {
            o[k] = vload(outputs[k] + d);
            sums[k] = vset(keep[k]) * o[k];
        }
        for (size_t i = 0; i < w->input_count; i++) {
            const vf h = vload(read[i] + d);
            vf even = read == w->inputs ? h : vload(w->inputs[i] + d), odd = vset(0);
#pragma clang loop unroll(full)
            for (int k = 0; k < K; k++) {
                const vf slope = vset(g[i * TILE + k]);
                if (k % 2) odd = vfma(slope, o[k], odd);
                else even = vfma(slope, o[k], even);
                sums[k] = vfma(slope, h, sums[k]);
            }
            vstore(w->inputs[i] + d, even + odd);
        }
#pragma clang loop unroll(full)
        for (int k = 0; k < K; k++) vstore(written[k] + d, sums[k]);
    }
}

/// Turns scores into g, in place, for outputs of which `labels` and `weights` hold TILE each; the loss.
SESAME_INLINE vd FN(slopes)(size_t count, float rate, const float *labels, const float *weights, float *scores) {
    vd loss = (vd)(0.0);
    const size_t n = count * TILE;
    for (size_t j = 0; j < n; j += W) {
        vf label, weight;
#if SESAME_WIDTH == 16
        vhalf eight_labels, eight_weights;
        memcpy(&eight_labels, labels, sizeof eight_labels);
        memcpy(&eight_weights, weights, sizeof eight_weights);
        label.lo = label.hi = eight_labels;
        weight.lo = weight.hi = eight_weights;
        if (j + TILE >= n) weight.hi = (vhalf)(0.0f);  // two inputs at once; here there is no second
#else
        label = vload(labels + j % TILE);
        weight = vload(weights + j % TILE);
#endif
        const vf s = vload(scores + j);
        const vf e = vexp(-vabs(s)), whole = vset(1.0f) / (vset(1.0f) + e);
        const vf sigmoid = vselect(s >= vset(0), whole, e * whole);
        // softplus(s) - label · s.
        const vf costs = weight * (vmax(s, vset(0)) - label * s + vlog(vset(1.0f) + e));
        loss += vlow_double(costs) + vhigh_double(costs);
        vstore(scores + j, vset(rate) * weight * (label - sigmoid));
    }
    return loss;
}

#define SESAME_TILES(call)                                                                                        \
    switch (K) {                                                                                                  \
    case 1: call(1); break;                                                                                       \
    case 2: call(2); break;                                                                                       \
    case 3: call(3); break;                                                                                       \
    case 4: call(4); break;                                                                                       \
    case 5: call(5); break;                                                                                       \
    case 6: call(6); break;                                                                                       \
    case 7: call(7); break;                                                                                       \
    default: call(8); break;                                                                                      \
    }

SESAME_HOGWILD static double FN(skip_gram)(const sesame_word2vec_window *w) {
    const size_t stride = w->stride, count = w->input_count, outputs = w->output_count;
    const size_t step = (count + 1) / 2 * 2 * TILE;  // scores of one tile
    float *scores = w->scratch;
    vd loss = (vd)(0.0);
    for (size_t k = 0, tile = 0; k < outputs; k += TILE, tile++) {
        const int K = (int)sesame_min(TILE, outputs - k);
        float *out = scores + tile * step;
#define SESAME_CALL(n) FN(tile_scores)(n, 2, stride, count, w->inputs, w->outputs + k, out)
        SESAME_TILES(SESAME_CALL)
#undef SESAME_CALL
        loss += FN(slopes)(count, w->rate, w->labels + k, w->weights + k, out);
    }
    // With several tiles, later ones must not see what earlier ones made of the inputs.
    float *copies[count + 1], *const *read = w->inputs;
    if (outputs > TILE) {
        float *memory = scores + sesame_round_up(sesame_blocks(outputs, TILE) * step, 16);
        for (size_t i = 0; i < count; i++) {
            copies[i] = memory + i * stride;
            memcpy(copies[i], w->inputs[i], stride * sizeof(float));
        }
        read = copies;
    }
    for (size_t k = 0, tile = 0; k < outputs; k += TILE, tile++) {
        const int K = (int)sesame_min(TILE, outputs - k);
        const float *g = scores + tile * step;
#define SESAME_CALL(n) FN(tile_update)(n, w, read, k, g)
        SESAME_TILES(SESAME_CALL)
#undef SESAME_CALL
    }
    return vdsum(loss);
}

/// The part of Σ_k g_k o_k of the outputs from `first` on begins `error` or is added to it; they are updated with the mean.
SESAME_INLINE void FN(tile_update_mean)(
    const int K, const sesame_word2vec_window *w, const float *mean, size_t first, const float *g, float *error) {
    const float *const *outputs = w->outputs + first, *keep = w->keep + first;
    float *const *written = w->written + first;
    for (size_t d = 0; d < w->stride; d += W) {
        const vf h = vload(mean + d);
        vf sum = first == 0 ? vset(0) : vload(error + d);
#pragma clang loop unroll(full)
        for (int k = 0; k < K; k++) {
            const vf slope = vset(g[k]), o = vload(outputs[k] + d);
            sum = vfma(slope, o, sum);
            vstore(written[k] + d, vfma(slope, h, vset(keep[k]) * o));
        }
        vstore(error + d, sum);
    }
}

SESAME_HOGWILD static double FN(cbow)(const sesame_word2vec_window *w) {
    const size_t stride = w->stride, count = w->input_count, outputs = w->output_count;
    float *mean = w->scratch, *error = mean + stride, *scores = error + stride;
    float total = 0;
    for (size_t i = 0; i < count; i++) total += w->shares ? w->shares[i] : 1.0f;
    const vf scale = vset(1.0f / total);
    for (size_t d = 0; d < stride; d += W) {
        vf sum = vset(0);
        if (w->shares) {
            for (size_t i = 0; i < count; i++) sum = vfma(vset(w->shares[i]), vload(w->inputs[i] + d), sum);
        } else {
            for (size_t i = 0; i < count; i++) sum += vload(w->inputs[i] + d);
        }
        vstore(mean + d, sum * scale);
    }
    vd loss = (vd)(0.0);
    for (size_t k = 0; k < outputs; k += TILE) {
        const int K = (int)sesame_min(TILE, outputs - k);
        float *out = scores;
#define SESAME_CALL(n) FN(tile_scores)(n, 1, stride, 1, &mean, w->outputs + k, out)
        SESAME_TILES(SESAME_CALL)
#undef SESAME_CALL
        loss += FN(slopes)(1, w->rate, w->labels + k, w->weights + k, out);
#define SESAME_CALL(n) FN(tile_update_mean)(n, w, mean, k, out, error)
        SESAME_TILES(SESAME_CALL)
#undef SESAME_CALL
    }
    for (size_t d = 0; d < stride; d += W) {
        const vf e = vload(error + d);
        for (size_t i = 0; i < count; i++) vstore(w->inputs[i] + d, vload(w->inputs[i] + d) + e);
    }
    return vdsum(loss);
}

#undef SESAME_TILES

SESAME_HOGWILD static void FN(add)(size_t n, const float *x, float *y) {
    for (size_t d = 0; d < n; d += W) vstore(y + d, vload(y + d) + vload(x + d));
}

SESAME_HOGWILD static void FN(subtract)(size_t n, const float *x, float *y) {
    for (size_t d = 0; d < n; d += W) vstore(y + d, vload(y + d) - vload(x + d));
}

SESAME_HOGWILD static void FN(mean)(size_t stride, size_t count, const uint32_t *rows, const float *table, float *y) {
    const vf scale = vset(1.0f / (float)count);
    for (size_t d = 0; d < stride; d += W) {
        vf sum = vset(0);
        for (size_t i = 0; i < count; i++) sum += vload(table + rows[i] * stride + d);
        vstore(y + d, sum * scale);
    }
}

static const sesame_word2vec_kernels FN(kernels) = {
    FN(skip_gram), FN(cbow), FN(add), FN(subtract), FN(mean),
};

#endif
