// Losses and their gradients. Each row's loss is computed in Double from a Float32 softmax row.

#include "internal.h"
#include "rows.h"

enum {
    BLOCK = 8192,
    LOGITS = 1 << 22,      // logits that exist at once in a projected loss, or PROJECTED_ROWS rows
    PROJECTED_ROWS = 256,  // fewer would read and write dweight too often
};

typedef struct cross_entropy_job {
    size_t classes;
    const float *logits;
    const int32_t *targets;
    const int32_t *rows;  // where each row's target, loss and prediction are; NULL for the row itself
    int32_t ignore_index;
    float smoothing, gradient_scale;
    float *losses, *dlogits;
    int32_t *predictions;
} cross_entropy_job;

static void cross_entropy_task(void *context, size_t begin, size_t end) {
    const cross_entropy_job *job = context;
    const size_t classes = job->classes;
    const double share = (double)job->smoothing / (double)classes, certain = 1.0 - (double)job->smoothing;
    const double scale = (double)job->gradient_scale;
    for (size_t i = begin; i < end; i++) {
        const size_t at = job->rows ? (size_t)job->rows[i] : i;
        const float *x = job->logits + i * classes;
        float *dx = job->dlogits ? job->dlogits + i * classes : NULL;
        const int32_t target = job->targets[at];
        if (job->predictions) job->predictions[at] = sesame_row_argmax(classes, x);
        if (target == job->ignore_index) {
            job->losses[at] = 0;
            if (dx) memset(dx, 0, classes * sizeof(float));
            continue;
        }
        const float maximum = sesame_row_maximum(classes, x);
        double expected = certain * (double)x[target];
        if (share > 0) {
            double sum = 0;
            for (size_t j = 0; j < classes; j++) sum += (double)x[j];
            expected += share * sum;
        }
        const double sum = sesame_row_exponentials(classes, x, maximum, dx);
        job->losses[at] = (float)((double)maximum + log(sum) - expected);
        if (dx) {
            sesame_row_affine(classes, dx, (float)(scale / sum), (float)(-scale * share), dx);
            dx[target] -= (float)(scale * certain);
        }
    }
}

static void cross_entropy_rows(cross_entropy_job *job, size_t rows) {
    const size_t block = rows * job->classes < BLOCK ? sesame_max(rows, 1) : sesame_max(1, BLOCK / job->classes);
    sesame_parallel_blocks(rows, block, cross_entropy_task, job);
}

void sesame_cross_entropy(size_t rows, size_t classes, const float *logits, const int32_t *targets,
                          int32_t ignore_index, float smoothing, float gradient_scale, float *losses,
                          float *dlogits) {
    if (classes == 0) return;
    cross_entropy_job job = {.classes = classes, .logits = logits, .targets = targets,
                             .ignore_index = ignore_index, .smoothing = smoothing,
                             .gradient_scale = gradient_scale, .losses = losses, .dlogits = dlogits};
    cross_entropy_rows(&job, rows);
}

// MARK: Projection and cross-entropy together

