// Compiles the including file's body once for each instruction set, by including SESAME_FILE again.
// A kernel file reads:
//
//     #ifndef SESAME_SUFFIX
//     #include "internal.h"
//     #define SESAME_FILE "this file"
//     #include "variants.h"
//     … tables and public functions …
//     #else
//     … the body, each function named FN(name) …
//     #endif
//
// SESAME_LEVEL tells a body which instructions it may use beyond the vector types of vector.h.

#define SESAME_LEVEL_PORTABLE 0
#define SESAME_LEVEL_AVX2 1
#define SESAME_LEVEL_AVX512 2
#define SESAME_LEVEL_AVX512_BF16 3
#define SESAME_LEVEL_NEON 4

#if defined(__aarch64__)

#define SESAME_SUFFIX neon
#define SESAME_WIDTH 4
#define SESAME_LEVEL SESAME_LEVEL_NEON
#include "vector.h"
#include SESAME_FILE
#undef SESAME_SUFFIX
#undef SESAME_WIDTH
#undef SESAME_LEVEL

#else

#define SESAME_SUFFIX portable
#define SESAME_WIDTH 4
#define SESAME_LEVEL SESAME_LEVEL_PORTABLE
#include "vector.h"
#include SESAME_FILE
#undef SESAME_SUFFIX
#undef SESAME_WIDTH
#undef SESAME_LEVEL

#endif

#if defined(__x86_64__)

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define SESAME_SUFFIX avx2
#define SESAME_WIDTH 8
#define SESAME_LEVEL SESAME_LEVEL_AVX2
#include "vector.h"
#include SESAME_FILE
#undef SESAME_SUFFIX
#undef SESAME_WIDTH
#undef SESAME_LEVEL
#pragma clang attribute pop

#pragma clang attribute push( \
    __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512dq"))), apply_to = function)
#define SESAME_SUFFIX avx512
#define SESAME_WIDTH 16
#define SESAME_LEVEL SESAME_LEVEL_AVX512
#include "vector.h"
#include SESAME_FILE
#undef SESAME_SUFFIX
#undef SESAME_WIDTH
#undef SESAME_LEVEL
#pragma clang attribute pop

#if defined(SESAME_WANTS_BF16)
#pragma clang attribute push( \
    __attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512dq,avx512bf16"))), \
    apply_to = function)
#define SESAME_SUFFIX avx512_bf16
#define SESAME_WIDTH 16
#define SESAME_LEVEL SESAME_LEVEL_AVX512_BF16
#include "vector.h"
#include SESAME_FILE
#undef SESAME_SUFFIX
#undef SESAME_WIDTH
#undef SESAME_LEVEL
#pragma clang attribute pop
#endif

#endif
