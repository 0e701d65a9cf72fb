// Layer norm (Ba, Kiros & Hinton 2016) over rows, forward and backward.
//
// Forward saves the mean and rstd of each row. The mean and the variance are summed in W Float32 lanes and
// combined in Double; the variance is that of the deviations from the mean, not E[x²] - mean².
// Backward: with x̂ = (s - mean) rstd and g = dy · weight,
//     dx = rstd (g - mean(g) - x̂ mean(g x̂)) + dsum,   dweight = Σ dy x̂,   dbias = Σ dy.

#ifndef SESAME_SUFFIX

#include "internal.h"

enum { ROWS = 32 };  // rows of a task and of a partial weight gradient

typedef struct norm_job {
    size_t cols;
    const float *x, *residual, *weight, *bias, *dy, *dsum;
    float epsilon;
    float *sum_out, *y, *mean, *rstd, *dx, *dweight, *dbias;
} norm_job;

#define SESAME_FILE "layernorm.c"
#include "variants.h"

static void (*const forward_table[])(const norm_job *job, size_t begin, size_t end) =
    SESAME_VARIANTS(norm_forward);
static void (*const backward_table[])(const norm_job *job, size_t begin, size_t end, float *dweight,
                                      float *dbias) = SESAME_VARIANTS(norm_backward);

static void forward_task(void *context, size_t begin, size_t end) {
    SESAME_SELECT(forward_table)(context, begin, end);
}

static void backward_task(void *context, size_t begin, size_t end) {
    const norm_job *job = context;
    const size_t offset = begin / ROWS * 2 * job->cols;
    SESAME_SELECT(backward_table)(job, begin, end, job->dweight + offset, job->dweight + offset + job->cols);
}

static size_t task_rows(size_t rows, size_t cols) {
    return rows * cols < 8192 ? sesame_max(rows, 1) : sesame_max(1, 8192 / cols);
}

void sesame_layer_norm_forward(size_t rows, size_t cols, const float *x, const float *residual,
                               const float *weight, const float *bias, float epsilon, float *sum_out, float *y,
                               float *mean, float *rstd) {
    if (cols == 0) return;
    norm_job job = {.cols = cols, .x = x, .residual = residual, .weight = weight, .bias = bias,
                    .epsilon = epsilon, .sum_out = sum_out, .y = y, .mean = mean, .rstd = rstd};
    sesame_parallel_blocks(rows, task_rows(rows, cols), forward_task, &job);
}

void sesame_layer_norm_backward(size_t rows, size_t cols, const float *s, const float *weight, const float *mean,
                                const float *rstd, const float *dy, const float *dsum, float *dx, float *dweight,
                                float *dbias) {
    if (cols == 0) return;
    const size_t count = sesame_blocks(rows, ROWS);
    // Partial sums hold dweight and dbias side by side, so that they are combined together.
    float *partials = sesame_scratch(SESAME_SCRATCH_PARTIALS, (count + 1) * 2 * cols * sizeof(float));
    norm_job job = {.cols = cols, .x = s, .weight = weight, .dy = dy, .dsum = dsum, .mean = (float *)mean,
                    .rstd = (float *)rstd, .dx = dx, .dweight = partials};
    sesame_parallel_blocks(rows, ROWS, backward_task, &job);
    float *sums = partials + count * 2 * cols;
    sesame_combine_partials(count, 2 * cols, partials, sums);
    memcpy(dweight, sums, cols * sizeof(float));
    memcpy(dbias, sums + cols, cols * sizeof(float));
}

#else  // The body, once for each instruction set.

