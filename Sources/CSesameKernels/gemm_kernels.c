// What a matrix product is made of: packing, the register tile with its epilogue, and the product of few rows.
//
// A packed A has panels of MR rows, a packed B panels of NR columns; a tile of MR × NR values of C stays in registers
// over a whole K block. In bfloat16 with hardware products a panel holds pairs of k, and subnormal operands count as zero.

#ifndef SESAME_SUFFIX

#include "internal.h"

#define SESAME_FILE "gemm_kernels.c"
#define SESAME_WANTS_BF16
#include "variants.h"

#if defined(__x86_64__)
static const sesame_gemm_kernels *const gemm_table[SESAME_ISA_COUNT] = {
    &kernels_portable, &kernels_avx2, &kernels_avx512, &kernels_avx512_bf16, NULL};
#elif defined(__aarch64__)
static const sesame_gemm_kernels *const gemm_table[SESAME_ISA_COUNT] = {
    &kernels_neon, NULL, NULL, NULL, &kernels_neon};
#else
static const sesame_gemm_kernels *const gemm_table[SESAME_ISA_COUNT] = {
    &kernels_portable, NULL, NULL, NULL, NULL};
#endif

const sesame_gemm_kernels *sesame_gemm_kernels_current(void) { return SESAME_SELECT(gemm_table); }

#else  // The body, once for each instruction set.

#undef MR
#undef NV
#if SESAME_LEVEL == SESAME_LEVEL_AVX512 || SESAME_LEVEL == SESAME_LEVEL_AVX512_BF16
#define MR 14
#define NV 2
#elif SESAME_LEVEL == SESAME_LEVEL_AVX2
#define MR 6
#define NV 2
#elif SESAME_LEVEL == SESAME_LEVEL_NEON
#define MR 4
#define NV 4
#else
#define MR 4
#define NV 2
#endif
#define NR (NV * W)

#include "gemm_pack.h"

// MARK: The register tile

SESAME_INLINE vf FN(multiply_add)(bool pairs, float a, vf b, vf c) {
    (void)pairs;
#if SESAME_LEVEL == SESAME_LEVEL_AVX512_BF16
    if (pairs) return (vf)_mm512_dpbf16_ps((__m512)c, (__m512bh)vset(a), (__m512bh)b);
#endif
    return vfma(vset(a), b, c);
}

/// One tile. `pairs`, `rows` (at most MR) and `vectors` (at most NV) are constants after inlining; the first
/// `height` rows and `width` columns are stored.
SESAME_INLINE void FN(tile)(bool pairs, size_t rows, size_t vectors, size_t units, const float *a, const float *b,
                            bool accumulate, float *c, size_t ldc, size_t height, size_t width) {
    vf sum[MR][NV];
#pragma clang loop unroll(full)
    for (size_t i = 0; i < MR; i++) {
        for (size_t j = 0; j < NV; j++) sum[i][j] = vset(0);
    }
    for (size_t k = 0; k < units; k++, a += MR, b += NR) {
        vf column[NV];
#pragma clang loop unroll(full)
        for (size_t j = 0; j < vectors; j++) column[j] = vload(b + j * W);
#pragma clang loop unroll(full)
        for (size_t i = 0; i < rows; i++) {
#pragma clang loop unroll(full)
            for (size_t j = 0; j < vectors; j++) {
                sum[i][j] = FN(multiply_add)(pairs, a[i], column[j], sum[i][j]);
            }
        }
    }
#pragma clang loop unroll(full)
    for (size_t i = 0; i < rows; i++) {
#pragma clang loop unroll(full)
        for (size_t j = 0; j < vectors; j++) {
            if (i < height && j * W < width) {
                float *p = c + i * ldc + j * W;
                if (width >= (j + 1) * W) {
                    vstore(p, accumulate ? vload(p) + sum[i][j] : sum[i][j]);
                } else {
                    const size_t n = width - j * W;
                    vstore_n(p, accumulate ? vload_n(p, n) + sum[i][j] : sum[i][j], n);
                }
            }
        }
    }
}

/// A tile at the edge of C: as few rows and vectors as hold it. Rows go in steps of two to limit the code.
SESAME_INLINE void FN(edge_tile)(bool pairs, size_t units, const float *a, const float *b, bool accumulate, float *c,
                                 size_t ldc, size_t height, size_t width) {
    const bool narrow = width <= NR / 2;
#define EDGE(rows)                                                                                    \
    case rows:                                                                                        \
        if (narrow) {                                                                                 \
            FN(tile)(pairs, rows, NV / 2, units, a, b, accumulate, c, ldc, height, width);            \
        } else {                                                                                      \
            FN(tile)(pairs, rows, NV, units, a, b, accumulate, c, ldc, height, width);                \
        }                                                                                             \
        break;
    switch (height + height % 2) {
        EDGE(2)
        EDGE(4)
#if MR >= 6
        EDGE(6)
#endif
#if MR >= 14
        EDGE(8)
        EDGE(10)
        EDGE(12)
        EDGE(14)
#endif
    }
#undef EDGE
}

