// The elementwise part of a highway layer (Srivastava et al. 2015), forward and backward, on rows of
// gates = [t, h] (2 · cols), both before their activation:
//     y = x + σ(t) (f(h) - x)
//     dh = dy σ(t) f′(h),   dt = dy (f(h) - x) σ(t) (1 - σ(t)),   dx = dy (1 - σ(t))

#ifndef SESAME_SUFFIX

#include "internal.h"

typedef struct highway_job {
    sesame_activation activation;
    size_t cols;
    const float *x, *gates, *dy;
    float *y, *dx, *dgates;
} highway_job;

#define SESAME_FILE "highway.c"
#include "variants.h"

static void (*const forward_table[])(const highway_job *job, size_t begin, size_t end) =
    SESAME_VARIANTS(highway_forward);
static void (*const backward_table[])(const highway_job *job, size_t begin, size_t end) =
    SESAME_VARIANTS(highway_backward);

static void forward_task(void *context, size_t begin, size_t end) { SESAME_SELECT(forward_table)(context, begin, end); }
static void backward_task(void *context, size_t begin, size_t end) {
    SESAME_SELECT(backward_table)(context, begin, end);
}

static size_t task_rows(size_t cols) { return sesame_max(1, 4096 / sesame_max(cols, 1)); }

void sesame_highway_forward(sesame_activation activation, size_t rows, size_t cols, const float *x,
                            const float *gates, float *y) {
    highway_job job = {.activation = activation, .cols = cols, .x = x, .gates = gates, .y = y};
    sesame_parallel_blocks(rows, task_rows(cols), forward_task, &job);
}

void sesame_highway_backward(sesame_activation activation, size_t rows, size_t cols, const float *x,
                             const float *gates, const float *dy, float *dx, float *dgates) {
    highway_job job = {.activation = activation, .cols = cols, .x = x, .gates = gates, .dy = dy, .dx = dx,
                       .dgates = dgates};
    sesame_parallel_blocks(rows, task_rows(cols), backward_task, &job);
}

#else  // The body, once for each instruction set.

#define LOAD(p) (n == W ? vload(p) : vload_n(p, n))
#define STORE(p, v) (n == W ? vstore(p, v) : vstore_n(p, v, n))

SESAME_INLINE void FN(highway_row)(sesame_activation kind, size_t cols, const float *x, const float *gates, float *y) {
    for (size_t j = 0; j < cols; j += W) {
        const size_t n = sesame_min(W, cols - j);
        const vf v = LOAD(x + j);
        STORE(y + j, vfma(vsigmoid(LOAD(gates + j)), vactivate(kind, LOAD(gates + cols + j)) - v, v));
    }
}

SESAME_INLINE void FN(highway_row_backward)(sesame_activation kind, size_t cols, const float *x, const float *gates,
                                            const float *dy, float *dx, float *dgates) {
    for (size_t j = 0; j < cols; j += W) {
        const size_t n = sesame_min(W, cols - j);
        const vf h = LOAD(gates + cols + j), d = LOAD(dy + j), s = vsigmoid(LOAD(gates + j));
        const vf closed = vset(1) - s;
        const vf difference = vactivate(kind, h) - LOAD(x + j);
        STORE(dgates + j, d * difference * s * closed);
        STORE(dgates + cols + j, d * s * vactivate_slope(kind, h));
        STORE(dx + j, d * closed);
    }
}

/// `statement` with KIND a constant.
#define WITH_KIND(statement)                                               \
    switch (job->activation) {                                             \
    case SESAME_TANH: { enum { KIND = SESAME_TANH }; statement; break; }   \
    case SESAME_RELU: { enum { KIND = SESAME_RELU }; statement; break; }   \
    default: { const sesame_activation KIND = job->activation; statement; break; } \
    }

static void FN(highway_forward)(const highway_job *job, size_t begin, size_t end) {
    const size_t cols = job->cols;
    for (size_t row = begin; row < end; row++) {
        WITH_KIND(FN(highway_row)((sesame_activation)KIND, cols, job->x + row * cols, job->gates + row * 2 * cols,
                                  job->y + row * cols))
    }
}

static void FN(highway_backward)(const highway_job *job, size_t begin, size_t end) {
    const size_t cols = job->cols;
    for (size_t row = begin; row < end; row++) {
        WITH_KIND(FN(highway_row_backward)((sesame_activation)KIND, cols, job->x + row * cols,
                                           job->gates + row * 2 * cols, job->dy + row * cols, job->dx + row * cols,
                                           job->dgates + row * 2 * cols))
    }
}

#undef LOAD
#undef STORE
#undef WITH_KIND

#endif
