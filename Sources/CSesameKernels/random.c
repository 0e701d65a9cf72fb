// Counter-based random numbers: Philox 4×32-10 (Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers:
// as easy as 1, 2, 3").
//
// Value i of a stream is word (i / 16) % 4 of the block whose counter is (i / 64) · 16 + i % 16: sixteen
// neighbouring counters fill four vectors without a shuffle. The counter's low half is that number and
// its high half the stream; the key is the seed.

#ifndef SESAME_SUFFIX

#include "internal.h"
#include "random.h"

enum { GROUP = SESAME_RANDOM_GROUP, BLOCK = 128 * GROUP };

#define SESAME_FILE "random.c"
#include "variants.h"

static void (*const group_table[])(sesame_key key, uint64_t group, uint32_t out[GROUP]) = SESAME_VARIANTS(group);
static void (*const normal_table[])(const uint32_t bits[GROUP], float mean, float deviation, float out[GROUP]) =
    SESAME_VARIANTS(normal);
static void (*const keep_table[])(size_t n, const uint32_t *bits, uint32_t threshold, float scale, const float *x,
                                  float *y) = SESAME_VARIANTS(keep);

typedef enum random_kind { BITS, UNIFORM, NORMAL, DROPOUT } random_kind;

typedef struct random_job {
    random_kind kind;
    sesame_key key;
    uint64_t offset;
    size_t n;
    float first, second;  // low and high, mean and deviation, scale
    uint32_t threshold;
    const float *x;
    void *out;
} random_job;

static void produce(const random_job *job, const uint32_t bits[GROUP], size_t from, size_t count, size_t at) {
    switch (job->kind) {
    case BITS: memcpy((uint32_t *)job->out + at, bits + from, count * sizeof(uint32_t)); break;
    case UNIFORM: {
        float *out = (float *)job->out + at;
        const float highest = nextafterf(job->second, job->first), range = job->second - job->first;
        for (size_t i = 0; i < count; i++) {
            const float value = job->first + range * ((float)(bits[from + i] >> 8) * 0x1p-24f);
            out[i] = value < job->second ? value : highest;
        }
        break;
    }
    case NORMAL: {
        float values[GROUP];
        SESAME_SELECT(normal_table)(bits, job->first, job->second, values);
        memcpy((float *)job->out + at, values + from, count * sizeof(float));
        break;
    }
    case DROPOUT:
        SESAME_SELECT(keep_table)(count, bits + from, job->threshold, job->first, job->x + at,
                                  (float *)job->out + at);
        break;
    }
}

/// [begin, end) counts stream positions from the first group on.
static void random_task(void *context, size_t begin, size_t end) {
    const random_job *job = context;
    const size_t skipped = job->offset % GROUP;
    for (size_t position = begin; position < end; position += GROUP) {
        uint32_t bits[GROUP];
        SESAME_SELECT(group_table)(job->key, job->offset / GROUP + position / GROUP, bits);
        const size_t from = position == 0 ? skipped : 0;
        const size_t to = sesame_min(GROUP, end - position);
        produce(job, bits, from, to - from, position + from - skipped);
    }
}

static void run(random_job job) {
    if (job.n == 0) return;
    const size_t positions = job.offset % GROUP + job.n;
    sesame_parallel_blocks(positions, BLOCK, random_task, &job);
}

uint32_t sesame_dropout_threshold(float p) { return (uint32_t)ceil((double)p * 0x1p24); }

void sesame_random_group(sesame_key key, uint64_t group, uint32_t out[GROUP]) {
    SESAME_SELECT(group_table)(key, group, out);
}

void sesame_dropout_run(size_t n, sesame_key key, uint64_t offset, uint32_t threshold, float scale, const float *x,
                        float *y) {
    random_job job = {.kind = DROPOUT, .key = key, .offset = offset, .n = n, .first = scale,
                      .threshold = threshold, .x = x, .out = y};
    if (n > 0) random_task(&job, 0, offset % GROUP + n);
}

void sesame_dropout(size_t n, float p, sesame_key key, const float *x, float *y) {
    run((random_job){.kind = DROPOUT, .key = key, .n = n, .first = 1.0f / (1.0f - p),
                     .threshold = sesame_dropout_threshold(p), .x = x, .out = y});
}

void sesame_random_uniform(size_t n, sesame_key key, uint64_t offset, float low, float high, float *out) {
    run((random_job){.kind = UNIFORM, .key = key, .offset = offset, .n = n, .first = low, .second = high,
                     .out = out});
}

void sesame_random_normal(size_t n, sesame_key key, uint64_t offset, float mean, float deviation, float *out) {
    run((random_job){.kind = NORMAL, .key = key, .offset = offset, .n = n, .first = mean, .second = deviation,
                     .out = out});
}

