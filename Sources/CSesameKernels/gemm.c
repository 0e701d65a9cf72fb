// Matrix products: C = op(A) op(B), packed and blocked (Goto & van de Geijn 2008).
//
// B is packed once, by all threads, into panels of nr columns; each task owns a block of C, packs its rows of A a
// K block at a time, and adds the K blocks up in order, so the bits do not depend on the thread count.
// Within a K block a value is one chain of fused multiply-adds over k; blocks are then added to C.
// In bfloat16 with hardware products a panel holds pairs of k, and subnormal operands count as zero.

#ifndef SESAME_SUFFIX

#include "internal.h"

enum {
    DEPTH_BLOCK = 384,         // K block: a B panel of it stays in the first two cache levels
    COLUMN_BLOCK = 3072,       // columns packed at a time
    PACKED_LIMIT = 4 << 20,    // floats of packed B at a time: half of a modest third-level cache
    ROW_BLOCK = 224,           // rows of a task's packed A, at most
    TASKS = 8,                 // tasks aimed at, so that uneven threads still finish together
    FEW_ROWS = 4,              // up to here packing does not pay
    PARALLEL_FLOPS = 1 << 18,  // below this the pool costs more than it gives
};

#define SESAME_FILE "gemm.c"
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

typedef struct product {
    const sesame_gemm_kernels *kernels;
    sesame_precision precision;
    bool transpose_a, transpose_b, accumulate;
    size_t m, n, k;
    const float *a, *b;
    size_t lda, ldb, ldc;
    float *c;
    const sesame_epilogue *epilogue;
    // The part at hand: columns [column, column + columns), depth [depth, depth + depths).
    size_t column, columns, depth, depths;
    float *packed_b;  // its first panel
    size_t panel_stride;
    size_t row_block, column_block;  // of a task
} product;

static void pack_panels(void *context, size_t begin, size_t end) {
    const product *p = context;
    const size_t nr = p->kernels->nr;
    const size_t first = p->column + begin * nr, last = sesame_min(p->column + end * nr, p->column + p->columns);
    const float *b = p->transpose_b ? p->b + first * p->ldb + p->depth : p->b + p->depth * p->ldb + first;
    p->kernels->pack_b[p->precision](p->transpose_b, last - first, p->depths, b, p->ldb, p->panel_stride,
                                     p->packed_b + begin * p->panel_stride);
}

/// The epilogue for the part of C that starts at (row, column).
static sesame_epilogue epilogue_at(const product *p, size_t row, size_t column) {
    sesame_epilogue e = *p->epilogue;
    if (e.bias) e.bias += column;
    if (e.preactivation) e.preactivation += row * p->ldc + column;
    if (e.residual) e.residual += row * p->ldc + column;
    return e;
}

static void multiply_task(void *context, size_t index) {
    const product *p = context;
    const sesame_gemm_kernels *kernels = p->kernels;
    const size_t column_blocks = sesame_blocks(p->columns, p->column_block);
    const size_t row = index / column_blocks * p->row_block, column = index % column_blocks * p->column_block;
    const size_t rows = sesame_min(p->row_block, p->m - row);
    const size_t columns = sesame_min(p->column_block, p->columns - column);
    float *packed_a = sesame_scratch(
        SESAME_SCRATCH_GEMM_A,
        4 * sesame_gemm_packed_a_floats(kernels, p->precision, rows, sesame_min(p->k, DEPTH_BLOCK)));
    float *c = p->c + row * p->ldc + p->column + column;
    size_t done = 0;
    do {
        const size_t depth = sesame_min(DEPTH_BLOCK, p->depths - done), k = p->depth + done;
        const float *a = p->transpose_a ? p->a + k * p->lda + row : p->a + row * p->lda + k;
        kernels->pack_a[p->precision](p->transpose_a, rows, depth, a, p->lda, packed_a);
        const float *b = p->packed_b + column / kernels->nr * p->panel_stride +
            sesame_gemm_units(kernels, p->precision, done) * kernels->nr;
        sesame_epilogue e, *last = NULL;
        if (p->epilogue && k + depth == p->k) {
            e = epilogue_at(p, row, p->column + column);
            last = &e;
        }
        kernels->block[p->precision](rows, columns, depth, packed_a, b, p->panel_stride,
                                     p->accumulate || k > 0, c, p->ldc, last);
        done += depth;
    } while (done < p->depths);
}

