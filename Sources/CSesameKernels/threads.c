// The pool: workers that spin for a moment after each job, then sleep. One job runs at a time; a call that
// finds the pool busy, or comes from inside a job, runs on its own thread.
//
// `claim` holds a job's number and how many of its indices are still unclaimed. Taking an index is one
// compare-and-swap; the job's fields are read only after a successful claim, when the job cannot end.

#if defined(__linux__)
#define _GNU_SOURCE  // sched_getaffinity
#endif

#include "internal.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

enum { MAXIMUM_WORKERS = 255, SPINS = 4000 };

static struct {
    _Alignas(64) _Atomic uint64_t claim;
    _Alignas(64) _Atomic size_t finished;
    _Alignas(64) size_t count;
    void (*body)(void *context, size_t index);
    void *context;
    int isa;  // the caller's sesame_thread_isa
    _Alignas(64) pthread_mutex_t owner;  // held by the call whose job runs
    pthread_mutex_t sleep;
    pthread_cond_t wake;
    atomic_int sleepers;
    _Atomic size_t threads;   // 0 until set or asked for
    _Atomic size_t started;   // workers that exist
    atomic_bool spinning;     // whether there is a core for each thread
} pool = {
    .owner = PTHREAD_MUTEX_INITIALIZER,
    .sleep = PTHREAD_MUTEX_INITIALIZER,
    .wake = PTHREAD_COND_INITIALIZER,
};

static _Thread_local bool inside;

static void relax(void) {
#if defined(__x86_64__)
    _mm_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static size_t core_count(void) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
#if defined(__linux__)
    // A container or taskset may leave fewer cores than the machine has.
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) cores = CPU_COUNT(&set);
#endif
    return cores > 0 ? (size_t)cores : 1;
}

/// Runs indices of the current job until none is left.
static void work(void) {
    uint64_t claim = atomic_load_explicit(&pool.claim, memory_order_acquire);
    while ((uint32_t)claim != 0) {
        if (!atomic_compare_exchange_weak_explicit(&pool.claim, &claim, claim - 1, memory_order_acq_rel,
                                                   memory_order_acquire)) {
            continue;
        }
        sesame_thread_isa = pool.isa;
        pool.body(pool.context, pool.count - (uint32_t)claim);
        atomic_fetch_add_explicit(&pool.finished, 1, memory_order_release);
        claim = atomic_load_explicit(&pool.claim, memory_order_acquire);
    }
}

static bool has_work(size_t id) {
    return (uint32_t)atomic_load(&pool.claim) != 0 && id < atomic_load(&pool.threads);
}

static void *worker(void *argument) {
    const size_t id = (size_t)argument;  // 1 is the first: the calling thread is 0
    inside = true;
    for (;;) {
        const int spins = atomic_load_explicit(&pool.spinning, memory_order_relaxed) ? SPINS : 0;
        for (int i = 0; i < spins && !has_work(id); i++) relax();
        if (!has_work(id)) {
            pthread_mutex_lock(&pool.sleep);
            atomic_fetch_add(&pool.sleepers, 1);
            while (!has_work(id)) pthread_cond_wait(&pool.wake, &pool.sleep);
            atomic_fetch_sub(&pool.sleepers, 1);
            pthread_mutex_unlock(&pool.sleep);
        }
        work();
    }
    return NULL;
}

static void apply_thread_count(size_t count) {
    const size_t cores = core_count();
    if (count == 0) count = cores;
    if (count > MAXIMUM_WORKERS + 1) count = MAXIMUM_WORKERS + 1;
    for (size_t id = atomic_load(&pool.started) + 1; id < count; id++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, worker, (void *)id) != 0) {
            count = id;
            break;
        }
        pthread_detach(thread);
        atomic_store(&pool.started, id);
    }
    atomic_store(&pool.spinning, count <= cores);
    atomic_store(&pool.threads, count);
}