static void FN(norm_forward)(const norm_job *job, size_t begin, size_t end) {
    const size_t cols = job->cols;
    const size_t whole = cols / W * W, rest = cols - whole;
    for (size_t row = begin; row < end; row++) {
        const float *x = job->x + row * cols;
        float *y = job->y + row * cols;
        const float *s = x;
        vf sum = vset(0), second = vset(0);
        size_t j = 0;
        if (job->residual) {
            const float *r = job->residual + row * cols;
            float *out = job->sum_out ? job->sum_out + row * cols : y;
            for (; j + 2 * W <= whole; j += 2 * W) {
                vf v = vload(x + j) + vload(r + j), u = vload(x + j + W) + vload(r + j + W);
                vstore(out + j, v), vstore(out + j + W, u);
                sum += v, second += u;
            }
            for (; j < whole; j += W) {
                vf v = vload(x + j) + vload(r + j);
                vstore(out + j, v);
                sum += v;
            }
            if (rest) {
                vf v = vload_n(x + j, rest) + vload_n(r + j, rest);
                vstore_n(out + j, v, rest);
                sum += v;
            }
            s = out;
        } else {
            for (; j + 2 * W <= whole; j += 2 * W) sum += vload(x + j), second += vload(x + j + W);
            for (; j < whole; j += W) sum += vload(x + j);
            if (rest) sum += vload_n(x + j, rest);
            if (job->sum_out && job->sum_out != job->x) memcpy(job->sum_out + row * cols, x, cols * sizeof(float));
        }
        sum += second;
        const float mean = (float)(vdsum(vlow_double(sum) + vhigh_double(sum)) / (double)cols);
        vf m = vset(mean), squares = vset(0), more = vset(0);
        for (j = 0; j + 2 * W <= whole; j += 2 * W) {
            vf d = vload(s + j) - m, e = vload(s + j + W) - m;
            squares = vfma(d, d, squares), more = vfma(e, e, more);
        }
        for (; j < whole; j += W) {
            vf d = vload(s + j) - m;
            squares = vfma(d, d, squares);
        }
        if (rest) {
            vf v = vload_n(s + j, rest) - m;
            float lanes[SESAME_WIDTH] = {0};
            vstore_n(lanes, v, rest);
            v = vload(lanes);
            squares = vfma(v, v, squares);
        }
        squares += more;
        const double variance = vdsum(vlow_double(squares) + vhigh_double(squares)) / (double)cols;
        const float rstd = (float)(1.0 / sqrt(variance + (double)job->epsilon));
        vf scale = vset(rstd);
        for (j = 0; j < whole; j += W) {
            vstore(y + j, vfma((vload(s + j) - m) * scale, vload(job->weight + j), vload(job->bias + j)));
        }
        if (rest) {
            vf v = (vload_n(s + j, rest) - m) * scale;
            vstore_n(y + j, vfma(v, vload_n(job->weight + j, rest), vload_n(job->bias + j, rest)), rest);
        }
        if (job->mean) job->mean[row] = mean;
        if (job->rstd) job->rstd[row] = rstd;
    }
}

/// Loads of one vector of a row, whole or partial.
#define LOAD(p) (n == W ? vload(p) : vload_n(p, n))

static void FN(norm_backward)(const norm_job *job, size_t begin, size_t end, float *dweight, float *dbias) {
    const size_t cols = job->cols;
    memset(dweight, 0, cols * sizeof(float));
    memset(dbias, 0, cols * sizeof(float));
    for (size_t row = begin; row < end; row++) {
        const float *s = job->x + row * cols, *dy = job->dy + row * cols;
        const float *dsum = job->dsum ? job->dsum + row * cols : NULL;
        float *dx = job->dx + row * cols;
        vf mean = vset(job->mean[row]), rstd = vset(job->rstd[row]);
        vf sum_g = vset(0), sum_gx = vset(0);
        for (size_t j = 0; j < cols; j += W) {
            const size_t n = sesame_min(W, cols - j);
            vf d = LOAD(dy + j), x = (LOAD(s + j) - mean) * rstd;
            vf g = d * LOAD(job->weight + j);
            sum_g += g;
            sum_gx = vfma(g, x, sum_gx);
            vf w = vfma(d, x, LOAD(dweight + j)), b = LOAD(dbias + j) + d;
            if (n == W) {
                vstore(dweight + j, w), vstore(dbias + j, b);
            } else {
                vstore_n(dweight + j, w, n), vstore_n(dbias + j, b, n);
            }
        }
        vf mean_g = vset((float)(vdsum(vlow_double(sum_g) + vhigh_double(sum_g)) / (double)cols));
        vf mean_gx = vset((float)(vdsum(vlow_double(sum_gx) + vhigh_double(sum_gx)) / (double)cols));
        for (size_t j = 0; j < cols; j += W) {
            const size_t n = sesame_min(W, cols - j);
            vf x = (LOAD(s + j) - mean) * rstd;
            vf g = vfma(LOAD(dy + j), LOAD(job->weight + j), -mean_g);
            vf v = vfma(-x, mean_gx, g) * rstd;
            if (dsum) v += LOAD(dsum + j);
            if (n == W) vstore(dx + j, v); else vstore_n(dx + j, v, n);
        }
    }
}
#undef LOAD

#endif
