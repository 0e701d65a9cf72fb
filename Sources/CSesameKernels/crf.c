// Linear-chain conditional random fields (Lafferty, McCallum & Pereira 2001): the negative log-likelihood of tag
// sequences with its gradient, and the best sequence (Viterbi).
//
// The score of tags y₁…yₙ is start[y₁] + Σ emissions[t, yₜ] + Σ transitions[yₜ₋₁, yₜ] + end[yₙ], and the loss is
// log Σ exp(score) over all sequences, minus the score of the target. Its gradient is the marginal probability of
// each tag and of each pair of neighbours, minus the target's.
//
// All sums are Double. One step of the recursions works on exp(α - max α) and on exp(transitions - their max), so
// that it takes tags² products but only 2 · tags exponentials; scores that lie more than 700 below others of the
// same step count as impossible. The code is the same on every machine: no vector variants.

#include "internal.h"

typedef struct crf_job {
    size_t time, tags;
    const int32_t *lengths, *targets;
    const float *emissions, *transitions, *start, *end;
    const double *weights;  // exp(transitions - shift)
    double shift;
    float scale;
    float *losses, *demissions, *partials;
    int32_t *best;
    float *scores;
} crf_job;

static size_t crf_length(const crf_job *job, size_t sequence) {
    return job->lengths ? (size_t)job->lengths[sequence] : job->time;
}

static double maximum(size_t n, const double *x) {
    double largest = -INFINITY;
    for (size_t i = 0; i < n; i++) largest = x[i] > largest ? x[i] : largest;
    return largest;
}

/// e = exp(x - max x); the maximum. All zeros where it is -inf.
static double shifted_exponentials(size_t n, const double *x, double *e) {
    const double largest = maximum(n, x);
    for (size_t i = 0; i < n; i++) e[i] = largest == -INFINITY ? 0 : exp(x[i] - largest);
    return largest;
}

static double crf_score(const crf_job *job, const float *emissions, const int32_t *targets, size_t length) {
    double score = (double)job->start[targets[0]] + (double)job->end[targets[length - 1]];
    for (size_t t = 0; t < length; t++) {
        score += (double)emissions[t * job->tags + (size_t)targets[t]];
        if (t > 0) score += (double)job->transitions[(size_t)targets[t - 1] * job->tags + (size_t)targets[t]];
    }
    return score;
}

static void loss_task(void *context, size_t sequence) {
    const crf_job *job = context;
    const size_t K = job->tags, length = crf_length(job, sequence);
    const float *emissions = job->emissions + sequence * job->time * K;
    const int32_t *targets = job->targets + sequence * job->time;
    float *demissions = job->demissions ? job->demissions + sequence * job->time * K : NULL;
    float *dtransitions = job->partials ? job->partials + sequence * (K * K + 2 * K) : NULL;
    if (demissions) memset(demissions, 0, job->time * K * sizeof(float));
    if (dtransitions) memset(dtransitions, 0, (K * K + 2 * K) * sizeof(float));
    job->losses[sequence] = 0;
    if (length == 0) return;

    // alpha: (length × K), then three rows and the sums of pairs.
    double *alpha = sesame_scratch(SESAME_SCRATCH_CRF, (length * K + 3 * K + K * K) * sizeof(double));
    double *e = alpha + length * K, *beta = e + K, *later = beta + K, *pairs = later + K;
    for (size_t j = 0; j < K; j++) alpha[j] = (double)job->start[j] + (double)emissions[j];
    for (size_t t = 1; t < length; t++) {
        const double largest = shifted_exponentials(K, alpha + (t - 1) * K, e) + job->shift;
        double *sums = alpha + t * K;
        memset(sums, 0, K * sizeof(double));
        for (size_t i = 0; i < K; i++) {
            for (size_t j = 0; j < K; j++) sums[j] += e[i] * job->weights[i * K + j];
        }
        for (size_t j = 0; j < K; j++) sums[j] = log(sums[j]) + largest + (double)emissions[t * K + j];
    }
    for (size_t j = 0; j < K; j++) beta[j] = alpha[(length - 1) * K + j] + (double)job->end[j];
    const double largest = shifted_exponentials(K, beta, e);
    double sum = 0;
    for (size_t j = 0; j < K; j++) sum += e[j];
    const double partition = largest + log(sum);
    job->losses[sequence] = (float)(partition - crf_score(job, emissions, targets, length));
    if (!demissions) return;

    const double scale = (double)job->scale;
    float *dstart = dtransitions + K * K, *dend = dstart + K;
    memset(pairs, 0, K * K * sizeof(double));
    // beta: the log of the sum over all that can follow tag j at t.
    for (size_t j = 0; j < K; j++) beta[j] = (double)job->end[j];
    for (size_t t = length; t-- > 0;) {
        for (size_t j = 0; j < K; j++) {
            const double p = exp(alpha[t * K + j] + beta[j] - partition);
            demissions[t * K + j] = (float)(scale * p);
            if (t == length - 1) dend[j] = (float)(scale * p);
            if (t == 0) dstart[j] = (float)(scale * p);
        }
        if (t == 0) break;
        for (size_t j = 0; j < K; j++) later[j] = (double)emissions[t * K + j] + beta[j];
        const double after = shifted_exponentials(K, later, e);
        // later now holds what stands before: exp(α - its maximum).
        const double before = shifted_exponentials(K, alpha + (t - 1) * K, later);
        const double factor = exp(before + after + job->shift - partition);
        for (size_t i = 0; i < K; i++) {
            const double *row = job->weights + i * K;
            double reach = 0;
            const double weight = later[i] * factor;
            for (size_t j = 0; j < K; j++) {
                reach += row[j] * e[j];
                pairs[i * K + j] += weight * row[j] * e[j];
            }
            beta[i] = log(reach) + after + job->shift;
        }
    }
    for (size_t i = 0; i < K * K; i++) dtransitions[i] = (float)(scale * pairs[i]);
    for (size_t t = 0; t < length; t++) {
        demissions[t * K + (size_t)targets[t]] -= job->scale;
        if (t > 0) dtransitions[(size_t)targets[t - 1] * K + (size_t)targets[t]] -= job->scale;
    }
    dstart[targets[0]] -= job->scale;
    dend[targets[length - 1]] -= job->scale;
}

