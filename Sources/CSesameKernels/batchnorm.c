// Batch norm (Ioffe & Szegedy 2015) of columns over rows, forward and backward. keep (rows; NULL: all) marks the
// rows that take part; the others are padding and yield zeros.
//
// Statistics: the mean and the biased variance, that of the deviations from the mean. Sums over rows are Float32
// sums of blocks of rows, added in block order.
// Backward with statistics of the batch, n rows, x̂ = (x - mean) rstd:
//     dweight = Σ dy x̂,   dbias = Σ dy,   dx = weight rstd (dy - dbias / n - x̂ dweight / n)
// and with fixed statistics dx = weight rstd dy.

#ifndef SESAME_SUFFIX

#include "internal.h"

enum { ROWS = 32 };  // rows of a task and of a partial sum

typedef struct batch_norm_job {
    size_t cols;
    const uint8_t *keep;
    const float *x, *weight, *bias, *mean, *rstd, *dy, *dweight, *dbias;
    float share;  // 1 / n, or 0 with fixed statistics
    float *y, *partials;
} batch_norm_job;

#define SESAME_FILE "batchnorm.c"
#include "variants.h"

typedef void block_body(const batch_norm_job *job, size_t begin, size_t end, float *partial);
static block_body *const sum_table[] = SESAME_VARIANTS(norm_sum);
static block_body *const squares_table[] = SESAME_VARIANTS(norm_squares);
static block_body *const forward_table[] = SESAME_VARIANTS(norm_forward);
static block_body *const sums_table[] = SESAME_VARIANTS(norm_gradient_sums);
static block_body *const backward_table[] = SESAME_VARIANTS(norm_backward);

static void sum_task(void *context, size_t begin, size_t end) {
    const batch_norm_job *job = context;
    SESAME_SELECT(sum_table)(job, begin, end, job->partials + begin / ROWS * job->cols);
}
static void squares_task(void *context, size_t begin, size_t end) {
    const batch_norm_job *job = context;
    SESAME_SELECT(squares_table)(job, begin, end, job->partials + begin / ROWS * job->cols);
}
static void forward_task(void *context, size_t begin, size_t end) {
    SESAME_SELECT(forward_table)(context, begin, end, NULL);
}
static void sums_task(void *context, size_t begin, size_t end) {
    const batch_norm_job *job = context;
    SESAME_SELECT(sums_table)(job, begin, end, job->partials + begin / ROWS * 2 * job->cols);
}
static void backward_task(void *context, size_t begin, size_t end) {
    SESAME_SELECT(backward_table)(context, begin, end, NULL);
}

static size_t kept_rows(size_t rows, const uint8_t *keep) {
    if (!keep) return rows;
    size_t count = 0;
    for (size_t row = 0; row < rows; row++) count += keep[row] != 0;
    return count;
}

size_t sesame_batch_statistics(size_t rows, size_t cols, const uint8_t *keep, const float *x, float *mean,
                               float *variance) {
    const size_t blocks = sesame_blocks(rows, ROWS), n = kept_rows(rows, keep);
    batch_norm_job job = {.cols = cols, .keep = keep, .x = x, .mean = mean};
    job.partials = sesame_scratch(SESAME_SCRATCH_PARTIALS, (blocks * cols + 1) * sizeof(float));
    const float share = n > 0 ? 1.0f / (float)n : 0.0f;
    sesame_parallel_blocks(rows, ROWS, sum_task, &job);
    sesame_combine_partials(blocks, cols, job.partials, mean);
    for (size_t j = 0; j < cols; j++) mean[j] *= share;
    sesame_parallel_blocks(rows, ROWS, squares_task, &job);
    sesame_combine_partials(blocks, cols, job.partials, variance);
    for (size_t j = 0; j < cols; j++) variance[j] *= share;
    return n;
}

void sesame_batch_norm_forward(size_t rows, size_t cols, const uint8_t *keep, const float *x, const float *mean,
                               const float *rstd, const float *weight, const float *bias, float *y) {
    batch_norm_job job = {.cols = cols, .keep = keep, .x = x, .weight = weight, .bias = bias, .mean = mean,
                          .rstd = rstd, .y = y};
    sesame_parallel_blocks(rows, ROWS, forward_task, &job);
}

