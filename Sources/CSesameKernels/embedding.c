// Embedding rows: gathered, and gradients added back. Scatter-add is cut by columns, so each value of the table
// receives its gradients in the order of the ids whatever the thread count.

#include "internal.h"

enum { BLOCK = 16384, COLUMNS = 64 };

typedef struct embedding_job {
    size_t count, cols;
    const float *table, *dy;
    const int32_t *ids;
    bool accumulate;
    float *out;
} embedding_job;

static void gather_task(void *context, size_t begin, size_t end) {
    const embedding_job *job = context;
    const size_t cols = job->cols;
    for (size_t i = begin; i < end; i++) {
        const float *row = job->table + (size_t)job->ids[i] * cols;
        float *out = job->out + i * cols;
        if (job->accumulate) {
            for (size_t j = 0; j < cols; j++) out[j] += row[j];
        } else {
            memcpy(out, row, cols * sizeof(float));
        }
    }
}

void sesame_embedding_gather(size_t count, size_t cols, const float *table, const int32_t *ids, bool accumulate,
                             float *out) {
    if (cols == 0) return;
    embedding_job job = {.cols = cols, .table = table, .ids = ids, .accumulate = accumulate, .out = out};
    const size_t block = count * cols < 2 * BLOCK ? sesame_max(count, 1) : sesame_max(1, BLOCK / cols);
    sesame_parallel_blocks(count, block, gather_task, &job);
}

static void scatter_task(void *context, size_t begin, size_t end) {
    const embedding_job *job = context;
    for (size_t i = 0; i < job->count; i++) {
        const float *restrict dy = job->dy + i * job->cols;
        float *restrict row = job->out + (size_t)job->ids[i] * job->cols;
        for (size_t j = begin; j < end; j++) row[j] += dy[j];
    }
}

void sesame_embedding_scatter_add(size_t count, size_t cols, const int32_t *ids, const float *dy, float *dtable) {
    embedding_job job = {.count = count, .cols = cols, .ids = ids, .dy = dy, .out = dtable};
    const size_t block = count * cols < 2 * BLOCK ? sesame_max(cols, 1) : COLUMNS;
    sesame_parallel_blocks(cols, block, scatter_task, &job);
}
