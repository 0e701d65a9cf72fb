// A vector of floats as wide as the instruction set's registers, and elementary functions on it.
// Included once for each instruction set by variants.h; the names below are macros for FN(name).
//
// Accuracy, against Double libm: vexp 2 ulp, vlog 2 ulp, vtanh 3 ulp; vphi 6 ulp for |x| < 3, and further out as
// exact as e^(-x²/2) of a rounded x² is.

#ifndef SESAME_VECTOR_NAMES
#define SESAME_VECTOR_NAMES
#define W ((size_t)SESAME_WIDTH)
#define vf FN(vf)
#define vi FN(vi)
#define vu FN(vu)
#define vd FN(vd)
#define vhalf FN(vhalf)
#define vfu FN(vfu)
#define vuu FN(vuu)
#define vload FN(vload)
#define vload_n FN(vload_n)
#define vstore FN(vstore)
#define vstore_n FN(vstore_n)
#define vset FN(vset)
#define vfma FN(vfma)
#define vselect FN(vselect)
#define vmax FN(vmax)
#define vmin FN(vmin)
#define vabs FN(vabs)
#define vcopysign FN(vcopysign)
#define vsum FN(vsum)
#define vmaximum FN(vmaximum)
#define vexp FN(vexp)
#define vlog FN(vlog)
#define vtanh FN(vtanh)
#define vsigmoid FN(vsigmoid)
#define vphi FN(vphi)
#define vround_bf16 FN(vround_bf16)
#define vtranspose FN(vtranspose)
#define vactivate FN(vactivate)
#define vactivate_slope FN(vactivate_slope)
#define vlow_double FN(vlow_double)
#define vhigh_double FN(vhigh_double)
#define vdsum FN(vdsum)
#endif

typedef float vf __attribute__((ext_vector_type(SESAME_WIDTH)));
typedef int32_t vi __attribute__((ext_vector_type(SESAME_WIDTH)));
typedef uint32_t vu __attribute__((ext_vector_type(SESAME_WIDTH)));
typedef float vhalf __attribute__((ext_vector_type(SESAME_WIDTH / 2)));
typedef double vd __attribute__((ext_vector_type(SESAME_WIDTH / 2)));
typedef vf vfu __attribute__((aligned(4), may_alias));
typedef vu vuu __attribute__((aligned(4), may_alias));

SESAME_INLINE vf vload(const float *p) { return *(const vfu *)p; }
SESAME_INLINE void vstore(float *p, vf v) { *(vfu *)p = v; }
SESAME_INLINE vf vset(float x) { return (vf)x; }

/// The first n (below W) values, and zeros.
SESAME_INLINE vf vload_n(const float *p, size_t n) {
#if SESAME_LEVEL == SESAME_LEVEL_AVX512 || SESAME_LEVEL == SESAME_LEVEL_AVX512_BF16
    return (vf)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p);
#elif SESAME_LEVEL == SESAME_LEVEL_AVX2
    __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return (vf)_mm256_maskload_ps(p, _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), lanes));
#else
    vf v = vset(0);
    if (n > 0) v.x = p[0];
    if (n > 1) v.y = p[1];
    if (n > 2) v.z = p[2];
    if (n > 3) v.w = p[3];
    return v;
#endif
}

SESAME_INLINE void vstore_n(float *p, vf v, size_t n) {
#if SESAME_LEVEL == SESAME_LEVEL_AVX512 || SESAME_LEVEL == SESAME_LEVEL_AVX512_BF16
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)v);
#elif SESAME_LEVEL == SESAME_LEVEL_AVX2
    __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    _mm256_maskstore_ps(p, _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), lanes), (__m256)v);
#else
    if (n > 0) p[0] = v.x;
    if (n > 1) p[1] = v.y;
    if (n > 2) p[2] = v.z;
    if (n > 3) p[3] = v.w;
#endif
}

/// a b + c, rounded once where the instruction set can.
SESAME_INLINE vf vfma(vf a, vf b, vf c) {
#if SESAME_LEVEL == SESAME_LEVEL_PORTABLE
    return a * b + c;
#else
    return __builtin_elementwise_fma(a, b, c);
#endif
}

SESAME_INLINE vf vselect(vi mask, vf a, vf b) { return mask ? a : b; }
/// The second operand where either is NaN, as the hardware does.
SESAME_INLINE vf vmax(vf a, vf b) { return a > b ? a : b; }
SESAME_INLINE vf vmin(vf a, vf b) { return a < b ? a : b; }
SESAME_INLINE vf vabs(vf a) { return (vf)((vu)a & (vu)0x7fffffffu); }
SESAME_INLINE vf vcopysign(vf magnitude, vf sign) {
    return (vf)(((vu)magnitude & (vu)0x7fffffffu) | ((vu)sign & (vu)0x80000000u));
}

