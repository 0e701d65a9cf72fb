// Matrix products: C = op(A) op(B), packed and blocked (Goto & van de Geijn 2008).
//
// B is packed once, by all threads, into panels of nr columns; each task owns a block of C, packs its rows of A a
// K block at a time, and adds the K blocks up in order, so the bits do not depend on the thread count.
// Within a K block a value is one chain of fused multiply-adds over k; blocks are then added to C.
//
// Here is how the work is cut up; what computes a block stands in gemm_kernels.c.

#include "internal.h"

enum {
    DEPTH_BLOCK = 384,         // K block: a B panel of it stays in the first two cache levels
    COLUMN_BLOCK = 3072,       // columns packed at a time
    PACKED_LIMIT = 4 << 20,    // floats of packed B at a time: half of a modest third-level cache
    ROW_BLOCK = 224,           // rows of a task's packed A, at most
    TASKS = 8,                 // tasks aimed at, so that uneven threads still finish together
    PARALLEL_FLOPS = 1 << 18,  // below this the pool costs more than it gives
};

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

/// m <= SESAME_GEMM_FEW_ROWS: bound by reading B, so B is read once, in place.
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
    if (m <= SESAME_GEMM_FEW_ROWS) {
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