void sesame_projected_cross_entropy(sesame_precision precision, size_t rows, size_t cols, size_t classes,
                                    const float *hidden, const float *weight, const float *bias,
                                    const int32_t *targets, int32_t ignore_index, float smoothing,
                                    float gradient_scale, float *losses, float *dhidden, float *dweight,
                                    float *dbias, int32_t *predictions) {
    const bool gradients = dhidden || dweight || dbias;
    if (dhidden) memset(dhidden, 0, rows * cols * sizeof(float));
    if (rows == 0 || classes == 0) {
        if (dweight) memset(dweight, 0, classes * cols * sizeof(float));
        if (dbias) memset(dbias, 0, classes * sizeof(float));
        return;
    }
    // Rows whose target is ignored take no part in the products: in masked language modelling most of them.
    const size_t block = sesame_min(rows, sesame_max(PROJECTED_ROWS, LOGITS / classes));
    const size_t space = block * (classes + 2 * cols) + classes + rows + 64;
    float *logits = sesame_scratch(SESAME_SCRATCH_LOSS, space * sizeof(float));
    float *gathered = logits + block * classes, *dgathered = gathered + block * cols;
    float *bias_part = dgathered + block * cols;
    int32_t *kept = (int32_t *)(bias_part + classes);
    size_t count = 0;
    for (size_t i = 0; i < rows; i++) {
        if (targets[i] != ignore_index) {
            kept[count++] = (int32_t)i;
        } else {
            losses[i] = 0;
            if (predictions) predictions[i] = -1;
        }
    }
    const sesame_epilogue add_bias = {.bias = bias};
    size_t begin = 0;
    do {
        const size_t part = sesame_min(block, count - begin);
        const float *x = hidden + (count > 0 ? (size_t)kept[begin] : 0) * cols;
        float *dx = dhidden ? dhidden + (x - hidden) : NULL;
        const bool contiguous = part == 0 || (size_t)(kept[begin + part - 1] - kept[begin]) == part - 1;
        if (!contiguous) {
            sesame_embedding_gather(part, cols, hidden, kept + begin, false, gathered);
            x = gathered;
            if (dhidden) dx = dgathered;
        }
        sesame_gemm(precision, false, true, part, classes, cols, x, cols, weight, cols, false, logits, classes,
                    bias ? &add_bias : NULL);
        cross_entropy_job job = {.classes = classes, .logits = logits, .targets = targets, .rows = kept + begin,
                                 .ignore_index = ignore_index, .smoothing = smoothing,
                                 .gradient_scale = gradient_scale, .losses = losses,
                                 .dlogits = gradients ? logits : NULL, .predictions = predictions};
        cross_entropy_rows(&job, part);
        if (dhidden) {
            sesame_gemm(precision, false, false, part, cols, classes, logits, classes, weight, cols, false, dx, cols,
                        NULL);
            for (size_t i = 0; !contiguous && i < part; i++) {
                memcpy(dhidden + (size_t)kept[begin + i] * cols, dx + i * cols, cols * sizeof(float));
            }
        }
        if (dweight) {
            sesame_gemm(precision, true, false, classes, cols, part, logits, classes, x, cols, begin > 0, dweight,
                        cols, NULL);
        }
        if (dbias) {
            sesame_sum_rows(part, classes, logits, begin > 0 ? bias_part : dbias);
            if (begin > 0) sesame_add(classes, dbias, bias_part, dbias);
        }
        begin += part;
    } while (begin < count);
}

// MARK: Elementwise losses

typedef struct loss_job {
    const float *x, *t;
    float *losses, *dx;
} loss_job;

static void binary_task(void *context, size_t begin, size_t end) {
    const loss_job *job = context;
    for (size_t i = begin; i < end; i++) {
        const float x = job->x[i], t = job->t[i], e = expf(-fabsf(x));
        job->losses[i] = fmaxf(x, 0) - x * t + log1pf(e);
        if (job->dx) job->dx[i] = (x >= 0 ? 1 / (1 + e) : e / (1 + e)) - t;
    }
}

static void squared_task(void *context, size_t begin, size_t end) {
    const loss_job *job = context;
    for (size_t i = begin; i < end; i++) {
        const float d = job->x[i] - job->t[i];
        job->losses[i] = d * d;
        if (job->dx) job->dx[i] = 2 * d;
    }
}

static void absolute_task(void *context, size_t begin, size_t end) {
    const loss_job *job = context;
    for (size_t i = begin; i < end; i++) {
        const float d = job->x[i] - job->t[i];
        job->losses[i] = fabsf(d);
        if (job->dx) job->dx[i] = (float)((d > 0) - (d < 0));
    }
}

void sesame_binary_cross_entropy(size_t n, const float *x, const float *t, float *losses, float *dx) {
    loss_job job = {x, t, losses, dx};
    sesame_parallel_blocks(n, BLOCK, binary_task, &job);
}
void sesame_squared_error(size_t n, const float *x, const float *t, float *losses, float *dx) {
    loss_job job = {x, t, losses, dx};
    sesame_parallel_blocks(n, BLOCK, squared_task, &job);
}
void sesame_absolute_error(size_t n, const float *x, const float *t, float *losses, float *dx) {
    loss_job job = {x, t, losses, dx};
    sesame_parallel_blocks(n, BLOCK, absolute_task, &job);
}