SESAME_INLINE void FN(finish_rows)(sesame_activation activation, size_t rows, size_t cols, float *c, size_t ldc,
                                   const float *bias, float *preactivation, const float *residual) {
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < cols; j += W) {
            const size_t n = cols - j;
            float *p = c + i * ldc + j;
            vf x = n >= W ? vload(p) : vload_n(p, n);
            if (bias) x += n >= W ? vload(bias + j) : vload_n(bias + j, n);
            if (preactivation) {
                float *q = preactivation + i * ldc + j;
                if (n >= W) vstore(q, x); else vstore_n(q, x, n);
            }
            x = vactivate(activation, x);
            if (residual) {
                const float *r = residual + i * ldc + j;
                x += n >= W ? vload(r) : vload_n(r, n);
            }
            if (n >= W) vstore(p, x); else vstore_n(p, x, n);
        }
    }
}

/// The epilogue over a part of C whose first value is at (row, column) of what `e` describes.
static void FN(finish)(const sesame_epilogue *e, size_t row, size_t column, size_t rows, size_t cols, float *c,
                       size_t ldc) {
    const float *bias = e->bias ? e->bias + column : NULL;
    float *preactivation = e->preactivation ? e->preactivation + row * ldc + column : NULL;
    const float *residual = e->residual ? e->residual + row * ldc + column : NULL;
#define FINISH(kind) case kind: FN(finish_rows)(kind, rows, cols, c, ldc, bias, preactivation, residual); break;
    switch (e->activation) {
        FINISH(SESAME_IDENTITY)
        FINISH(SESAME_GELU)
        FINISH(SESAME_GELU_TANH)
        FINISH(SESAME_RELU)
        FINISH(SESAME_TANH)
        FINISH(SESAME_SIGMOID)
    }
#undef FINISH
}

SESAME_INLINE void FN(block)(bool pairs, size_t m, size_t n, size_t depth, const float *a, const float *b,
                             size_t panel_stride, bool accumulate, float *c, size_t ldc,
                             const sesame_epilogue *epilogue) {
    const size_t units = pairs ? (depth + 1) / 2 : depth;
    for (size_t j = 0; j < n; j += NR, b += panel_stride) {
        const size_t width = sesame_min(NR, n - j);
        for (size_t i = 0; i < m; i += MR) {
            const size_t rows = sesame_min(MR, m - i);
            float *p = c + i * ldc + j;
            if (rows == MR && width == NR) {
                FN(tile)(pairs, MR, NV, units, a + i * units, b, accumulate, p, ldc, MR, NR);
            } else {
                FN(edge_tile)(pairs, units, a + i * units, b, accumulate, p, ldc, rows, width);
            }
            if (epilogue) FN(finish)(epilogue, i, j, rows, width, p, ldc);
        }
    }
}

static void FN(block_float)(size_t m, size_t n, size_t depth, const float *a, const float *b, size_t panel_stride,
                            bool accumulate, float *c, size_t ldc, const sesame_epilogue *epilogue) {
    FN(block)(false, m, n, depth, a, b, panel_stride, accumulate, c, ldc, epilogue);
}
static void FN(block_rounded)(size_t m, size_t n, size_t depth, const float *a, const float *b, size_t panel_stride,
                              bool accumulate, float *c, size_t ldc, const sesame_epilogue *epilogue) {
    FN(block)(SESAME_LEVEL == SESAME_LEVEL_AVX512_BF16, m, n, depth, a, b, panel_stride, accumulate, c, ldc,
              epilogue);
}

// MARK: Few rows

/// Rounds B's values where the product is in bfloat16; A's few rows are rounded beforehand.
SESAME_INLINE vf FN(operand)(bool rounds, vf x) {
#if SESAME_LEVEL == SESAME_LEVEL_AVX512_BF16
    if (rounds) {
        return (vf)_mm512_slli_epi32(_mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)x)), 16);
    }
    return x;
#else
    return rounds ? vround_bf16(x) : x;
#endif
}

