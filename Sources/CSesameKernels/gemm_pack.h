// Packing for gemm_kernels.c, which includes this once for each instruction set: panels of MR rows of A and of NR columns
// of B, k by k, padded with zeros; rounded to bfloat16 or, where the hardware multiplies pairs of them, in pairs.

/// `rounds` must be a constant: whether values are rounded to bfloat16.
SESAME_INLINE void FN(pack_a)(bool rounds, bool transpose, size_t rows, size_t depth, const float *a, size_t lda,
                              float *out) {
    for (size_t i = 0; i < rows; i += MR) {
        const size_t height = sesame_min(MR, rows - i);
        if (transpose) {
            for (size_t k = 0; k < depth; k++, out += MR) {
                const float *p = a + k * lda + i;
                vf v = MR == W && height == MR ? vload(p) : vload_n(p, height);
                vstore(out, rounds ? vround_bf16(v) : v);
            }
            continue;
        }
        const float *p = a + i * lda;
        size_t k = 0;
        vf v[SESAME_WIDTH];
        for (; k < depth; k += W) {
            const size_t width = sesame_min(W, depth - k);
            for (size_t r = 0; r < W; r++) {
                vf x = r >= height ? vset(0) : width == W ? vload(p + r * lda + k) : vload_n(p + r * lda + k, width);
                v[r] = rounds ? vround_bf16(x) : x;
            }
            vtranspose(v);
            for (size_t j = 0; j < width; j++, out += MR) vstore(out, v[j]);
        }
    }
}

SESAME_INLINE void FN(pack_b)(bool rounds, bool transpose, size_t cols, size_t depth, const float *b, size_t ldb,
                              size_t panel_stride, float *packed) {
    for (size_t j = 0; j < cols; j += NR, packed += panel_stride) {
        const size_t width = sesame_min(NR, cols - j);
        float *out = packed;
        if (!transpose) {
            for (size_t k = 0; k < depth; k++, out += NR) {
                const float *p = b + k * ldb + j;
                for (size_t q = 0; q < NV; q++) {
                    vf v = width >= (q + 1) * W ? vload(p + q * W)
                        : width > q * W         ? vload_n(p + q * W, width - q * W)
                                                : vset(0);
                    vstore(out + q * W, rounds ? vround_bf16(v) : v);
                }
            }
            continue;
        }
        for (size_t q = 0; q < NV; q++) {
            for (size_t k = 0; k < depth; k += W) {
                const size_t run = sesame_min(W, depth - k);
                vf v[SESAME_WIDTH];
                for (size_t r = 0; r < W; r++) {
                    const float *p = b + (j + q * W + r) * ldb + k;
                    vf x = q * W + r >= width ? vset(0) : run == W ? vload(p) : vload_n(p, run);
                    v[r] = rounds ? vround_bf16(x) : x;
                }
                vtranspose(v);
                for (size_t r = 0; r < run; r++) vstore(out + (k + r) * NR + q * W, v[r]);
            }
        }
    }
}

static void FN(pack_a_float)(bool transpose, size_t rows, size_t depth, const float *a, size_t lda, float *out) {
    FN(pack_a)(false, transpose, rows, depth, a, lda, out);
}
static void FN(pack_b_float)(bool transpose, size_t cols, size_t depth, const float *b, size_t ldb,
                             size_t panel_stride, float *out) {
    FN(pack_b)(false, transpose, cols, depth, b, ldb, panel_stride, out);
}

#if SESAME_LEVEL == SESAME_LEVEL_AVX512_BF16

/// Pairs of two rows: lane i is bfloat16(x[i]) | bfloat16(y[i]) << 16.
SESAME_INLINE vf FN(pair_rows)(vf x, vf y) {
    __m512i low = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)x));
    __m512i high = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)y));
    return (vf)_mm512_or_si512(low, _mm512_slli_epi32(high, 16));
}
/// Pairs along a row: lane i is bfloat16(p[2i]) | bfloat16(p[2i + 1]) << 16, for n <= 2W values.
SESAME_INLINE vf FN(pair_run)(const float *p, size_t n) {
    vf low = n >= W ? vload(p) : vload_n(p, n);
    vf high = n >= 2 * W ? vload(p + W) : n > W ? vload_n(p + W, n - W) : vset(0);
    return (vf)(__m512i)_mm512_cvtne2ps_pbh((__m512)high, (__m512)low);
}

static void FN(pack_a_rounded)(bool transpose, size_t rows, size_t depth, const float *a, size_t lda, float *out) {
    for (size_t i = 0; i < rows; i += MR) {
        const size_t height = sesame_min(MR, rows - i);
        if (transpose) {
            for (size_t k = 0; k < depth; k += 2, out += MR) {
                const float *p = a + k * lda + i;
                vf second = k + 1 < depth ? vload_n(p + lda, height) : vset(0);
                vstore(out, FN(pair_rows)(vload_n(p, height), second));
            }
            continue;
        }
        const float *p = a + i * lda;
        vf v[SESAME_WIDTH];
        for (size_t k = 0; k < depth; k += 2 * W) {
            const size_t width = sesame_min(2 * W, depth - k);
            for (size_t r = 0; r < W; r++) v[r] = r < height ? FN(pair_run)(p + r * lda + k, width) : vset(0);
            vtranspose(v);
            for (size_t j = 0; j < (width + 1) / 2; j++, out += MR) vstore(out, v[j]);
        }
    }
}

static void FN(pack_b_rounded)(bool transpose, size_t cols, size_t depth, const float *b, size_t ldb,
                               size_t panel_stride, float *packed) {
    for (size_t j = 0; j < cols; j += NR, packed += panel_stride) {
        const size_t width = sesame_min(NR, cols - j);
        for (size_t q = 0; q < NV; q++) {
            const size_t left = width > q * W ? sesame_min(W, width - q * W) : 0;
            float *out = packed + q * W;
            if (!transpose) {
                for (size_t k = 0; k < depth; k += 2, out += NR) {
                    const float *p = b + k * ldb + j + q * W;
                    vf first = left == W ? vload(p) : vload_n(p, left);
                    vf second = k + 1 == depth ? vset(0) : left == W ? vload(p + ldb) : vload_n(p + ldb, left);
                    vstore(out, FN(pair_rows)(first, second));
                }
                continue;
            }
            for (size_t k = 0; k < depth; k += 2 * W) {
                const size_t run = sesame_min(2 * W, depth - k);
                vf v[SESAME_WIDTH];
                for (size_t r = 0; r < W; r++) {
                    v[r] = r < left ? FN(pair_run)(b + (j + q * W + r) * ldb + k, run) : vset(0);
                }
                vtranspose(v);
                for (size_t r = 0; r < (run + 1) / 2; r++, out += NR) vstore(out, v[r]);
            }
        }
    }
}

#else

static void FN(pack_a_rounded)(bool transpose, size_t rows, size_t depth, const float *a, size_t lda, float *out) {
    FN(pack_a)(true, transpose, rows, depth, a, lda, out);
}
static void FN(pack_b_rounded)(bool transpose, size_t cols, size_t depth, const float *b, size_t ldb,
                               size_t panel_stride, float *out) {
    FN(pack_b)(true, transpose, cols, depth, b, ldb, panel_stride, out);
}

#endif
