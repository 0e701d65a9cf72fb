// Elementwise arithmetic, and the movement of rows and blocks. Each value is computed by itself, in Float32.

#ifndef SESAME_SUFFIX

#include "internal.h"

enum { BLOCK = 16384 };  // values of a task: 64 KB, above the pool's cost at memory speed

#define SESAME_FILE "elementwise.c"
#include "variants.h"

typedef void elementwise_body(size_t n, float alpha, const float *a, const float *b, float *out);

typedef struct elementwise_job {
    elementwise_body *body;
    float alpha;
    const float *a, *b;
    float *out;
} elementwise_job;

static void elementwise_task(void *context, size_t begin, size_t end) {
    const elementwise_job *job = context;
    job->body(end - begin, job->alpha, job->a ? job->a + begin : NULL, job->b ? job->b + begin : NULL,
              job->out + begin);
}

static void run(elementwise_body *body, size_t n, float alpha, const float *a, const float *b, float *out) {
    elementwise_job job = {body, alpha, a, b, out};
    sesame_parallel_blocks(n, n < 2 * BLOCK ? 2 * BLOCK : BLOCK, elementwise_task, &job);
}

static elementwise_body *const fill_table[] = SESAME_VARIANTS(fill);
static elementwise_body *const add_table[] = SESAME_VARIANTS(add);
static elementwise_body *const subtract_table[] = SESAME_VARIANTS(subtract);
static elementwise_body *const multiply_table[] = SESAME_VARIANTS(multiply);
static elementwise_body *const scale_table[] = SESAME_VARIANTS(scale);
static elementwise_body *const axpy_table[] = SESAME_VARIANTS(axpy);

void sesame_fill(size_t n, float value, float *out) { run(SESAME_SELECT(fill_table), n, value, NULL, NULL, out); }
void sesame_add(size_t n, const float *a, const float *b, float *out) {
    run(SESAME_SELECT(add_table), n, 0, a, b, out);
}
void sesame_subtract(size_t n, const float *a, const float *b, float *out) {
    run(SESAME_SELECT(subtract_table), n, 0, a, b, out);
}
void sesame_multiply(size_t n, const float *a, const float *b, float *out) {
    run(SESAME_SELECT(multiply_table), n, 0, a, b, out);
}
void sesame_scale(size_t n, float alpha, const float *a, float *out) {
    run(SESAME_SELECT(scale_table), n, alpha, a, NULL, out);
}
void sesame_axpy(size_t n, float alpha, const float *x, float *y) {
    run(SESAME_SELECT(axpy_table), n, alpha, x, NULL, y);
}

// MARK: Rows

typedef struct rows_job {
    size_t rows, cols, ldx, ldo;
    bool accumulate;
    const float *x, *row;
    float *out;
} rows_job;

/// Rows of a task, so that it touches about BLOCK values.
static size_t row_block(size_t rows, size_t cols) {
    const size_t block = sesame_max(1, BLOCK / sesame_max(cols, 1));
    return rows * cols < 2 * BLOCK ? sesame_max(rows, 1) : block;
}

static void add_row_task(void *context, size_t begin, size_t end) {
    const rows_job *job = context;
    elementwise_body *add = SESAME_SELECT(add_table);
    for (size_t i = begin; i < end; i++) {
        add(job->cols, 0, job->x + i * job->cols, job->row, job->out + i * job->cols);
    }
}

void sesame_add_row(size_t rows, size_t cols, const float *a, const float *b, float *out) {
    rows_job job = {.rows = rows, .cols = cols, .x = a, .row = b, .out = out};
    sesame_parallel_blocks(rows, row_block(rows, cols), add_row_task, &job);
}

static void copy_block_task(void *context, size_t begin, size_t end) {
    const rows_job *job = context;
    elementwise_body *add = SESAME_SELECT(add_table);
    for (size_t i = begin; i < end; i++) {
        const float *x = job->x + i * job->ldx;
        float *out = job->out + i * job->ldo;
        if (job->accumulate) {
            add(job->cols, 0, x, out, out);
        } else {
            memcpy(out, x, job->cols * sizeof(float));
        }
    }
}

void sesame_copy_block(size_t rows, size_t cols, const float *x, size_t ldx, bool accumulate, float *out,
                       size_t ldo) {
    if (cols == 0) return;
    rows_job job = {.cols = cols, .x = x, .ldx = ldx, .accumulate = accumulate, .out = out, .ldo = ldo};
    sesame_parallel_blocks(rows, row_block(rows, cols), copy_block_task, &job);
}

static void (*const transpose_table[])(size_t rows, size_t cols, const float *x, size_t ldx, float *out,
                                       size_t ldo) = SESAME_VARIANTS(transpose);

static void transpose_task(void *context, size_t begin, size_t end) {
    const rows_job *job = context;
    SESAME_SELECT(transpose_table)(end - begin, job->cols, job->x + begin * job->cols, job->cols,
                                   job->out + begin, job->rows);
}

void sesame_transpose(size_t rows, size_t cols, const float *x, float *out) {
    rows_job job = {.rows = rows, .cols = cols, .x = x, .out = out};
    sesame_parallel_blocks(rows, rows * cols < 2 * BLOCK ? sesame_max(rows, 1) : 32, transpose_task, &job);
}

// MARK: Sums of rows

enum { SUM_ROWS = 64 };  // rows of a partial sum