void sesame_random_bits(size_t n, sesame_key key, uint64_t offset, uint32_t *out) {
    run((random_job){.kind = BITS, .key = key, .offset = offset, .n = n, .out = out});
}

#else  // The body, once for each instruction set.

/// One group of the stream: the four words of 16 neighbouring counters.
static void FN(group)(sesame_key key, uint64_t group, uint32_t out[GROUP]) {
    typedef uint64_t wide __attribute__((ext_vector_type(SESAME_WIDTH)));
    for (size_t lane = 0; lane < 16; lane += W) {
        const uint64_t counter = group * 16 + lane;  // no carry inside: counter % 16 = lane
        vu x0 = (vu)(uint32_t)counter, x1 = (vu)(uint32_t)(counter >> 32);
        for (uint32_t i = 0; i < W; i++) x0[i] += i;
        vu x2 = (vu)(uint32_t)key.stream, x3 = (vu)(uint32_t)(key.stream >> 32);
        uint32_t k0 = (uint32_t)key.seed, k1 = (uint32_t)(key.seed >> 32);
        for (int round = 0; round < 10; round++, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
            wide a = __builtin_convertvector(x0, wide) * (wide)0xD2511F53ull;
            wide b = __builtin_convertvector(x2, wide) * (wide)0xCD9E8D57ull;
            vu high_a = __builtin_convertvector(a >> 32, vu), low_a = __builtin_convertvector(a, vu);
            vu high_b = __builtin_convertvector(b >> 32, vu), low_b = __builtin_convertvector(b, vu);
            x0 = high_b ^ x1 ^ (vu)k0;
            x2 = high_a ^ x3 ^ (vu)k1;
            x1 = low_b;
            x3 = low_a;
        }
        *(vuu *)(out + lane) = x0;
        *(vuu *)(out + 16 + lane) = x1;
        *(vuu *)(out + 32 + lane) = x2;
        *(vuu *)(out + 48 + lane) = x3;
    }
}

/// Box-Muller: words 0 and 1 of a counter make one pair, words 2 and 3 the other.
static void FN(normal)(const uint32_t bits[GROUP], float mean, float deviation, float out[GROUP]) {
    for (size_t pair = 0; pair < GROUP; pair += 32) {
        for (size_t lane = 0; lane < 16; lane += W) {
            vu first = *(const vuu *)(bits + pair + lane), second = *(const vuu *)(bits + pair + 16 + lane);
            // (0, 1], so that the logarithm is finite.
            vf u = __builtin_convertvector((vi)(first >> 8) + (vi)1, vf) * vset(0x1p-24f);
            vf radius = __builtin_elementwise_sqrt(vset(-2.0f) * vlog(u)) * vset(deviation);
            // The angle in quarter turns: q whole ones and r in [-1/2, 1/2].
            vf turns = __builtin_convertvector((vi)(second >> 8), vf) * vset(0x1p-22f);
            const vf magic = vset(12582912.0f);
            vf shifted = turns + magic;
            vi quarter = (vi)shifted;
            vf r = (turns - (shifted - magic)) * vset(1.57079632679489662f);
            vf s = r * r;
            vf sine = vfma(vset(-1.9515295891e-4f), s, vset(8.3321608736e-3f));
            sine = vfma(sine, s, vset(-1.6666654611e-1f));
            sine = vfma(sine * s, r, r);
            vf cosine = vfma(vset(2.443315711809948e-5f), s, vset(-1.388731625493765e-3f));
            cosine = vfma(cosine, s, vset(4.166664568298827e-2f));
            cosine = vfma(cosine * s, s, vfma(vset(-0.5f), s, vset(1.0f)));
            vi odd = (quarter & 1) != 0;
            vf x = vselect(odd, sine, cosine), y = vselect(odd, cosine, sine);
            x = vselect(((quarter + 1) & 2) != 0, -x, x);
            y = vselect((quarter & 2) != 0, -y, y);
            vstore(out + pair + lane, vfma(radius, x, vset(mean)));
            vstore(out + pair + 16 + lane, vfma(radius, y, vset(mean)));
        }
    }
}

/// y = x · scale where the value's upper 24 bits are at least `threshold`, else 0.
static void FN(keep)(size_t n, const uint32_t *bits, uint32_t threshold, float scale, const float *x, float *y) {
    size_t i = 0;
    for (; i + W <= n; i += W) {
        vi kept = (vi)(*(const vuu *)(bits + i) >> 8) >= (vi)(int32_t)threshold;
        vstore(y + i, vselect(kept, vload(x + i) * vset(scale), vset(0)));
    }
    for (; i < n; i++) y[i] = bits[i] >> 8 >= threshold ? x[i] * scale : 0;
}

#endif
