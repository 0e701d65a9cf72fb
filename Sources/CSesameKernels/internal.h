#ifndef SESAME_INTERNAL_H
#define SESAME_INTERNAL_H

// What the kernel files share: variant naming, the pool's scratch memory and block helpers.

#include "CSesameKernels.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#define SESAME_HIDDEN __attribute__((visibility("hidden")))
#define SESAME_INLINE static inline __attribute__((always_inline))

#define SESAME_CAT2(a, b) a##_##b
#define SESAME_CAT(a, b) SESAME_CAT2(a, b)
/// A function's name in the instruction set being compiled: FN(f) is f_avx2 and so on.
#define FN(name) SESAME_CAT(name, SESAME_SUFFIX)

// A table of a body's variants, indexed by sesame_isa. Bodies that gain nothing from bfloat16
// instructions are not compiled for them again.
#if defined(__x86_64__)
#define SESAME_VARIANTS(f) {f##_portable, f##_avx2, f##_avx512, f##_avx512, NULL}
#define SESAME_VARIANTS_BF16(f) {f##_portable, f##_avx2, f##_avx512, f##_avx512_bf16, NULL}
#elif defined(__aarch64__)
#define SESAME_VARIANTS(f) {f##_neon, NULL, NULL, NULL, f##_neon}
#define SESAME_VARIANTS_BF16(f) {f##_neon, NULL, NULL, NULL, f##_neon}
#else
#define SESAME_VARIANTS(f) {f##_portable, NULL, NULL, NULL, NULL}
#define SESAME_VARIANTS_BF16(f) {f##_portable, NULL, NULL, NULL, NULL}
#endif
#define SESAME_ISA_COUNT 5

/// The instruction set that kernels called from this thread use, or -1 for the process's; a job's workers take it over.
extern _Thread_local int sesame_thread_isa;

/// The entry of a variant table for the instruction set in use.
#define SESAME_SELECT(table) ((table)[sesame_isa_current()])

SESAME_INLINE size_t sesame_min(size_t a, size_t b) { return a < b ? a : b; }
SESAME_INLINE size_t sesame_max(size_t a, size_t b) { return a > b ? a : b; }
SESAME_INLINE size_t sesame_blocks(size_t n, size_t block) { return (n + block - 1) / block; }
SESAME_INLINE size_t sesame_round_up(size_t n, size_t step) { return sesame_blocks(n, step) * step; }

/// Scratch buffers of the calling thread, one a purpose, so that a kernel that uses another keeps its own.
typedef enum sesame_scratch_slot {
    SESAME_SCRATCH_GEMM_A,
    SESAME_SCRATCH_GEMM_B,
    SESAME_SCRATCH_ATTENTION,
    SESAME_SCRATCH_PARTIALS,
    SESAME_SCRATCH_LOSS,
    SESAME_SCRATCH_LOSS_PARTIALS,
    SESAME_SCRATCH_CRF,
    SESAME_SCRATCH_RECURRENT,
    SESAME_SCRATCH_RECURRENT_WEIGHTS,
    SESAME_SCRATCH_WORDS,
    SESAME_SCRATCH_WORD_WINDOW,
    SESAME_SCRATCH_WORD_UPDATES,
    SESAME_SCRATCH_SLOTS
} sesame_scratch_slot;

/// At least `bytes` bytes, 64-byte aligned, valid until the thread's next call for the same slot.
SESAME_HIDDEN void *sesame_scratch(sesame_scratch_slot slot, size_t bytes);

/// Runs `body` over [0, n) cut into blocks of `block` items; one block runs without the pool.
SESAME_HIDDEN void sesame_parallel_blocks(size_t n, size_t block,
                                          void (*body)(void *context, size_t begin, size_t end),
                                          void *context);

/// out[j] = Σ partials[i * cols + j] over i in order.
SESAME_HIDDEN void sesame_combine_partials(size_t count, size_t cols, const float *partials, float *out);

// MARK: The matrix product's parts, for kernels that work on packed blocks

/// Up to so many rows of A packing does not pay.
enum { SESAME_GEMM_FEW_ROWS = 4 };

typedef struct sesame_gemm_kernels {
    /// The register tile.
    size_t mr, nr;
    /// Packed 4-byte units a row of depth `k` takes, by precision: k, or pairs of bfloat16.
    bool pairs[2];
    /// Packs op(A) (rows × depth) into panels of mr rows; writes up to 64 bytes beyond the last.
    void (*pack_a[2])(bool transpose, size_t rows, size_t depth, const float *a, size_t lda, float *out);
    /// Packs op(B) (depth × cols) into panels of nr columns, `panel_stride` units apart.
    void (*pack_b[2])(bool transpose, size_t cols, size_t depth, const float *b, size_t ldb,
                      size_t panel_stride, float *out);
    /// C (m × n) = or += packed A · packed B, then the epilogue, if any.
    void (*block[2])(size_t m, size_t n, size_t depth, const float *a, const float *b,
                     size_t panel_stride, bool accumulate, float *c, size_t ldc,
                     const sesame_epilogue *epilogue);
    /// The product of few rows, over columns [0, n), straight from B.
    void (*rows[2])(bool transpose_b, size_t m, size_t n, size_t k, const float *a, const float *b,
                    size_t ldb, bool accumulate, float *c, size_t ldc, const sesame_epilogue *epilogue);
} sesame_gemm_kernels;

SESAME_HIDDEN const sesame_gemm_kernels *sesame_gemm_kernels_current(void);

SESAME_INLINE size_t sesame_gemm_units(const sesame_gemm_kernels *kernels, sesame_precision precision,
                                       size_t depth) {
    return kernels->pairs[precision] ? (depth + 1) / 2 : depth;
}
/// Floats a packed A of `rows` × `depth` needs, the slack included.
SESAME_INLINE size_t sesame_gemm_packed_a_floats(const sesame_gemm_kernels *kernels,
                                                 sesame_precision precision, size_t rows, size_t depth) {
    return sesame_round_up(rows, kernels->mr) * sesame_gemm_units(kernels, precision, depth) + 32;
}
SESAME_INLINE size_t sesame_gemm_packed_b_floats(const sesame_gemm_kernels *kernels,
                                                 sesame_precision precision, size_t cols, size_t depth) {
    return sesame_round_up(cols, kernels->nr) * sesame_gemm_units(kernels, precision, depth) + 32;
}

#endif