static void (*const sum_rows_table[])(size_t rows, size_t cols, const float *x, size_t ldx, float *out) =
    SESAME_VARIANTS(sum_rows);

static void sum_rows_task(void *context, size_t begin, size_t end) {
    const rows_job *job = context;
    SESAME_SELECT(sum_rows_table)(end - begin, job->cols, job->x + begin * job->cols, job->cols,
                                  job->out + begin / SUM_ROWS * job->cols);
}

void sesame_sum_rows(size_t rows, size_t cols, const float *x, float *out) {
    if (cols == 0) return;
    const size_t count = sesame_blocks(rows, SUM_ROWS);
    if (count <= 1) {
        SESAME_SELECT(sum_rows_table)(rows, cols, x, cols, out);
        return;
    }
    rows_job job = {.rows = rows, .cols = cols, .x = x,
                    .out = sesame_scratch(SESAME_SCRATCH_PARTIALS, count * cols * sizeof(float))};
    sesame_parallel_blocks(rows, SUM_ROWS, sum_rows_task, &job);
    sesame_combine_partials(count, cols, job.out, out);
}

typedef struct combine_job {
    size_t count, cols;
    const float *partials;
    float *out;
} combine_job;

static void combine_task(void *context, size_t begin, size_t end) {
    const combine_job *job = context;
    SESAME_SELECT(sum_rows_table)(job->count, end - begin, job->partials + begin, job->cols, job->out + begin);
}

void sesame_combine_partials(size_t count, size_t cols, const float *partials, float *out) {
    combine_job job = {count, cols, partials, out};
    const size_t block = count * cols < 2 * BLOCK ? sesame_max(cols, 1) : 256;
    sesame_parallel_blocks(cols, block, combine_task, &job);
}

#else  // The body, once for each instruction set.

#define ELEMENTWISE(name, vector, scalar_note)                                                              \
    static void FN(name)(size_t n, float alpha, const float *a, const float *b, float *out) {               \
        (void)alpha, (void)a, (void)b;                                                                      \
        size_t i = 0;                                                                                       \
        for (; i + W <= n; i += W) {                                                                        \
            LOAD_FULL                                                                                       \
            vstore(out + i, vector);                                                                        \
        }                                                                                                   \
        if (i < n) {                                                                                        \
            LOAD_TAIL                                                                                       \
            vstore_n(out + i, vector, n - i);                                                               \
        }                                                                                                   \
    }

#define LOAD_FULL
#define LOAD_TAIL
ELEMENTWISE(fill, vset(alpha), )
#undef LOAD_FULL
#undef LOAD_TAIL

#define LOAD_FULL vf x = vload(a + i), y = vload(b + i);
#define LOAD_TAIL vf x = vload_n(a + i, n - i), y = vload_n(b + i, n - i);
ELEMENTWISE(add, x + y, )
ELEMENTWISE(subtract, x - y, )
ELEMENTWISE(multiply, x * y, )
#undef LOAD_FULL
#undef LOAD_TAIL

#define LOAD_FULL vf x = vload(a + i);
#define LOAD_TAIL vf x = vload_n(a + i, n - i);
ELEMENTWISE(scale, x * vset(alpha), )
#undef LOAD_FULL
#undef LOAD_TAIL

#define LOAD_FULL vf x = vload(a + i), y = vload(out + i);
#define LOAD_TAIL vf x = vload_n(a + i, n - i), y = vload_n(out + i, n - i);
ELEMENTWISE(axpy, vfma(vset(alpha), x, y), )
#undef LOAD_FULL
#undef LOAD_TAIL
#undef ELEMENTWISE

static void FN(sum_rows)(size_t rows, size_t cols, const float *x, size_t ldx, float *out) {
    for (size_t j = 0; j < cols; j += 4 * W) {
        if (cols - j >= 4 * W) {
            vf s0 = vset(0), s1 = vset(0), s2 = vset(0), s3 = vset(0);
            for (size_t i = 0; i < rows; i++) {
                const float *p = x + i * ldx + j;
                s0 += vload(p), s1 += vload(p + W), s2 += vload(p + 2 * W), s3 += vload(p + 3 * W);
            }
            vstore(out + j, s0), vstore(out + j + W, s1);
            vstore(out + j + 2 * W, s2), vstore(out + j + 3 * W, s3);
            continue;
        }
        for (size_t q = j; q < cols; q += W) {
            const size_t n = sesame_min(W, cols - q);
            vf sum = vset(0);
            for (size_t i = 0; i < rows; i++) sum += vload_n(x + i * ldx + q, n);
            vstore_n(out + q, sum, n);
        }
    }
}

static void FN(transpose)(size_t rows, size_t cols, const float *x, size_t ldx, float *out, size_t ldo) {
    for (size_t i = 0; i < rows; i += W) {
        const size_t height = sesame_min(W, rows - i);
        for (size_t j = 0; j < cols; j += W) {
            const size_t width = sesame_min(W, cols - j);
            vf v[SESAME_WIDTH];
            for (size_t r = 0; r < W; r++) {
                v[r] = r < height ? vload_n(x + (i + r) * ldx + j, width) : vset(0);
            }
            vtranspose(v);
            for (size_t r = 0; r < width; r++) vstore_n(out + (j + r) * ldo + i, v[r], height);
        }
    }
}

#endif
