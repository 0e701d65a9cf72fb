// Softmax and log softmax of rows, their gradients, and arg max. Sums are W Float32 lanes, combined in Double.
// A row whose largest value is -inf has no softmax: it yields zeros (log softmax: the values as they are).

#ifndef SESAME_SUFFIX

#include "internal.h"
#include "rows.h"

#define SESAME_FILE "softmax.c"
#include "variants.h"

typedef struct softmax_job {
    void (*body)(size_t cols, const float *a, const float *b, float *out);
    size_t cols;
    const float *a, *b;
    float *out;
    const int32_t *lengths;  // of each group of rows, or NULL
    size_t group;
} softmax_job;

static void softmax_task(void *context, size_t begin, size_t end) {
    const softmax_job *job = context;
    for (size_t row = begin; row < end; row++) {
        const size_t at = row * job->cols;
        const size_t length = job->lengths ? (size_t)job->lengths[row / job->group] : job->cols;
        if (length > 0) job->body(length, job->a + at, job->b ? job->b + at : NULL, job->out + at);
        memset(job->out + at + length, 0, (job->cols - length) * sizeof(float));
    }
}

static size_t task_rows(size_t rows, size_t cols) {
    return rows * cols < 8192 ? sesame_max(rows, 1) : sesame_max(1, 8192 / cols);
}

static void run(void (*body)(size_t, const float *, const float *, float *), size_t rows, size_t cols,
                const float *a, const float *b, float *out, const int32_t *lengths, size_t group) {
    if (cols == 0) return;
    softmax_job job = {body, cols, a, b, out, lengths, group};
    sesame_parallel_blocks(rows, task_rows(rows, cols), softmax_task, &job);
}

typedef void row_body(size_t cols, const float *a, const float *b, float *out);
static row_body *const forward_table[] = SESAME_VARIANTS(softmax_forward);
static row_body *const backward_table[] = SESAME_VARIANTS(softmax_backward);
static row_body *const log_forward_table[] = SESAME_VARIANTS(log_softmax_forward);
static row_body *const log_backward_table[] = SESAME_VARIANTS(log_softmax_backward);

void sesame_softmax_forward(size_t rows, size_t cols, const float *x, float *y) {
    run(SESAME_SELECT(forward_table), rows, cols, x, NULL, y, NULL, 1);
}
void sesame_softmax_backward(size_t rows, size_t cols, const float *y, const float *dy, float *dx) {
    run(SESAME_SELECT(backward_table), rows, cols, y, dy, dx, NULL, 1);
}
void sesame_log_softmax_forward(size_t rows, size_t cols, const float *x, float *y) {
    run(SESAME_SELECT(log_forward_table), rows, cols, x, NULL, y, NULL, 1);
}
void sesame_log_softmax_backward(size_t rows, size_t cols, const float *y, const float *dy, float *dx) {
    run(SESAME_SELECT(log_backward_table), rows, cols, y, dy, dx, NULL, 1);
}
void sesame_prefix_softmax_forward(size_t rows, size_t cols, const int32_t *lengths, size_t group, const float *x,
                                   float *y) {
    run(SESAME_SELECT(forward_table), rows, cols, x, NULL, y, lengths, group);
}
void sesame_prefix_softmax_backward(size_t rows, size_t cols, const int32_t *lengths, size_t group, const float *y,
                                    const float *dy, float *dx) {
    run(SESAME_SELECT(backward_table), rows, cols, y, dy, dx, lengths, group);
}

static float (*const maximum_table[])(size_t cols, const float *x) = SESAME_VARIANTS(row_maximum);
static double (*const exponentials_table[])(size_t cols, const float *x, float shift, float *y) =
    SESAME_VARIANTS(row_exponentials);
static void (*const affine_table[])(size_t cols, const float *x, float scale, float shift, float *y) =
    SESAME_VARIANTS(row_affine);
static int32_t (*const argmax_table[])(size_t cols, const float *x) = SESAME_VARIANTS(argmax);

float sesame_row_maximum(size_t cols, const float *x) { return SESAME_SELECT(maximum_table)(cols, x); }
double sesame_row_exponentials(size_t cols, const float *x, float shift, float *y) {
    return SESAME_SELECT(exponentials_table)(cols, x, shift, y);
}
void sesame_row_affine(size_t cols, const float *x, float scale, float shift, float *y) {
    SESAME_SELECT(affine_table)(cols, x, scale, shift, y);
}
int32_t sesame_row_argmax(size_t cols, const float *x) { return SESAME_SELECT(argmax_table)(cols, x); }

typedef struct argmax_job {
    size_t cols;
    const float *x;
    int32_t *out;
} argmax_job;

static void argmax_task(void *context, size_t begin, size_t end) {
    const argmax_job *job = context;
    for (size_t row = begin; row < end; row++) {
        job->out[row] = sesame_row_argmax(job->cols, job->x + row * job->cols);
    }
}