/// The sum of all lanes, halves first.
SESAME_INLINE float vsum(vf v) {
#if SESAME_WIDTH == 16
    __auto_type a = v.lo + v.hi;
    __auto_type b = a.lo + a.hi;
#elif SESAME_WIDTH == 8
    __auto_type b = v.lo + v.hi;
#else
    __auto_type b = v;
#endif
    return (b.x + b.z) + (b.y + b.w);
}

SESAME_INLINE float vmaximum(vf v) {
#if SESAME_WIDTH == 16
    __auto_type a = v.lo > v.hi ? v.lo : v.hi;
    __auto_type b = a.lo > a.hi ? a.lo : a.hi;
#elif SESAME_WIDTH == 8
    __auto_type b = v.lo > v.hi ? v.lo : v.hi;
#else
    __auto_type b = v;
#endif
    float low = b.x > b.z ? b.x : b.z, high = b.y > b.w ? b.y : b.w;
    return low > high ? low : high;
}

SESAME_INLINE vd vlow_double(vf v) { return __builtin_convertvector(v.lo, vd); }
SESAME_INLINE vd vhigh_double(vf v) { return __builtin_convertvector(v.hi, vd); }
SESAME_INLINE double vdsum(vd v) {
    double sum = 0;
    for (size_t i = 0; i < W / 2; i++) sum += v[i];
    return sum;
}

/// e^x: 2^n · p(r), r = x - n ln 2 (Cephes' polynomial). 0 below -104, infinite above 88.73, NaN kept.
SESAME_INLINE vf vexp(vf x) {
    vf limited = x > vset(89.0f) ? vset(89.0f) : x;
    limited = limited < vset(-105.0f) ? vset(-105.0f) : limited;
    const vf magic = vset(12582912.0f);
    vf shifted = vfma(limited, vset(1.44269504088896341f), magic);
    vf n = shifted - magic;
    vf r = vfma(n, vset(-0.693359375f), limited);
    r = vfma(n, vset(2.12194440e-4f), r);
    vf p = vset(1.9875691500e-4f);
    p = vfma(p, r, vset(1.3981999507e-3f));
    p = vfma(p, r, vset(8.3334519073e-3f));
    p = vfma(p, r, vset(4.1665795894e-2f));
    p = vfma(p, r, vset(1.6666665459e-1f));
    p = vfma(p, r, vset(5.0000001201e-1f));
    p = vfma(p, r * r, r) + vset(1.0f);
#if SESAME_LEVEL == SESAME_LEVEL_AVX512 || SESAME_LEVEL == SESAME_LEVEL_AVX512_BF16
    return (vf)_mm512_scalef_ps((__m512)p, (__m512)n);
#else
    // Two factors, because 2^n alone leaves the range near both ends.
    vi exponent = (vi)shifted - (vi)magic;
    vi half = exponent >> 1;
    vf first = (vf)((half + 127) << 23), second = (vf)((exponent - half + 127) << 23);
    return p * first * second;
#endif
}

/// ln x for positive finite x (Cephes' polynomial).
SESAME_INLINE vf vlog(vf x) {
    vi bits = (vi)x;
    vi exponent = (bits - (vi)0x3f3504f3) >> 23;
    vf m = (vf)(bits - (exponent << 23)) - vset(1.0f);
    vf e = __builtin_convertvector(exponent, vf);
    vf z = m * m;
    vf p = vset(7.0376836292e-2f);
    p = vfma(p, m, vset(-1.1514610310e-1f));
    p = vfma(p, m, vset(1.1676998740e-1f));
    p = vfma(p, m, vset(-1.2420140846e-1f));
    p = vfma(p, m, vset(1.4249322787e-1f));
    p = vfma(p, m, vset(-1.6668057665e-1f));
    p = vfma(p, m, vset(2.0000714765e-1f));
    p = vfma(p, m, vset(-2.4999993993e-1f));
    p = vfma(p, m, vset(3.3333331174e-1f));
    vf y = m * z * p;
    y = vfma(e, vset(-2.12194440e-4f), y);
    y = vfma(z, vset(-0.5f), y);
    return vfma(e, vset(0.693359375f), m + y);
}

/// The standard normal distribution's Φ(x) = (1 + erf(x/√2)) / 2, and e^(-x²/2), which its density needs.
///
/// Φ(-t) = e^(-t²/2) P(s) / 2 with s = 1 / (1 + 0.36 t): P is a minimax fit on t in [0, 14], where Φ(-t) ends.
/// There is no cancellation below 0.
SESAME_INLINE vf vphi(vf x, vf *gaussian) {
    vf t = vmin(vabs(x), vset(14.0f));
    vf e = vexp(vset(-0.5f) * t * t);
    vf s = vset(1.0f) / vfma(vset(0.36f), t, vset(1.0f));
    vf p = vset(-0.05930645018815994f);
    p = vfma(p, s, vset(0.2728773057460785f));
    p = vfma(p, s, vset(-0.4337204098701477f));
    p = vfma(p, s, vset(0.19861115515232086f));
    p = vfma(p, s, vset(0.010687445290386677f));
    p = vfma(p, s, vset(0.187143936753273f));
    p = vfma(p, s, vset(0.249267578125f));
    p = vfma(p, s, vset(0.28719472885131836f));
    p = vfma(p, s, vset(0.28724467754364014f));
    vf tail = vset(0.5f) * e * (p * s);
    *gaussian = e;
    return vselect(x < vset(0.0f), tail, vset(1.0f) - tail);
}