/// Cuts the part at hand into tasks by its shape alone, and runs them.
static void multiply(product *p) {
    const size_t mr = p->kernels->mr, nr = p->kernels->nr;
    const double flops = 2.0 * (double)p->m * (double)p->columns * (double)p->depths;
    const size_t tasks = flops < PARALLEL_FLOPS ? 1 : TASKS;
    const size_t row_panels = sesame_blocks(p->m, mr), column_panels = sesame_blocks(p->columns, nr);
    const size_t limit = sesame_max(ROW_BLOCK / mr, 1);
    const size_t row_step = sesame_min(limit, sesame_blocks(row_panels, tasks));
    p->row_block = row_step * mr;
    const size_t row_blocks = sesame_blocks(row_panels, row_step);
    const size_t column_blocks = sesame_min(column_panels, sesame_blocks(tasks, row_blocks));
    const size_t column_step = sesame_blocks(column_panels, column_blocks);
    p->column_block = column_step * nr;
    const size_t count = row_blocks * sesame_blocks(column_panels, column_step);
    if (tasks == 1) {
        for (size_t i = 0; i < count; i++) multiply_task(p, i);
    } else {
        sesame_parallel_for(count, multiply_task, p);
    }
}

static void rows_task(void *context, size_t begin, size_t end) {
    const product *p = context;
    const float *b = p->transpose_b ? p->b + begin * p->ldb : p->b + begin;
    sesame_epilogue e, *epilogue = NULL;
    if (p->epilogue) {
        e = epilogue_at(p, 0, begin);
        epilogue = &e;
    }
    p->kernels->rows[p->precision](p->transpose_b, p->m, end - begin, p->k, p->packed_b, b, p->ldb, p->accumulate,
                                   p->c + begin, p->ldc, epilogue);
}

static float rounded(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits = x == x ? (bits + 0x7fffu + (bits >> 16 & 1u)) & 0xffff0000u : bits | 0x400000u;
    memcpy(&x, &bits, sizeof bits);
    return x;
}

/// m <= FEW_ROWS: bound by reading B, so B is read once, in place.
static void multiply_few_rows(product *p) {
    // A's few rows, contiguous, k apart.
    float *a = sesame_scratch(SESAME_SCRATCH_GEMM_A, 4 * p->m * p->k + 64);
    for (size_t i = 0; i < p->m; i++) {
        for (size_t k = 0; k < p->k; k++) {
            const float x = p->transpose_a ? p->a[k * p->lda + i] : p->a[i * p->lda + k];
            a[i * p->k + k] = p->precision == SESAME_BFLOAT16 ? rounded(x) : x;
        }
    }
    p->packed_b = a;
    const size_t block = p->transpose_b ? 64 : 256;
    const bool small = p->m * p->n * p->k < PARALLEL_FLOPS / 4;
    sesame_parallel_blocks(p->n, small ? p->n : block, rows_task, p);
}

