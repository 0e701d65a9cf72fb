// Pooling over time of (batch × time × cols): the largest or the mean of each column over a sequence's first
// lengths[b] positions (NULL: all of them). A sequence of length 0 gives zeros.
//
// The maximum keeps where it was found (the first place among equals; -1 for length 0), which is all that its
// gradient needs. The mean adds positions in order, in Float32.

#ifndef SESAME_SUFFIX

#include "internal.h"

typedef struct pooling_job {
    size_t time, cols;
    const int32_t *lengths;
    const float *x;
    float *y;
    int32_t *places;
} pooling_job;

SESAME_INLINE size_t pooling_length(const pooling_job *job, size_t sequence) {
    return job->lengths ? (size_t)job->lengths[sequence] : job->time;
}

#define SESAME_FILE "pooling.c"
#include "variants.h"

static void (*const max_table[])(const pooling_job *job, size_t sequence) = SESAME_VARIANTS(max_pool);
static void (*const mean_table[])(const pooling_job *job, size_t sequence) = SESAME_VARIANTS(mean_pool);
static void (*const spread_table[])(const pooling_job *job, size_t sequence) = SESAME_VARIANTS(mean_spread);

static void max_task(void *context, size_t sequence) { SESAME_SELECT(max_table)(context, sequence); }
static void mean_task(void *context, size_t sequence) { SESAME_SELECT(mean_table)(context, sequence); }
static void spread_task(void *context, size_t sequence) { SESAME_SELECT(spread_table)(context, sequence); }

static void scatter_task(void *context, size_t sequence) {
    const pooling_job *job = context;
    const size_t cols = job->cols;
    float *dx = job->y + sequence * job->time * cols;
    for (size_t j = 0; j < cols; j++) {
        const int32_t place = job->places[sequence * cols + j];
        if (place >= 0) dx[(size_t)place * cols + j] += job->x[sequence * cols + j];
    }
}

void sesame_max_over_time(size_t batch, size_t time, size_t cols, const int32_t *lengths, const float *x, float *y,
                          int32_t *places) {
    pooling_job job = {time, cols, lengths, x, y, places};
    sesame_parallel_for(batch, max_task, &job);
}
void sesame_max_over_time_backward(size_t batch, size_t time, size_t cols, const int32_t *places, const float *dy,
                                   float *dx) {
    pooling_job job = {time, cols, NULL, dy, dx, (int32_t *)places};
    sesame_parallel_for(batch, scatter_task, &job);
}
void sesame_mean_over_time(size_t batch, size_t time, size_t cols, const int32_t *lengths, const float *x, float *y) {
    pooling_job job = {time, cols, lengths, x, y, NULL};
    sesame_parallel_for(batch, mean_task, &job);
}
void sesame_mean_over_time_backward(size_t batch, size_t time, size_t cols, const int32_t *lengths, const float *dy,
                                    float *dx) {
    pooling_job job = {time, cols, lengths, dy, dx, NULL};
    sesame_parallel_for(batch, spread_task, &job);
}

#else  // The body, once for each instruction set.

static void FN(max_pool)(const pooling_job *job, size_t sequence) {
    const size_t cols = job->cols, length = pooling_length(job, sequence);
    const float *restrict x = job->x + sequence * job->time * cols;
    float *restrict y = job->y + sequence * cols;
    int32_t *restrict places = job->places + sequence * cols;
    if (length == 0) {
        memset(y, 0, cols * sizeof(float));
        for (size_t j = 0; j < cols; j++) places[j] = -1;
        return;
    }
    memcpy(y, x, cols * sizeof(float));
    memset(places, 0, cols * sizeof(int32_t));
    for (size_t t = 1; t < length; t++) {
        x += cols;
        for (size_t j = 0; j < cols; j++) {
            // A NaN stays.
            const bool larger = x[j] > y[j] || x[j] != x[j];
            places[j] = larger ? (int32_t)t : places[j];
            y[j] = larger ? x[j] : y[j];
        }
    }
}

static void FN(mean_pool)(const pooling_job *job, size_t sequence) {
    const size_t cols = job->cols, length = pooling_length(job, sequence);
    const float *restrict x = job->x + sequence * job->time * cols;
    float *restrict y = job->y + sequence * cols;
    memset(y, 0, cols * sizeof(float));
    if (length == 0) return;
    for (size_t t = 0; t < length; t++) {
        for (size_t j = 0; j < cols; j++) y[j] += x[t * cols + j];
    }
    const float share = 1.0f / (float)length;
    for (size_t j = 0; j < cols; j++) y[j] *= share;
}

/// dx = dy / length at a sequence's positions, 0 after them.
static void FN(mean_spread)(const pooling_job *job, size_t sequence) {
    const size_t cols = job->cols, length = pooling_length(job, sequence);
    const float *restrict dy = job->x + sequence * cols;
    float *restrict dx = job->y + sequence * job->time * cols;
    const float share = length > 0 ? 1.0f / (float)length : 0.0f;
    for (size_t t = 0; t < length; t++) {
        for (size_t j = 0; j < cols; j++) dx[t * cols + j] = dy[j] * share;
    }
    memset(dx + length * cols, 0, (job->time - length) * cols * sizeof(float));
}

#endif