SESAME_INLINE vf vtanh(vf x) {
    vf t = vabs(x), s = x * x;
    vf large = vset(1.0f) - vset(2.0f) / (vexp(vmin(t + t, vset(40.0f))) + vset(1.0f));
    vf p = vset(-5.70498872745e-3f);
    p = vfma(p, s, vset(2.06390887954e-2f));
    p = vfma(p, s, vset(-5.37397155531e-2f));
    p = vfma(p, s, vset(1.33314422036e-1f));
    p = vfma(p, s, vset(-3.33332819422e-1f));
    vf small = vfma(p * s, x, x);
    vf result = vselect(t > vset(0.625f), vcopysign(large, x), small);
    return vselect(x != x, x, result);
}

SESAME_INLINE vf vsigmoid(vf x) { return vset(1.0f) / (vset(1.0f) + vexp(-x)); }

/// x rounded to the nearest bfloat16, ties to even; NaN stays NaN.
SESAME_INLINE vf vround_bf16(vf x) {
    vu bits = (vu)x;
    vu rounded = (bits + (vu)0x7fffu + ((bits >> 16) & (vu)1u)) & (vu)0xffff0000u;
    return vselect(x != x, (vf)((bits | (vu)0x400000u) & (vu)0xffff0000u), (vf)rounded);
}

/// Transposes W rows of W values: log2 W rounds of interleaving the upper with the lower half.
SESAME_INLINE void vtranspose(vf rows[SESAME_WIDTH]) {
    vf next[SESAME_WIDTH];
#pragma clang loop unroll(full)
    for (int round = 1; round < SESAME_WIDTH; round *= 2) {
#pragma clang loop unroll(full)
        for (int i = 0; i < SESAME_WIDTH / 2; i++) {
            vf a = rows[i], b = rows[i + SESAME_WIDTH / 2];
#if SESAME_WIDTH == 16
            next[2 * i] = __builtin_shufflevector(
                a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            next[2 * i + 1] = __builtin_shufflevector(
                a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
#elif SESAME_WIDTH == 8
            next[2 * i] = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
            next[2 * i + 1] = __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#else
            next[2 * i] = __builtin_shufflevector(a, b, 0, 4, 1, 5);
            next[2 * i + 1] = __builtin_shufflevector(a, b, 2, 6, 3, 7);
#endif
        }
#pragma clang loop unroll(full)
        for (int i = 0; i < SESAME_WIDTH; i++) rows[i] = next[i];
    }
}

/// activation(x); `kind` should be a constant at the place of the call.
SESAME_INLINE vf vactivate(sesame_activation kind, vf x) {
    switch (kind) {
    case SESAME_GELU: {
        vf gaussian;
        return x * vphi(x, &gaussian);
    }
    case SESAME_GELU_TANH: {
        // (1 + tanh u)/2 is the sigmoid of 2u.
        vf u = x * vfma(x * x, vset(0.0713548162726f), vset(1.5957691216057308f));
        return x * vsigmoid(u);
    }
    case SESAME_RELU: return vselect(x > vset(0.0f), x, x != x ? x : vset(0.0f));
    case SESAME_TANH: return vtanh(x);
    case SESAME_SIGMOID: return vsigmoid(x);
    case SESAME_IDENTITY: break;
    }
    return x;
}

/// activation′(x).
SESAME_INLINE vf vactivate_slope(sesame_activation kind, vf x) {
    switch (kind) {
    case SESAME_GELU: {
        vf gaussian;
        vf phi = vphi(x, &gaussian);
        return vfma(x * vset(0.39894228040143268f), gaussian, phi);
    }
    case SESAME_GELU_TANH: {
        vf square = x * x;
        vf u = x * vfma(square, vset(0.0713548162726f), vset(1.5957691216057308f));
        // 1 - s as e s, which keeps its digits where s is near 1.
        vf e = vexp(-vmax(u, vset(-80.0f)));
        vf s = vset(1.0f) / (vset(1.0f) + e);
        vf du = vfma(square, vset(0.2140644488178f), vset(1.5957691216057308f));
        return vfma(x * s * (e * s), du, s);
    }
    case SESAME_RELU: return vselect(x > vset(0.0f), vset(1.0f), vset(0.0f));
    case SESAME_TANH: {
        vf t = vtanh(x);
        return vfma(-t, t, vset(1.0f));
    }
    case SESAME_SIGMOID: {
        vf s = vsigmoid(x);
        return s * (vset(1.0f) - s);
    }
    case SESAME_IDENTITY: break;
    }
    return vset(1.0f);
}
