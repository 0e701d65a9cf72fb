// Reductions to one number, accumulated in Double: blocks of a fixed size, their sums added in block order.

#ifndef SESAME_SUFFIX

#include "internal.h"

enum { BLOCK = 16384 };

#define SESAME_FILE "reduce.c"
#include "variants.h"

typedef double reduce_body(size_t n, const float *x, const float *y);

typedef struct reduce_job {
    reduce_body *body;
    const float *x, *y;
    double *partials;
} reduce_job;

static void reduce_task(void *context, size_t begin, size_t end) {
    const reduce_job *job = context;
    job->partials[begin / BLOCK] = job->body(end - begin, job->x + begin, job->y ? job->y + begin : NULL);
}

static double run(reduce_body *body, size_t n, const float *x, const float *y) {
    const size_t count = sesame_blocks(n, BLOCK);
    if (count <= 1) return body(n, x, y);
    reduce_job job = {body, x, y, sesame_scratch(SESAME_SCRATCH_PARTIALS, count * sizeof(double))};
    sesame_parallel_blocks(n, BLOCK, reduce_task, &job);
    double total = 0;
    for (size_t i = 0; i < count; i++) total += job.partials[i];
    return total;
}

static reduce_body *const sum_table[] = SESAME_VARIANTS(sum);
static reduce_body *const squares_table[] = SESAME_VARIANTS(squares);
static reduce_body *const magnitudes_table[] = SESAME_VARIANTS(magnitudes);
static reduce_body *const dot_table[] = SESAME_VARIANTS(dot);
static reduce_body *const not_finite_table[] = SESAME_VARIANTS(not_finite);

double sesame_sum(size_t n, const float *x) { return run(SESAME_SELECT(sum_table), n, x, NULL); }
double sesame_sum_of_squares(size_t n, const float *x) { return run(SESAME_SELECT(squares_table), n, x, NULL); }
double sesame_sum_of_magnitudes(size_t n, const float *x) {
    return run(SESAME_SELECT(magnitudes_table), n, x, NULL);
}
double sesame_dot(size_t n, const float *x, const float *y) { return run(SESAME_SELECT(dot_table), n, x, y); }
bool sesame_all_finite(size_t n, const float *x) { return run(SESAME_SELECT(not_finite_table), n, x, NULL) == 0; }

#else  // The body, once for each instruction set.

/// Each vector adds its two halves to Double sums; two vectors a round keep four chains going.
#define REDUCE(name, low_of_v, high_of_v, loads)                                       \
    static double FN(name)(size_t n, const float *x, const float *y) {                 \
        (void)y;                                                                       \
        vd s0 = 0, s1 = 0, s2 = 0, s3 = 0;                                             \
        size_t i = 0;                                                                  \
        for (; i + 2 * W <= n; i += 2 * W) {                                           \
            {                                                                          \
                loads(vload, i) s0 += low_of_v, s1 += high_of_v;                       \
            }                                                                          \
            {                                                                          \
                loads(vload, i + W) s2 += low_of_v, s3 += high_of_v;                   \
            }                                                                          \
        }                                                                              \
        for (; i < n; i += W) {                                                        \
            const size_t left = sesame_min(W, n - i);                                  \
            loads(LOAD_SOME, i) s0 += low_of_v, s1 += high_of_v;                       \
        }                                                                              \
        return vdsum((s0 + s1) + (s2 + s3));                                           \
    }
#define LOAD_SOME(p) vload_n(p, left)
#define ONE(load, at) vf v = load(x + (at));
#define TWO(load, at) vf v = load(x + (at)), w = load(y + (at));
#define MAGNITUDE(load, at) vf v = vabs(load(x + (at)));
REDUCE(sum, vlow_double(v), vhigh_double(v), ONE)
REDUCE(squares, vlow_double(v) * vlow_double(v), vhigh_double(v) * vhigh_double(v), ONE)
REDUCE(magnitudes, vlow_double(v), vhigh_double(v), MAGNITUDE)
REDUCE(dot, vlow_double(v) * vlow_double(w), vhigh_double(v) * vhigh_double(w), TWO)
#undef LOAD_SOME
#undef ONE
#undef TWO
#undef MAGNITUDE
#undef REDUCE

/// How many values are infinite or NaN, or at least 1 where any is.
static double FN(not_finite)(size_t n, const float *x, const float *y) {
    (void)y;
    vu worst = 0;
    size_t i = 0;
    for (; i + W <= n; i += W) {
        vu magnitude = *(const vuu *)(x + i) & (vu)0x7fffffffu;
        worst = magnitude > worst ? magnitude : worst;
    }
    double found = 0;
    for (; i < n; i++) found += !isfinite(x[i]);
    for (size_t lane = 0; lane < W; lane++) found += worst[lane] >= 0x7f800000u;
    return found;
}

#endif
