// Activations and their gradients. GELU follows Hendrycks & Gimpel 2016, exact and in the tanh form.
// Accuracy: values within 2.4e-7 · max(1, |value|) and, for |x| < 2.5, within 16 units of rounding; slopes within 1e-6.

#ifndef SESAME_SUFFIX

#include "internal.h"

enum {
    BLOCK = 8192,       // values of a task
    BLOCK_ROWS = 64,    // rows of a partial bias gradient
};

#define SESAME_FILE "activation.c"
#include "variants.h"

typedef void activation_body(sesame_activation activation, size_t n, const float *x, const float *dy, float *out);

static activation_body *const forward_table[] = SESAME_VARIANTS(forward);
static activation_body *const backward_table[] = SESAME_VARIANTS(backward);

typedef struct activation_job {
    activation_body *body;
    sesame_activation activation;
    const float *x, *dy;
    float *out;
} activation_job;

static void activation_task(void *context, size_t begin, size_t end) {
    const activation_job *job = context;
    job->body(job->activation, end - begin, job->x ? job->x + begin : NULL, job->dy ? job->dy + begin : NULL,
              job->out + begin);
}

static void run(activation_body *body, sesame_activation activation, size_t n, const float *x, const float *dy,
                float *out) {
    activation_job job = {body, activation, x, dy, out};
    sesame_parallel_blocks(n, n < 2 * BLOCK ? 2 * BLOCK : BLOCK, activation_task, &job);
}

void sesame_activation_forward(sesame_activation activation, size_t n, const float *x, float *y) {
    run(SESAME_SELECT(forward_table), activation, n, x, NULL, y);
}

void sesame_activation_backward(sesame_activation activation, size_t n, const float *x, const float *dy,
                                float *dx) {
    run(SESAME_SELECT(backward_table), activation, n, x, dy, dx);
}

typedef struct bias_job {
    sesame_activation activation;
    size_t cols;
    const float *x, *dy;
    float *dz, *partials;
} bias_job;

static void (*const bias_table[])(sesame_activation activation, size_t rows, size_t cols, const float *x,
                                  const float *dy, float *dz, float *dbias) = SESAME_VARIANTS(bias_backward);

static void bias_task(void *context, size_t begin, size_t end) {
    const bias_job *job = context;
    const size_t offset = begin * job->cols;
    SESAME_SELECT(bias_table)(job->activation, end - begin, job->cols, job->x ? job->x + offset : NULL,
                              job->dy + offset, job->dz ? job->dz + offset : NULL,
                              job->partials ? job->partials + begin / BLOCK_ROWS * job->cols : NULL);
}

void sesame_bias_activation_backward(sesame_activation activation, size_t rows, size_t cols,
                                     const float *preactivation, const float *dy, float *dz, float *dbias) {
    const size_t count = sesame_blocks(rows, BLOCK_ROWS);
    bias_job job = {activation, cols, preactivation, dy, dz, dbias};
    if (count == 0) {
        if (dbias) sesame_fill(cols, 0, dbias);
        return;
    }
    if (dbias && count > 1) job.partials = sesame_scratch(SESAME_SCRATCH_PARTIALS, count * cols * sizeof(float));
    sesame_parallel_blocks(rows, BLOCK_ROWS, bias_task, &job);
    if (dbias && count > 1) sesame_combine_partials(count, cols, job.partials, dbias);
}

#else  // The body, once for each instruction set.

SESAME_INLINE void FN(forward_kind)(sesame_activation kind, size_t n, const float *x, float *y) {
    size_t i = 0;
    for (; i + W <= n; i += W) vstore(y + i, vactivate(kind, vload(x + i)));
    if (i < n) vstore_n(y + i, vactivate(kind, vload_n(x + i, n - i)), n - i);
}

SESAME_INLINE void FN(backward_kind)(sesame_activation kind, size_t n, const float *x, const float *dy, float *dx) {
    size_t i = 0;
    for (; i + W <= n; i += W) vstore(dx + i, vload(dy + i) * vactivate_slope(kind, vload(x + i)));
    if (i < n) {
        vstore_n(dx + i, vload_n(dy + i, n - i) * vactivate_slope(kind, vload_n(x + i, n - i)), n - i);
    }
}

#define EACH_KIND(DO) \
    DO(SESAME_IDENTITY) DO(SESAME_GELU) DO(SESAME_GELU_TANH) DO(SESAME_RELU) DO(SESAME_TANH) DO(SESAME_SIGMOID)

static void FN(forward)(sesame_activation activation, size_t n, const float *x, const float *unused, float *y) {
    (void)unused;
#define FORWARD(kind) case kind: FN(forward_kind)(kind, n, x, y); break;
    switch (activation) { EACH_KIND(FORWARD) }
#undef FORWARD
}

static void FN(backward)(sesame_activation activation, size_t n, const float *x, const float *dy, float *dx) {
#define BACKWARD(kind) case kind: FN(backward_kind)(kind, n, x, dy, dx); break;
    switch (activation) { EACH_KIND(BACKWARD) }
#undef BACKWARD
}

/// One block of rows: dz, and the sum of its rows in order. Column by column of vectors, so that the sums
/// stay in registers.
SESAME_INLINE void FN(bias_kind)(sesame_activation kind, size_t rows, size_t cols, const float *x, const float *dy,
                                 float *dz, float *dbias) {
    for (size_t j = 0; j < cols; j += W) {
        const size_t n = sesame_min(W, cols - j);
        vf sum = vset(0);
        for (size_t i = 0; i < rows; i++) {
            const size_t at = i * cols + j;
            vf g = n == W ? vload(dy + at) : vload_n(dy + at, n);
            if (kind != SESAME_IDENTITY) g *= vactivate_slope(kind, n == W ? vload(x + at) : vload_n(x + at, n));
            if (dz) {
                if (n == W) vstore(dz + at, g); else vstore_n(dz + at, g, n);
            }
            sum += g;
        }
        if (dbias) vstore_n(dbias + j, sum, n);
    }
}

static void FN(bias_backward)(sesame_activation activation, size_t rows, size_t cols, const float *x,
                              const float *dy, float *dz, float *dbias) {
#define BIAS(kind) case kind: FN(bias_kind)(kind, rows, cols, x, dy, dz, dbias); break;
    switch (activation) { EACH_KIND(BIAS) }
#undef BIAS
}
#undef EACH_KIND

#endif