void sesame_gemm(sesame_precision precision, bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k,
                 const float *a, size_t lda, const float *b, size_t ldb, bool accumulate, float *c, size_t ldc,
                 const sesame_epilogue *epilogue) {
    if (m == 0 || n == 0) return;
    const sesame_gemm_kernels *kernels = sesame_gemm_kernels_current();
    product p = {.kernels = kernels, .precision = precision, .transpose_a = transpose_a,
                 .transpose_b = transpose_b, .accumulate = accumulate, .m = m, .n = n, .k = k, .a = a, .b = b,
                 .lda = lda, .ldb = ldb, .ldc = ldc, .c = c, .epilogue = epilogue};
    if (m <= FEW_ROWS) {
        multiply_few_rows(&p);
        return;
    }
    const size_t column_limit = sesame_round_up(COLUMN_BLOCK, kernels->nr);
    for (p.column = 0; p.column < n; p.column += p.columns) {
        p.columns = sesame_min(column_limit, n - p.column);
        const size_t padded = sesame_round_up(p.columns, kernels->nr);
        const size_t depth_limit = sesame_max(PACKED_LIMIT / padded / DEPTH_BLOCK, 1) * DEPTH_BLOCK;
        p.depth = 0;
        do {
            p.depths = sesame_min(depth_limit, k - p.depth);
            p.panel_stride = sesame_gemm_units(kernels, precision, p.depths) * kernels->nr;
            p.packed_b = sesame_scratch(
                SESAME_SCRATCH_GEMM_B, 4 * sesame_gemm_packed_b_floats(kernels, precision, p.columns, p.depths));
            const size_t panels = padded / kernels->nr;
            const size_t panel_block = sesame_max(sesame_blocks(panels, 2 * TASKS), 16384 / (p.panel_stride + 1));
            sesame_parallel_blocks(panels, panel_block, pack_panels, &p);
            multiply(&p);
            p.depth += p.depths;
        } while (p.depth < k);
    }
}

typedef struct batch {
    sesame_precision precision;
    bool transpose_a, transpose_b, accumulate;
    size_t m, n, k, lda, ldb, ldc, stride_a, stride_b, stride_c;
    const float *a, *b;
    float *c;
} batch;

static void batch_task(void *context, size_t begin, size_t end) {
    const batch *p = context;
    for (size_t i = begin; i < end; i++) {
        sesame_gemm(p->precision, p->transpose_a, p->transpose_b, p->m, p->n, p->k, p->a + i * p->stride_a,
                    p->lda, p->b + i * p->stride_b, p->ldb, p->accumulate, p->c + i * p->stride_c, p->ldc, NULL);
    }
}

void sesame_gemm_batched(sesame_precision precision, bool transpose_a, bool transpose_b, size_t count, size_t m,
                         size_t n, size_t k, const float *a, size_t lda, size_t stride_a, const float *b,
                         size_t ldb, size_t stride_b, bool accumulate, float *c, size_t ldc, size_t stride_c) {
    batch p = {precision, transpose_a, transpose_b, accumulate, m, n, k, lda, ldb, ldc,
               stride_a, stride_b, stride_c, a, b, c};
    // Matrices enough for every thread: one each. Few and large ones: all threads on each.
    const size_t work = 2 * m * n * k;
    const bool few = count < TASKS && work > PARALLEL_FLOPS;
    if (few || count * work < PARALLEL_FLOPS) {
        batch_task(&p, 0, count);
    } else {
        sesame_parallel_blocks(count, sesame_max(1, PARALLEL_FLOPS / 4 / (work + 1)), batch_task, &p);
    }
}

size_t sesame_gemm_packed_b_size(sesame_precision precision, size_t n, size_t k) {
    return 4 * sesame_gemm_packed_b_floats(sesame_gemm_kernels_current(), precision, n, k);
}

void sesame_gemm_pack_b(sesame_precision precision, bool transpose_b, size_t n, size_t k, const float *b,
                        size_t ldb, void *packed) {
    const sesame_gemm_kernels *kernels = sesame_gemm_kernels_current();
    product p = {.kernels = kernels, .precision = precision, .transpose_b = transpose_b, .n = n, .k = k, .b = b,
                 .ldb = ldb, .columns = n, .depths = k, .packed_b = packed,
                 .panel_stride = sesame_gemm_units(kernels, precision, k) * kernels->nr};
    sesame_parallel_blocks(sesame_blocks(n, kernels->nr), 4, pack_panels, &p);
}