void sesame_batch_norm_backward(size_t rows, size_t cols, const uint8_t *keep, bool fixed, const float *x,
                                const float *mean, const float *rstd, const float *weight, const float *dy,
                                float *dx, float *dweight, float *dbias) {
    const size_t blocks = sesame_blocks(rows, ROWS), n = kept_rows(rows, keep);
    float *partials = sesame_scratch(SESAME_SCRATCH_PARTIALS, ((blocks + 1) * 2 * cols + 1) * sizeof(float));
    float *sums = partials + blocks * 2 * cols;
    batch_norm_job job = {.cols = cols, .keep = keep, .x = x, .weight = weight, .mean = mean, .rstd = rstd,
                          .dy = dy, .partials = partials, .share = fixed || n == 0 ? 0.0f : 1.0f / (float)n};
    sesame_parallel_blocks(rows, ROWS, sums_task, &job);
    sesame_combine_partials(blocks, 2 * cols, partials, sums);
    memcpy(dweight, sums, cols * sizeof(float));
    memcpy(dbias, sums + cols, cols * sizeof(float));
    job.dweight = dweight, job.dbias = dbias, job.y = dx;
    sesame_parallel_blocks(rows, ROWS, backward_task, &job);
}

#else  // The body, once for each instruction set.

#define LOAD(p) (n == W ? vload(p) : vload_n(p, n))
#define STORE(p, v) (n == W ? vstore(p, v) : vstore_n(p, v, n))
#define KEPT(row) (!job->keep || job->keep[row])
#define EACH_VECTOR(cols) \
    for (size_t j = 0, n = sesame_min(W, cols); j < (cols); j += W, n = sesame_min(W, (cols) - sesame_min(j, cols)))

static void FN(norm_sum)(const batch_norm_job *job, size_t begin, size_t end, float *sum) {
    memset(sum, 0, job->cols * sizeof(float));
    for (size_t row = begin; row < end; row++) {
        if (!KEPT(row)) continue;
        const float *x = job->x + row * job->cols;
        EACH_VECTOR(job->cols) STORE(sum + j, LOAD(sum + j) + LOAD(x + j));
    }
}

static void FN(norm_squares)(const batch_norm_job *job, size_t begin, size_t end, float *sum) {
    memset(sum, 0, job->cols * sizeof(float));
    for (size_t row = begin; row < end; row++) {
        if (!KEPT(row)) continue;
        const float *x = job->x + row * job->cols;
        EACH_VECTOR(job->cols) {
            const vf d = LOAD(x + j) - LOAD(job->mean + j);
            STORE(sum + j, vfma(d, d, LOAD(sum + j)));
        }
    }
}

static void FN(norm_forward)(const batch_norm_job *job, size_t begin, size_t end, float *unused) {
    (void)unused;
    for (size_t row = begin; row < end; row++) {
        const float *x = job->x + row * job->cols;
        float *y = job->y + row * job->cols;
        if (!KEPT(row)) {
            memset(y, 0, job->cols * sizeof(float));
            continue;
        }
        EACH_VECTOR(job->cols) {
            const vf normal = (LOAD(x + j) - LOAD(job->mean + j)) * LOAD(job->rstd + j);
            STORE(y + j, vfma(normal, LOAD(job->weight + j), LOAD(job->bias + j)));
        }
    }
}

static void FN(norm_gradient_sums)(const batch_norm_job *job, size_t begin, size_t end, float *sums) {
    const size_t cols = job->cols;
    memset(sums, 0, 2 * cols * sizeof(float));
    for (size_t row = begin; row < end; row++) {
        if (!KEPT(row)) continue;
        const float *x = job->x + row * cols, *dy = job->dy + row * cols;
        EACH_VECTOR(cols) {
            const vf d = LOAD(dy + j), normal = (LOAD(x + j) - LOAD(job->mean + j)) * LOAD(job->rstd + j);
            STORE(sums + j, vfma(d, normal, LOAD(sums + j)));
            STORE(sums + cols + j, LOAD(sums + cols + j) + d);
        }
    }
}

static void FN(norm_backward)(const batch_norm_job *job, size_t begin, size_t end, float *unused) {
    (void)unused;
    const vf share = vset(job->share);
    for (size_t row = begin; row < end; row++) {
        const float *x = job->x + row * job->cols, *dy = job->dy + row * job->cols;
        float *dx = job->y + row * job->cols;
        if (!KEPT(row)) {
            memset(dx, 0, job->cols * sizeof(float));
            continue;
        }
        EACH_VECTOR(job->cols) {
            const vf rstd = LOAD(job->rstd + j), normal = (LOAD(x + j) - LOAD(job->mean + j)) * rstd;
            const vf common = vfma(normal, LOAD(job->dweight + j), LOAD(job->dbias + j));
            STORE(dx + j, LOAD(job->weight + j) * rstd * vfma(-share, common, LOAD(dy + j)));
        }
    }
}

#undef LOAD
#undef STORE
#undef KEPT
#undef EACH_VECTOR

#endif
