// Conversions between Float32 and the 16-bit formats: nearest, ties to even; NaN stays NaN.

#ifndef SESAME_SUFFIX

#include "internal.h"

enum { BLOCK = 16384 };

#define SESAME_FILE "convert.c"
#include "variants.h"

typedef void convert_body(size_t n, const void *x, void *out);

typedef struct convert_job {
    convert_body *body;
    const char *x;
    char *out;
    size_t from, to;  // bytes a value
} convert_job;

static void convert_task(void *context, size_t begin, size_t end) {
    const convert_job *job = context;
    job->body(end - begin, job->x + begin * job->from, job->out + begin * job->to);
}

static void run(convert_body *body, size_t n, const void *x, size_t from, void *out, size_t to) {
    convert_job job = {body, x, out, from, to};
    sesame_parallel_blocks(n, n < 2 * BLOCK ? 2 * BLOCK : BLOCK, convert_task, &job);
}

static convert_body *const to_bfloat16_table[] = SESAME_VARIANTS(to_bfloat16);
static convert_body *const from_bfloat16_table[] = SESAME_VARIANTS(from_bfloat16);
static convert_body *const to_float16_table[] = SESAME_VARIANTS(to_float16);
static convert_body *const from_float16_table[] = SESAME_VARIANTS(from_float16);

void sesame_float32_to_bfloat16(size_t n, const float *x, uint16_t *out) {
    run(SESAME_SELECT(to_bfloat16_table), n, x, 4, out, 2);
}
void sesame_bfloat16_to_float32(size_t n, const uint16_t *x, float *out) {
    run(SESAME_SELECT(from_bfloat16_table), n, x, 2, out, 4);
}
void sesame_float32_to_float16(size_t n, const float *x, uint16_t *out) {
    run(SESAME_SELECT(to_float16_table), n, x, 4, out, 2);
}
void sesame_float16_to_float32(size_t n, const uint16_t *x, float *out) {
    run(SESAME_SELECT(from_float16_table), n, x, 2, out, 4);
}

#else  // The body, once for each instruction set.

typedef uint16_t FN(v16) __attribute__((ext_vector_type(SESAME_WIDTH)));
typedef FN(v16) FN(v16u) __attribute__((aligned(2), may_alias));
#define v16 FN(v16)
#define v16u FN(v16u)

SESAME_INLINE v16 FN(bfloat16_bits)(vf x) {
    return __builtin_convertvector((vu)vround_bf16(x) >> 16, v16);
}

static void FN(to_bfloat16)(size_t n, const void *source, void *target) {
    const float *x = source;
    uint16_t *out = target;
    size_t i = 0;
    for (; i + W <= n; i += W) *(v16u *)(out + i) = FN(bfloat16_bits)(vload(x + i));
    if (i < n) {
        v16 tail = FN(bfloat16_bits)(vload_n(x + i, n - i));
        for (size_t j = 0; i < n; i++, j++) out[i] = tail[j];
    }
}

static void FN(from_bfloat16)(size_t n, const void *source, void *target) {
    const uint16_t *x = source;
    float *out = target;
    size_t i = 0;
    for (; i + W <= n; i += W) {
        vstore(out + i, (vf)(__builtin_convertvector(*(const v16u *)(x + i), vu) << 16));
    }
    for (; i < n; i++) {
        const uint32_t bits = (uint32_t)x[i] << 16;
        memcpy(out + i, &bits, sizeof bits);
    }
}

#if SESAME_LEVEL == SESAME_LEVEL_PORTABLE || SESAME_LEVEL == SESAME_LEVEL_NEON

/// Round by adding a constant that leaves just the kept bits (F. Giesen), for normal and subnormal results.
static uint16_t FN(half_bits)(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint16_t sign = (uint16_t)(bits >> 16 & 0x8000u);
    bits &= 0x7fffffffu;
    if (bits > 0x7f800000u) return sign | 0x7e00u | (uint16_t)(bits >> 13 & 0x3ffu);
    if (bits >= 0x47800000u) return sign | 0x7c00u;
    if (bits < 0x38800000u) {
        float magnitude;
        memcpy(&magnitude, &bits, sizeof bits);
        magnitude += 0.5f;
        memcpy(&bits, &magnitude, sizeof bits);
        return sign | (uint16_t)(bits - 0x3f000000u);
    }
    bits += 0xc8000fffu + (bits >> 13 & 1u);
    return sign | (uint16_t)(bits >> 13);
}

static float FN(half_value)(uint16_t half) {
    const uint32_t sign = (uint32_t)(half & 0x8000u) << 16, rest = half & 0x7fffu;
    uint32_t bits = rest >= 0x7c00u ? 0x7f800000u | rest << 13 | (rest > 0x7c00u ? 0x400000u : 0) : rest << 13;
    float value;
    memcpy(&value, &bits, sizeof bits);
    if (rest < 0x7c00u) value *= 0x1p112f;
    memcpy(&bits, &value, sizeof bits);
    bits |= sign;
    memcpy(&value, &bits, sizeof bits);
    return value;
}

static void FN(to_float16)(size_t n, const void *source, void *target) {
    const float *x = source;
    uint16_t *out = target;
    for (size_t i = 0; i < n; i++) out[i] = FN(half_bits)(x[i]);
}

static void FN(from_float16)(size_t n, const void *source, void *target) {
    const uint16_t *x = source;
    float *out = target;
    for (size_t i = 0; i < n; i++) out[i] = FN(half_value)(x[i]);
}

#else

static void FN(to_float16)(size_t n, const void *source, void *target) {
    const float *x = source;
    uint16_t *out = target;
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        _mm_storeu_si128((__m128i *)(out + i),
                         _mm256_cvtps_ph(_mm256_loadu_ps(x + i), _MM_FROUND_TO_NEAREST_INT));
    }
    for (; i < n; i++) out[i] = (uint16_t)_cvtss_sh(x[i], _MM_FROUND_TO_NEAREST_INT);
}

static void FN(from_float16)(size_t n, const void *source, void *target) {
    const uint16_t *x = source;
    float *out = target;
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        _mm256_storeu_ps(out + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(x + i))));
    }
    for (; i < n; i++) out[i] = _cvtsh_ss(x[i]);
}

#endif
#undef v16
#undef v16u

#endif