void sesame_gemm_prepacked(sesame_precision precision, bool transpose_a, size_t m, size_t n, size_t k,
                           const float *a, size_t lda, const void *packed_b, bool accumulate, float *c, size_t ldc,
                           const sesame_epilogue *epilogue) {
    if (m == 0 || n == 0) return;
    const sesame_gemm_kernels *kernels = sesame_gemm_kernels_current();
    product p = {.kernels = kernels, .precision = precision, .transpose_a = transpose_a, .accumulate = accumulate,
                 .m = m, .n = n, .k = k, .a = a, .lda = lda, .ldc = ldc, .c = c, .epilogue = epilogue,
                 .columns = n, .depths = k, .packed_b = (float *)packed_b,
                 .panel_stride = sesame_gemm_units(kernels, precision, k) * kernels->nr};
    multiply(&p);
}

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

// MARK: Packing

/// `rounds` must be a constant: whether values are rounded to bfloat16.
SESAME_INLINE void FN(pack_a)(bool rounds, bool transpose, size_t rows, size_t depth, const float *a, size_t lda,
                              float *out) {
    for (size_t i = 0; i < rows; i += MR) {
        const size_t height = sesame_min(MR, rows - i);
        if (transpose) {
            for (size_t k = 0; k < depth; k++, out += MR) {
                const float *p = a + k * lda + i;
                vf v = MR == W && height == MR ? vload(p) : vload_n(p, height);
                vstore(out, rounds ? vround_bf16(v) : v);
            }
            continue;
        }
        const float *p = a + i * lda;
        size_t k = 0;
        vf v[SESAME_WIDTH];
        for (; k < depth; k += W) {
            const size_t width = sesame_min(W, depth - k);
            for (size_t r = 0; r < W; r++) {
                vf x = r >= height ? vset(0) : width == W ? vload(p + r * lda + k) : vload_n(p + r * lda + k, width);
                v[r] = rounds ? vround_bf16(x) : x;
            }
            vtranspose(v);
            for (size_t j = 0; j < width; j++, out += MR) vstore(out, v[j]);
        }
    }
}

SESAME_INLINE void FN(pack_b)(bool rounds, bool transpose, size_t cols, size_t depth, const float *b, size_t ldb,
                              size_t panel_stride, float *packed) {
    for (size_t j = 0; j < cols; j += NR, packed += panel_stride) {
        const size_t width = sesame_min(NR, cols - j);
        float *out = packed;
        if (!transpose) {
            for (size_t k = 0; k < depth; k++, out += NR) {
                const float *p = b + k * ldb + j;
                for (size_t q = 0; q < NV; q++) {
                    vf v = width >= (q + 1) * W ? vload(p + q * W)
                        : width > q * W         ? vload_n(p + q * W, width - q * W)
                                                : vset(0);
                    vstore(out + q * W, rounds ? vround_bf16(v) : v);
                }
            }
            continue;
        }
        for (size_t q = 0; q < NV; q++) {
            for (size_t k = 0; k < depth; k += W) {
                const size_t run = sesame_min(W, depth - k);
                vf v[SESAME_WIDTH];
                for (size_t r = 0; r < W; r++) {
                    const float *p = b + (j + q * W + r) * ldb + k;
                    vf x = q * W + r >= width ? vset(0) : run == W ? vload(p) : vload_n(p, run);
                    v[r] = rounds ? vround_bf16(x) : x;
                }
                vtranspose(v);
                for (size_t r = 0; r < run; r++) vstore(out + (k + r) * NR + q * W, v[r]);
            }
        }
    }
}

static void FN(pack_a_float)(bool transpose, size_t rows, size_t depth, const float *a, size_t lda, float *out) {
    FN(pack_a)(false, transpose, rows, depth, a, lda, out);
}
static void FN(pack_b_float)(bool transpose, size_t cols, size_t depth, const float *b, size_t ldb,
                             size_t panel_stride, float *out) {
    FN(pack_b)(false, transpose, cols, depth, b, ldb, panel_stride, out);
}