void sesame_set_thread_count(size_t count) {
    if (inside) return;  // a job cannot change the pool it runs on
    pthread_mutex_lock(&pool.owner);
    apply_thread_count(count);
    pthread_mutex_unlock(&pool.owner);
}

size_t sesame_thread_count(void) {
    size_t count = atomic_load(&pool.threads);
    if (count == 0) {
        pthread_mutex_lock(&pool.owner);
        if (atomic_load(&pool.threads) == 0) apply_thread_count(0);
        count = atomic_load(&pool.threads);
        pthread_mutex_unlock(&pool.owner);
    }
    return count;
}

void sesame_parallel_for(size_t count, void (*body)(void *context, size_t index), void *context) {
    if (count <= 1 || count > UINT32_MAX || inside || sesame_thread_count() == 1 ||
        pthread_mutex_trylock(&pool.owner) != 0) {
        for (size_t i = 0; i < count; i++) body(context, i);
        return;
    }
    inside = true;
    pool.count = count;
    pool.body = body;
    pool.context = context;
    pool.isa = sesame_thread_isa;
    atomic_store_explicit(&pool.finished, 0, memory_order_relaxed);
    const uint64_t number = (atomic_load_explicit(&pool.claim, memory_order_relaxed) >> 32) + 1;
    atomic_store(&pool.claim, number << 32 | count);
    if (atomic_load(&pool.sleepers) > 0) {
        pthread_mutex_lock(&pool.sleep);
        pthread_cond_broadcast(&pool.wake);
        pthread_mutex_unlock(&pool.sleep);
    }
    work();
    for (int i = 0; atomic_load_explicit(&pool.finished, memory_order_acquire) != count; i++) {
        if (i < SPINS) relax(); else sched_yield();
    }
    inside = false;
    pthread_mutex_unlock(&pool.owner);
}

typedef struct block_job {
    size_t n, block;
    void (*body)(void *context, size_t begin, size_t end);
    void *context;
} block_job;

static void run_block(void *context, size_t index) {
    const block_job *job = context;
    const size_t begin = index * job->block;
    job->body(job->context, begin, sesame_min(begin + job->block, job->n));
}

void sesame_parallel_blocks(size_t n, size_t block, void (*body)(void *context, size_t begin, size_t end),
                            void *context) {
    block_job job = {n, block, body, context};
    sesame_parallel_for(sesame_blocks(n, block), run_block, &job);
}

// MARK: Scratch

typedef struct scratch_buffer {
    void *memory;
    size_t bytes;
} scratch_buffer;

static pthread_key_t scratch_key;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;
static _Thread_local scratch_buffer *scratch_buffers;

static void free_scratch(void *pointer) {
    scratch_buffer *buffers = pointer;
    for (int i = 0; i < SESAME_SCRATCH_SLOTS; i++) free(buffers[i].memory);
    free(buffers);
}

static void make_scratch_key(void) { pthread_key_create(&scratch_key, free_scratch); }

static void *allocate(void *memory, size_t bytes) {
    if (!memory) {
        fprintf(stderr, "sesame: out of memory: a kernel needs %zu bytes of scratch\n", bytes);
        abort();
    }
    return memory;
}

void *sesame_scratch(sesame_scratch_slot slot, size_t bytes) {
    if (!scratch_buffers) {
        pthread_once(&scratch_once, make_scratch_key);
        const size_t size = SESAME_SCRATCH_SLOTS * sizeof(scratch_buffer);
        scratch_buffers = allocate(calloc(1, size), size);
        pthread_setspecific(scratch_key, scratch_buffers);
    }
    scratch_buffer *buffer = &scratch_buffers[slot];
    if (buffer->bytes < bytes) {
        free(buffer->memory);
        // A quarter more than asked, so that slowly growing shapes do not allocate each time.
        const size_t size = sesame_round_up(bytes + bytes / 4, 4096);
        buffer->memory = allocate(aligned_alloc(64, size), size);
        buffer->bytes = size;
    }
    return buffer->memory;
}