void sesame_crf_loss(size_t batch, size_t time, size_t tags, const int32_t *lengths, const float *emissions,
                     const float *transitions, const float *start, const float *end, const int32_t *targets,
                     float gradient_scale, float *losses, float *demissions, float *dtransitions, float *dstart,
                     float *dend) {
    const size_t K = tags, columns = K * K + 2 * K;
    crf_job job = {.time = time, .tags = K, .lengths = lengths, .targets = targets, .emissions = emissions,
                   .transitions = transitions, .start = start, .end = end, .scale = gradient_scale,
                   .losses = losses, .demissions = demissions, .shift = -INFINITY};
    // The Doubles come first, then the sequences' partial sums and their total.
    double *weights = sesame_scratch(SESAME_SCRATCH_LOSS,
                                     K * K * sizeof(double) + (batch + 1) * columns * sizeof(float) + 64);
    float *partials = (float *)(weights + K * K), *sums = partials + batch * columns;
    for (size_t i = 0; i < K * K; i++) {
        job.shift = (double)transitions[i] > job.shift ? (double)transitions[i] : job.shift;
    }
    if (job.shift == -INFINITY) job.shift = 0;
    for (size_t i = 0; i < K * K; i++) weights[i] = exp((double)transitions[i] - job.shift);
    job.weights = weights;
    job.partials = demissions ? partials : NULL;
    sesame_parallel_for(batch, loss_task, &job);
    if (!demissions) return;
    sesame_combine_partials(batch, columns, partials, sums);
    memcpy(dtransitions, sums, K * K * sizeof(float));
    memcpy(dstart, sums + K * K, K * sizeof(float));
    memcpy(dend, sums + K * K + K, K * sizeof(float));
}

static void viterbi_task(void *context, size_t sequence) {
    const crf_job *job = context;
    const size_t K = job->tags, length = crf_length(job, sequence);
    const float *emissions = job->emissions + sequence * job->time * K;
    int32_t *best = job->best + sequence * job->time;
    job->scores[sequence] = 0;
    for (size_t t = length; t < job->time; t++) best[t] = 0;
    if (length == 0) return;
    double *score = sesame_scratch(SESAME_SCRATCH_CRF, 2 * K * sizeof(double) + length * K * sizeof(int32_t));
    double *next = score + K;
    int32_t *from = (int32_t *)(next + K);
    for (size_t j = 0; j < K; j++) score[j] = (double)job->start[j] + (double)emissions[j];
    for (size_t t = 1; t < length; t++) {
        for (size_t j = 0; j < K; j++) {
            double largest = score[0] + (double)job->transitions[j];
            int32_t place = 0;
            for (size_t i = 1; i < K; i++) {
                const double value = score[i] + (double)job->transitions[i * K + j];
                if (value > largest) largest = value, place = (int32_t)i;
            }
            next[j] = largest + (double)emissions[t * K + j];
            from[t * K + j] = place;
        }
        memcpy(score, next, K * sizeof(double));
    }
    int32_t tag = 0;
    for (size_t j = 0; j < K; j++) {
        score[j] += (double)job->end[j];
        if (score[j] > score[tag]) tag = (int32_t)j;
    }
    job->scores[sequence] = (float)score[tag];
    for (size_t t = length; t-- > 0;) {
        best[t] = tag;
        if (t > 0) tag = from[t * K + (size_t)tag];
    }
}

void sesame_crf_viterbi(size_t batch, size_t time, size_t tags, const int32_t *lengths, const float *emissions,
                        const float *transitions, const float *start, const float *end, int32_t *best,
                        float *scores) {
    if (tags == 0) return;
    crf_job job = {.time = time, .tags = tags, .lengths = lengths, .emissions = emissions,
                   .transitions = transitions, .start = start, .end = end, .best = best, .scores = scores};
    sesame_parallel_for(batch, viterbi_task, &job);
}