#if SESAME_LEVEL == SESAME_LEVEL_AVX512_BF16

/// Pairs of two rows: lane i is bfloat16(x[i]) | bfloat16(y[i]) << 16.
SESAME_INLINE vf FN(pair_rows)(vf x, vf y) {
    __m512i low = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)x));
    __m512i high = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)y));
    return (vf)_mm512_or_si512(low, _mm512_slli_epi32(high, 16));
}
/// Pairs along a row: lane i is bfloat16(p[2i]) | bfloat16(p[2i + 1]) << 16, for n <= 2W values.
SESAME_INLINE vf FN(pair_run)(const float *p, size_t n) {
    vf low = n >= W ? vload(p) : vload_n(p, n);
    vf high = n >= 2 * W ? vload(p + W) : n > W ? vload_n(p + W, n - W) : vset(0);
    return (vf)(__m512i)_mm512_cvtne2ps_pbh((__m512)high, (__m512)low);
}

static void FN(pack_a_rounded)(bool transpose, size_t rows, size_t depth, const float *a, size_t lda, float *out) {
    for (size_t i = 0; i < rows; i += MR) {
        const size_t height = sesame_min(MR, rows - i);
        if (transpose) {
            for (size_t k = 0; k < depth; k += 2, out += MR) {
                const float *p = a + k * lda + i;
                vf second = k + 1 < depth ? vload_n(p + lda, height) : vset(0);
                vstore(out, FN(pair_rows)(vload_n(p, height), second));
            }
            continue;
        }
        const float *p = a + i * lda;
        vf v[SESAME_WIDTH];
        for (size_t k = 0; k < depth; k += 2 * W) {
            const size_t width = sesame_min(2 * W, depth - k);
            for (size_t r = 0; r < W; r++) v[r] = r < height ? FN(pair_run)(p + r * lda + k, width) : vset(0);
            vtranspose(v);
            for (size_t j = 0; j < (width + 1) / 2; j++, out += MR) vstore(out, v[j]);
        }
    }
}

static void FN(pack_b_rounded)(bool transpose, size_t cols, size_t depth, const float *b, size_t ldb,
                               size_t panel_stride, float *packed) {
    for (size_t j = 0; j < cols; j += NR, packed += panel_stride) {
        const size_t width = sesame_min(NR, cols - j);
        for (size_t q = 0; q < NV; q++) {
            const size_t left = width > q * W ? sesame_min(W, width - q * W) : 0;
            float *out = packed + q * W;
            if (!transpose) {
                for (size_t k = 0; k < depth; k += 2, out += NR) {
                    const float *p = b + k * ldb + j + q * W;
                    vf first = left == W ? vload(p) : vload_n(p, left);
                    vf second = k + 1 == depth ? vset(0) : left == W ? vload(p + ldb) : vload_n(p + ldb, left);
                    vstore(out, FN(pair_rows)(first, second));
                }
                continue;
            }
            for (size_t k = 0; k < depth; k += 2 * W) {
                const size_t run = sesame_min(2 * W, depth - k);
                vf v[SESAME_WIDTH];
                for (size_t r = 0; r < W; r++) {
                    v[r] = r < left ? FN(pair_run)(b + (j + q * W + r) * ldb + k, run) : vset(0);
                }
                vtranspose(v);
                for (size_t r = 0; r < (run + 1) / 2; r++, out += NR) vstore(out, v[r]);
            }
        }
    }
}

#else

static void FN(pack_a_rounded)(bool transpose, size_t rows, size_t depth, const float *a, size_t lda, float *out) {
    FN(pack_a)(true, transpose, rows, depth, a, lda, out);
}
static void FN(pack_b_rounded)(bool transpose, size_t cols, size_t depth, const float *b, size_t ldb,
                               size_t panel_stride, float *out) {
    FN(pack_b)(true, transpose, cols, depth, b, ldb, panel_stride, out);
}

#endif

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
        vf sum[FEW_ROWS][4];
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