/// A · Bᵀ: dot products along rows of B, four at a time, in W lanes. `m` is a constant after inlining.
SESAME_INLINE void FN(rows_along)(bool rounds, size_t m, size_t n, size_t k, const float *a, const float *b,
                                  size_t ldb, bool accumulate, float *c, size_t ldc) {
    for (size_t j = 0; j < n; j += 4) {
        const size_t count = sesame_min(4, n - j);
        const float *row[4];
        // Where fewer than four are left, the last one is computed more than once.
        for (size_t r = 0; r < 4; r++) row[r] = b + (j + sesame_min(r, count - 1)) * ldb;
        vf sum[SESAME_GEMM_FEW_ROWS][4];
        for (size_t i = 0; i < m; i++) {
            for (size_t r = 0; r < 4; r++) sum[i][r] = vset(0);
        }
        size_t q = 0;
        for (; q + W <= k; q += W) {
            for (size_t r = 0; r < 4; r++) {
                vf x = FN(operand)(rounds, vload(row[r] + q));
                for (size_t i = 0; i < m; i++) sum[i][r] = vfma(x, vload(a + i * k + q), sum[i][r]);
            }
        }
        if (q < k) {
            for (size_t r = 0; r < 4; r++) {
                vf x = FN(operand)(rounds, vload_n(row[r] + q, k - q));
                for (size_t i = 0; i < m; i++) sum[i][r] = vfma(x, vload_n(a + i * k + q, k - q), sum[i][r]);
            }
        }
        for (size_t i = 0; i < m; i++) {
            for (size_t r = 0; r < count; r++) {
                float *p = c + i * ldc + j + r;
                *p = accumulate ? *p + vsum(sum[i][r]) : vsum(sum[i][r]);
            }
        }
    }
}

/// A · B: rows of B are added into C, four at a time, so that memory is read in long runs.
SESAME_INLINE void FN(rows_down)(bool rounds, size_t m, size_t n, size_t k, const float *a, const float *b,
                                 size_t ldb, bool accumulate, float *c, size_t ldc) {
    for (size_t i = 0; !accumulate && i < m; i++) memset(c + i * ldc, 0, n * sizeof(float));
    for (size_t q = 0; q < k; q += 4) {
        const size_t count = sesame_min(4, k - q);
        for (size_t j = 0; j < n; j += W) {
            const size_t width = sesame_min(W, n - j);
            vf x[4];
            for (size_t r = 0; r < 4; r++) {
                const float *p = b + (q + r) * ldb + j;
                x[r] = r >= count ? vset(0) : FN(operand)(rounds, width == W ? vload(p) : vload_n(p, width));
            }
            for (size_t i = 0; i < m; i++) {
                float *p = c + i * ldc + j;
                vf sum = width == W ? vload(p) : vload_n(p, width);
                for (size_t r = 0; r < count; r++) sum = vfma(vset(a[i * k + q + r]), x[r], sum);
                if (width == W) vstore(p, sum); else vstore_n(p, sum, width);
            }
        }
    }
}

/// A is m contiguous rows of k values.
SESAME_INLINE void FN(few_rows)(bool rounds, bool transpose_b, size_t m, size_t n, size_t k, const float *a,
                                const float *b, size_t ldb, bool accumulate, float *c, size_t ldc,
                                const sesame_epilogue *epilogue) {
#define ROWS(m)                                                                          \
    case m:                                                                              \
        if (transpose_b) {                                                               \
            FN(rows_along)(rounds, m, n, k, a, b, ldb, accumulate, c, ldc);              \
        } else {                                                                         \
            FN(rows_down)(rounds, m, n, k, a, b, ldb, accumulate, c, ldc);               \
        }                                                                                \
        break;
    switch (m) {
        ROWS(1)
        ROWS(2)
        ROWS(3)
        ROWS(4)
    }
#undef ROWS
    if (epilogue) FN(finish)(epilogue, 0, 0, m, n, c, ldc);
}

static void FN(rows_float)(bool transpose_b, size_t m, size_t n, size_t k, const float *a, const float *b,
                           size_t ldb, bool accumulate, float *c, size_t ldc, const sesame_epilogue *epilogue) {
    FN(few_rows)(false, transpose_b, m, n, k, a, b, ldb, accumulate, c, ldc, epilogue);
}
static void FN(rows_rounded)(bool transpose_b, size_t m, size_t n, size_t k, const float *a, const float *b,
                             size_t ldb, bool accumulate, float *c, size_t ldc, const sesame_epilogue *epilogue) {
    FN(few_rows)(true, transpose_b, m, n, k, a, b, ldb, accumulate, c, ldc, epilogue);
}

static const sesame_gemm_kernels FN(kernels) = {
    .mr = MR,
    .nr = NV * SESAME_WIDTH,
    .pairs = {false, SESAME_LEVEL == SESAME_LEVEL_AVX512_BF16},
    .pack_a = {FN(pack_a_float), FN(pack_a_rounded)},
    .pack_b = {FN(pack_b_float), FN(pack_b_rounded)},
    .block = {FN(block_float), FN(block_rounded)},
    .rows = {FN(rows_float), FN(rows_rounded)},
};

#endif