void sesame_argmax_rows(size_t rows, size_t cols, const float *x, int32_t *out) {
    argmax_job job = {cols, x, out};
    sesame_parallel_blocks(rows, task_rows(rows, sesame_max(cols, 1)), argmax_task, &job);
}

#else  // The body, once for each instruction set.

static float FN(row_maximum)(size_t cols, const float *x) {
    vf largest = vset(-INFINITY), second = vset(-INFINITY);
    size_t j = 0;
    for (; j + 2 * W <= cols; j += 2 * W) {
        largest = vmax(vload(x + j), largest);
        second = vmax(vload(x + j + W), second);
    }
    for (; j + W <= cols; j += W) largest = vmax(vload(x + j), largest);
    float maximum = vmaximum(vmax(second, largest));
    for (; j < cols; j++) maximum = x[j] > maximum ? x[j] : maximum;
    return maximum;
}

/// y = exp(x - shift), or the sum alone where y is NULL; returns the sum.
static double FN(row_exponentials)(size_t cols, const float *x, float shift, float *y) {
    vf sum = vset(0), m = vset(shift);
    size_t j = 0;
    for (; j + W <= cols; j += W) {
        vf e = vexp(vload(x + j) - m);
        if (y) vstore(y + j, e);
        sum += e;
    }
    double total = vdsum(vlow_double(sum) + vhigh_double(sum));
    if (j < cols) {
        const size_t n = cols - j;
        float lanes[SESAME_WIDTH];
        vstore(lanes, vexp(vload_n(x + j, n) - m));
        for (size_t i = 0; i < n; i++) total += (double)lanes[i];
        if (y) memcpy(y + j, lanes, n * sizeof(float));
    }
    return total;
}

/// y = x · scale + shift.
static void FN(row_affine)(size_t cols, const float *x, float scale, float shift, float *y) {
    size_t j = 0;
    for (; j + W <= cols; j += W) vstore(y + j, vfma(vload(x + j), vset(scale), vset(shift)));
    if (j < cols) vstore_n(y + j, vfma(vload_n(x + j, cols - j), vset(scale), vset(shift)), cols - j);
}

static void FN(softmax_forward)(size_t cols, const float *x, const float *unused, float *y) {
    (void)unused;
    const float maximum = FN(row_maximum)(cols, x);
    if (maximum == -INFINITY) {
        memset(y, 0, cols * sizeof(float));
        return;
    }
    const double sum = FN(row_exponentials)(cols, x, maximum, y);
    FN(row_affine)(cols, y, (float)(1.0 / sum), 0.0f, y);
}

static void FN(log_softmax_forward)(size_t cols, const float *x, const float *unused, float *y) {
    (void)unused;
    const float maximum = FN(row_maximum)(cols, x);
    if (maximum == -INFINITY) {
        memmove(y, x, cols * sizeof(float));
        return;
    }
    const float shift = maximum + (float)log(FN(row_exponentials)(cols, x, maximum, NULL));
    FN(row_affine)(cols, x, 1.0f, -shift, y);
}

static void FN(softmax_backward)(size_t cols, const float *y, const float *dy, float *dx) {
    vf sum = vset(0);
    size_t j = 0;
    for (; j + W <= cols; j += W) sum = vfma(vload(y + j), vload(dy + j), sum);
    if (j < cols) sum = vfma(vload_n(y + j, cols - j), vload_n(dy + j, cols - j), sum);
    vf dot = vset((float)vdsum(vlow_double(sum) + vhigh_double(sum)));
    for (j = 0; j + W <= cols; j += W) vstore(dx + j, vload(y + j) * (vload(dy + j) - dot));
    if (j < cols) vstore_n(dx + j, vload_n(y + j, cols - j) * (vload_n(dy + j, cols - j) - dot), cols - j);
}

static void FN(log_softmax_backward)(size_t cols, const float *y, const float *dy, float *dx) {
    vf sum = vset(0);
    size_t j = 0;
    for (; j + W <= cols; j += W) sum += vload(dy + j);
    if (j < cols) sum += vload_n(dy + j, cols - j);
    vf total = vset((float)vdsum(vlow_double(sum) + vhigh_double(sum)));
    for (j = 0; j + W <= cols; j += W) vstore(dx + j, vfma(-vexp(vload(y + j)), total, vload(dy + j)));
    if (j < cols) {
        vstore_n(dx + j, vfma(-vexp(vload_n(y + j, cols - j)), total, vload_n(dy + j, cols - j)), cols - j);
    }
}

static int32_t FN(argmax)(size_t cols, const float *x) {
    const float maximum = FN(row_maximum)(cols, x);
    for (size_t j = 0; j < cols; j++) {
        if (x[j] == maximum) return (int32_t)j;
    }
    return 0;
}

#endif
