// Scores of additive attention (Bahdanau et al. 2015), forward and backward, without storing the tanh:
//     scores[b, i, t] = Σ_a vector[a] tanh(query[b, i, a] + key[b, t, a])   for t < lengths[b], -inf after.
// Backward computes the tanh again. A score is summed in W Float32 lanes, combined in Double; dvector is
// summed for each sequence and then over the sequences in order.

#ifndef SESAME_SUFFIX

#include "internal.h"

typedef struct additive_job {
    size_t queries, keys, size;
    const int32_t *lengths;
    const float *query, *key, *vector, *dscores;
    float *scores, *dquery, *dkey, *dvector;
} additive_job;

SESAME_INLINE size_t additive_length(const additive_job *job, size_t sequence) {
    return job->lengths ? (size_t)job->lengths[sequence] : job->keys;
}

#define SESAME_FILE "additive.c"
#include "variants.h"

static void (*const forward_table[])(const additive_job *job, size_t sequence) = SESAME_VARIANTS(additive_forward);
static void (*const backward_table[])(const additive_job *job, size_t sequence) = SESAME_VARIANTS(additive_backward);

static void forward_task(void *context, size_t sequence) { SESAME_SELECT(forward_table)(context, sequence); }
static void backward_task(void *context, size_t sequence) { SESAME_SELECT(backward_table)(context, sequence); }

void sesame_additive_scores_forward(size_t batch, size_t queries, size_t keys, size_t size, const int32_t *lengths,
                                    const float *query, const float *key, const float *vector, float *scores) {
    additive_job job = {.queries = queries, .keys = keys, .size = size, .lengths = lengths, .query = query,
                        .key = key, .vector = vector, .scores = scores};
    sesame_parallel_for(batch, forward_task, &job);
}

void sesame_additive_scores_backward(size_t batch, size_t queries, size_t keys, size_t size,
                                     const int32_t *lengths, const float *query, const float *key,
                                     const float *vector, const float *dscores, float *dquery, float *dkey,
                                     float *dvector) {
    float *partials = sesame_scratch(SESAME_SCRATCH_PARTIALS, (batch * size + 1) * sizeof(float));
    additive_job job = {.queries = queries, .keys = keys, .size = size, .lengths = lengths, .query = query,
                        .key = key, .vector = vector, .dscores = dscores, .dquery = dquery, .dkey = dkey,
                        .dvector = partials};
    sesame_parallel_for(batch, backward_task, &job);
    sesame_combine_partials(batch, size, partials, dvector);
}

#else  // The body, once for each instruction set.

#define LOAD(p) (n == W ? vload(p) : vload_n(p, n))
#define STORE(p, v) (n == W ? vstore(p, v) : vstore_n(p, v, n))

static void FN(additive_forward)(const additive_job *job, size_t sequence) {
    const size_t size = job->size, length = additive_length(job, sequence);
    const float *keys = job->key + sequence * job->keys * size;
    for (size_t i = 0; i < job->queries; i++) {
        const size_t row = sequence * job->queries + i;
        const float *query = job->query + row * size;
        float *scores = job->scores + row * job->keys;
        for (size_t t = 0; t < length; t++) {
            const float *key = keys + t * size;
            vf sum = vset(0);
            for (size_t a = 0; a < size; a += W) {
                const size_t n = sesame_min(W, size - a);
                sum = vfma(LOAD(job->vector + a), vtanh(LOAD(query + a) + LOAD(key + a)), sum);
            }
            scores[t] = (float)vdsum(vlow_double(sum) + vhigh_double(sum));
        }
        for (size_t t = length; t < job->keys; t++) scores[t] = -INFINITY;
    }
}

static void FN(additive_backward)(const additive_job *job, size_t sequence) {
    const size_t size = job->size, length = additive_length(job, sequence);
    const float *keys = job->key + sequence * job->keys * size;
    float *dkeys = job->dkey + sequence * job->keys * size, *dvector = job->dvector + sequence * size;
    memset(dkeys, 0, job->keys * size * sizeof(float));
    memset(dvector, 0, size * sizeof(float));
    memset(job->dquery + sequence * job->queries * size, 0, job->queries * size * sizeof(float));
    for (size_t i = 0; i < job->queries; i++) {
        const size_t row = sequence * job->queries + i;
        const float *query = job->query + row * size, *dscores = job->dscores + row * job->keys;
        float *dquery = job->dquery + row * size;
        for (size_t t = 0; t < length; t++) {
            const float *key = keys + t * size;
            float *dkey = dkeys + t * size;
            const vf d = vset(dscores[t]);
            for (size_t a = 0; a < size; a += W) {
                const size_t n = sesame_min(W, size - a);
                const vf h = vtanh(LOAD(query + a) + LOAD(key + a));
                const vf slope = d * LOAD(job->vector + a) * vfma(-h, h, vset(1));
                STORE(dvector + a, vfma(d, h, LOAD(dvector + a)));
                STORE(dkey + a, LOAD(dkey + a) + slope);
                STORE(dquery + a, LOAD(dquery + a) + slope);
            }
        }
    }
}

#undef LOAD
#undef STORE

#endif
