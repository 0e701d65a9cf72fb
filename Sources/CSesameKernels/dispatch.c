// Which instruction set kernels use: detected once, with the operating system's support for the registers,
// and overridable by SESAME_ISA, sesame_isa_use and, for one thread's calls, sesame_isa_use_on_thread.

#include "internal.h"

static const char *const names[SESAME_ISA_COUNT] = {"portable", "avx2", "avx512", "avx512_bf16", "neon"};

#if defined(__x86_64__)
/// The register state the operating system saves (XCR0), or 0 where it cannot be asked.
static uint64_t saved_register_state(void) {
    uint32_t eax = 1, ebx = 0, ecx = 0, edx = 0;
    __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    if (!(ecx & (1u << 27))) return 0;  // OSXSAVE
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}
#endif

bool sesame_isa_available(sesame_isa isa) {
#if defined(__x86_64__)
    const uint64_t ymm_state = 0x6, zmm_state = 0xe6;
    __builtin_cpu_init();
    switch (isa) {
    case SESAME_ISA_PORTABLE: return true;
    case SESAME_ISA_AVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
            __builtin_cpu_supports("f16c") && (saved_register_state() & ymm_state) == ymm_state;
    case SESAME_ISA_AVX512:
        return sesame_isa_available(SESAME_ISA_AVX2) && __builtin_cpu_supports("avx512f") &&
            __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
            __builtin_cpu_supports("avx512dq") && (saved_register_state() & zmm_state) == zmm_state;
    case SESAME_ISA_AVX512_BF16:
        return sesame_isa_available(SESAME_ISA_AVX512) && __builtin_cpu_supports("avx512bf16");
    case SESAME_ISA_NEON: return false;
    }
    return false;
#elif defined(__aarch64__)
    return isa == SESAME_ISA_PORTABLE || isa == SESAME_ISA_NEON;
#else
    return isa == SESAME_ISA_PORTABLE;
#endif
}

static sesame_isa choose(void) {
    const char *wanted = getenv("SESAME_ISA");
    for (int isa = 0; wanted && isa < SESAME_ISA_COUNT; isa++) {
        if (strcmp(wanted, names[isa]) == 0 && sesame_isa_available((sesame_isa)isa)) {
            return (sesame_isa)isa;
        }
    }
    for (int isa = SESAME_ISA_COUNT - 1; isa > 0; isa--) {
        if (sesame_isa_available((sesame_isa)isa)) return (sesame_isa)isa;
    }
    return SESAME_ISA_PORTABLE;
}

static atomic_int current = -1;

_Thread_local int sesame_thread_isa = -1;

sesame_isa sesame_isa_current(void) {
    if (sesame_thread_isa >= 0) return (sesame_isa)sesame_thread_isa;
    int isa = atomic_load_explicit(&current, memory_order_relaxed);
    if (isa < 0) {
        int expected = -1;
        isa = (int)choose();
        if (!atomic_compare_exchange_strong(&current, &expected, isa)) isa = expected;
    }
    return (sesame_isa)isa;
}

bool sesame_isa_use(sesame_isa isa) {
    if (!sesame_isa_available(isa)) return false;
    atomic_store(&current, (int)isa);
    return true;
}

bool sesame_isa_use_on_thread(sesame_isa isa) {
    if (!sesame_isa_available(isa)) return false;
    sesame_thread_isa = (int)isa;
    return true;
}

void sesame_isa_follow_process(void) { sesame_thread_isa = -1; }

const char *sesame_isa_name(sesame_isa isa) {
    return (int)isa >= 0 && (int)isa < SESAME_ISA_COUNT ? names[isa] : "unknown";
}
