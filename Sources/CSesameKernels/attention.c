// Scaled dot-product attention in blocks (Vaswani et al. 2017; Dao et al. 2022).
//
// Forward: a task takes a group of query blocks of one head. For each block of keys it computes the scores
// S = Q Kᵀ, updates each row's running maximum m and sum l, and adds P V to the output, which is scaled by exp(m_old - m)
// first. Forward saves log_sum_exp = m + ln l.
// Backward: a task takes a head. P is recomputed from log_sum_exp; with D_i = Σ dO_i O_i and M the dropout mask,
//     dV += (P M)ᵀ dO,   dP = dO Vᵀ,   dS = P (dP M - D) scale,   dQ = dS K,   dK += dSᵀ Q.
// All five products run on packed blocks through the matrix product's register tiles.
//
// In a band (Child et al. 2019) a block of queries begins at the first key that one of them sees: blocks of scores that
// lie outside the band are never computed, those on its edges are masked row by row.

#include "attention.h"

enum {
    QUERY_BLOCK = 64,
    KEY_BLOCK = SESAME_KEY_BLOCK,
    TASKS = 8,
    PARALLEL_FLOPS = 1 << 17,
};

typedef struct attention_job {
    const sesame_attention *shape;
    const sesame_gemm_kernels *gemm;
    const attention_row_kernels *rows;
    const float *query, *key, *value, *output, *saved_log_sum_exp, *doutput;
    float *out, *log_sum_exp, *dquery, *dkey, *dvalue;
    size_t groups, group_blocks;  // query groups of a head, query blocks of a group
} attention_job;

/// Hands out consecutive 64-byte aligned parts of one scratch buffer.
typedef struct arena {
    char *base;
    size_t used;
} arena;

static void *take(arena *a, size_t bytes) {
    void *part = a->base ? a->base + a->used : NULL;
    a->used += sesame_round_up(bytes, 64);
    return part;
}

/// The shape of one batch entry: its own counts, where sequences have several lengths.
static sesame_attention entry_shape(const sesame_attention *s, size_t b) {
    sesame_attention entry = *s;
    if (s->queries) entry.query_count = s->queries[b].count;
    if (s->keys) entry.key_count = s->keys[b].count;
    return entry;
}

/// Where an entry's first row begins.
static size_t entry_base(const sesame_rows *rows, size_t b, size_t time_stride, size_t batch_stride) {
    return rows ? rows[b].first * time_stride : b * batch_stride;
}

/// Keys that queries below `query_end` can see.
static size_t visible_keys(const sesame_attention *s, size_t query_end) {
    if (!s->causal) return s->key_count;
    const size_t end = query_end + s->key_count;
    return end > s->query_count ? sesame_min(end - s->query_count, s->key_count) : 0;
}

/// The first key that a query sees.
static size_t first_key(const sesame_attention *s, size_t query) {
    const size_t end = visible_keys(s, query + 1);
    return s->band > 0 && end > s->band ? end - s->band : 0;
}

/// The keys that a task packs. Blocks of keys end at multiples of KEY_BLOCK whatever the task, so that results do not
/// depend on how queries are cut into tasks; panels of nr columns begin at multiples of nr, which divides KEY_BLOCK.
typedef struct key_range {
    size_t first, end;
} key_range;

/// The first key of a panel that the queries from `query` on need.
static size_t first_panel(const sesame_attention *s, const sesame_gemm_kernels *gemm, size_t query) {
    return first_key(s, query) / gemm->nr * gemm->nr;
}

/// The end of key j's block.
static size_t block_end(size_t j, size_t end) { return sesame_min((j / KEY_BLOCK + 1) * KEY_BLOCK, end); }

/// The place of a block of rows (values, or keys for dQ) that were packed by pack_rows.
typedef struct row_block {
    const float *rows;
    size_t stride;
} row_block;

/// Packs the rows of a range as the right side of products over keys, a block after the other.
static void pack_rows(const attention_job *job, key_range range, const float *rows, size_t step, float *packed) {
    const sesame_precision p = job->shape->precision;
    const size_t D = job->shape->head_size, floats = sesame_gemm_packed_b_floats(job->gemm, p, D, KEY_BLOCK);
    for (size_t j = range.first, end; j < range.end; j = end, packed += floats) {
        end = block_end(j, range.end);
        job->gemm->pack_b[p](false, D, end - j, rows + j * step, step,
                             sesame_gemm_units(job->gemm, p, end - j) * job->gemm->nr, packed);
    }
}

/// The packed rows from key j on, which is a multiple of nr away from its block's beginning.
static row_block packed_rows(const attention_job *job, key_range range, const float *packed, size_t j) {
    const sesame_precision p = job->shape->precision;
    const size_t floats = sesame_gemm_packed_b_floats(job->gemm, p, job->shape->head_size, KEY_BLOCK);
    const size_t begin = sesame_max(j / KEY_BLOCK * KEY_BLOCK, range.first), end = block_end(j, range.end);
    const size_t slot = j / KEY_BLOCK - range.first / KEY_BLOCK, nr = job->gemm->nr;
    return (row_block){packed + slot * floats + sesame_gemm_units(job->gemm, p, j - begin) * nr,
                       sesame_gemm_units(job->gemm, p, end - begin) * nr};
}

/// The key mask of one batch entry as values to add to the scores.
static const float *additive_mask(const sesame_attention *s, size_t b, float *out) {
    if (!s->key_mask) return NULL;
    for (size_t j = 0; j < s->key_count; j++) out[j] = s->key_mask[b * s->key_count + j] ? 0.0f : -INFINITY;
    return out;
}

static void set_visible(const sesame_attention *s, size_t query, size_t rows, size_t key, size_t keys,
                        size_t *hidden, size_t *visible) {
    for (size_t i = 0; i < rows; i++) {
        const size_t first = first_key(s, query + i), end = visible_keys(s, query + i + 1);
        visible[i] = end > key ? sesame_min(end - key, keys) : 0;
        hidden[i] = first > key ? first - key : 0;
        if (hidden[i] >= visible[i]) hidden[i] = visible[i] = 0;
    }
}

static void set_dropout(const sesame_attention *s, score_block *block) {
    block->key = s->key;
    block->threshold = sesame_dropout_threshold(s->dropout);
    block->dropout_scale = s->dropout > 0 ? 1.0f / (1.0f - s->dropout) : 0.0f;
    block->row_offset = s->key_count;
}

// MARK: Forward

typedef struct forward_scratch {
    float *keys, *values, *queries, *weights, *scores, *mask;
    size_t *hidden, *visible;
    float *maximum, *sum, *factor;
} forward_scratch;

static void lay_out_forward(const attention_job *job, arena *a, forward_scratch *x) {
    const sesame_attention *s = job->shape;
    const sesame_precision p = s->precision;
    const size_t blocks = sesame_blocks(s->key_count, KEY_BLOCK);
    x->keys = take(a, 4 * sesame_gemm_packed_b_floats(job->gemm, p, s->key_count, s->head_size));
    x->values = take(a, 4 * blocks * sesame_gemm_packed_b_floats(job->gemm, p, s->head_size, KEY_BLOCK));
    x->queries = take(a, 4 * sesame_gemm_packed_a_floats(job->gemm, p, QUERY_BLOCK, s->head_size));
    x->weights = take(a, 4 * sesame_gemm_packed_a_floats(job->gemm, p, QUERY_BLOCK, KEY_BLOCK));
    x->scores = take(a, 4 * QUERY_BLOCK * KEY_BLOCK);
    x->mask = take(a, s->key_mask ? 4 * s->key_count : 0);
    x->hidden = take(a, QUERY_BLOCK * sizeof(size_t));
    x->visible = take(a, QUERY_BLOCK * sizeof(size_t));
    x->maximum = take(a, 4 * QUERY_BLOCK);
    x->sum = take(a, 4 * QUERY_BLOCK);
    x->factor = take(a, 4 * QUERY_BLOCK);
}

static void forward_task(void *context, size_t index) {
    const attention_job *job = context;
    const sesame_attention *whole = job->shape;
    const sesame_gemm_kernels *gemm = job->gemm;
    const sesame_precision p = whole->precision;
    const size_t D = whole->head_size;
    const size_t head = index / job->groups, b = head / whole->heads, h = head % whole->heads;
    const sesame_attention entry = entry_shape(whole, b), *s = &entry;
    const size_t first = index % job->groups * job->group_blocks * QUERY_BLOCK;
    if (first >= s->query_count) return;
    const size_t last = sesame_min(first + job->group_blocks * QUERY_BLOCK, s->query_count);
    const key_range keys = {first_panel(s, gemm, first), visible_keys(s, last)};
    const float *query = job->query + entry_base(s->queries, b, s->query_time_stride, s->query_batch_stride) + h * D;
    const float *key = job->key + entry_base(s->keys, b, s->key_time_stride, s->key_batch_stride) + h * D;
    const float *value = job->value + entry_base(s->keys, b, s->value_time_stride, s->value_batch_stride) + h * D;
    float *out = job->out + entry_base(s->queries, b, s->output_time_stride, s->output_batch_stride) + h * D;

    arena sizes = {0};
    forward_scratch x;
    lay_out_forward(job, &sizes, &x);
    arena space = {sesame_scratch(SESAME_SCRATCH_ATTENTION, sizes.used), 0};
    lay_out_forward(job, &space, &x);

    const size_t key_stride = sesame_gemm_units(gemm, p, D) * gemm->nr;
    if (keys.end > keys.first) {
        gemm->pack_b[p](true, keys.end - keys.first, D, key + keys.first * s->key_time_stride, s->key_time_stride,
                        key_stride, x.keys);
    }
    pack_rows(job, keys, value, s->value_time_stride, x.values);
    const float *mask = additive_mask(s, b, x.mask);
    score_block block = {.scores = x.scores, .hidden = x.hidden, .visible = x.visible, .scale = s->scale,
                         .maximum = x.maximum, .sum = x.sum, .factor = x.factor};
    set_dropout(whole, &block);

    for (size_t i = first; i < last; i += QUERY_BLOCK) {
        const size_t rows = sesame_min(QUERY_BLOCK, last - i);
        const size_t begin = first_panel(s, gemm, i), end = visible_keys(s, i + rows);
        float *o = out + i * s->output_time_stride;
        gemm->pack_a[p](false, rows, D, query + i * s->query_time_stride, s->query_time_stride, x.queries);
        for (size_t r = 0; r < rows; r++) x.maximum[r] = -INFINITY, x.sum[r] = 0;
        for (size_t j = begin, next; j < end; j = next) {
            next = block_end(j, end);
            const size_t cols = next - j;
            gemm->block[p](rows, cols, D, x.queries, x.keys + (j - keys.first) / gemm->nr * key_stride, key_stride,
                           false, x.scores, KEY_BLOCK, NULL);
            set_visible(s, i, rows, j, cols, x.hidden, x.visible);
            block.rows = rows, block.cols = cols, block.mask = mask ? mask + j : NULL;
            block.offset = ((uint64_t)head * whole->query_count + i) * whole->key_count + j;
            job->rows->softmax(&block);
            for (size_t r = 0; j > begin && r < rows; r++) {
                if (x.factor[r] != 1) job->rows->scale(D, x.factor[r], o + r * s->output_time_stride);
            }
            gemm->pack_a[p](false, rows, cols, x.scores, KEY_BLOCK, x.weights);
            const row_block values = packed_rows(job, keys, x.values, j);
            gemm->block[p](rows, D, cols, x.weights, values.rows, values.stride, j > begin, o,
                           s->output_time_stride, NULL);
        }
        for (size_t r = 0; r < rows; r++) {
            float *row = o + r * s->output_time_stride;
            if (end == 0) memset(row, 0, D * sizeof(float));
            if (x.sum[r] > 0) job->rows->scale(D, 1.0f / x.sum[r], row);
            if (job->log_sum_exp) {
                job->log_sum_exp[head * whole->query_count + i + r] =
                    x.sum[r] > 0 ? x.maximum[r] + logf(x.sum[r]) : -INFINITY;
            }
        }
    }
}

static double head_flops(const sesame_attention *s) {
    return 4.0 * (double)s->query_count * (double)s->key_count * (double)s->head_size;
}

static void run(attention_job *job, void (*task)(void *, size_t)) {
    const sesame_attention *s = job->shape;
    const size_t count = s->batch * s->heads * job->groups;
    if (head_flops(s) * (double)(s->batch * s->heads) < PARALLEL_FLOPS) {
        for (size_t i = 0; i < count; i++) task(job, i);
    } else {
        sesame_parallel_for(count, task, job);
    }
}

void sesame_attention_forward(const sesame_attention *shape, const float *query, const float *key,
                              const float *value, float *output, float *log_sum_exp) {
    const size_t heads = shape->batch * shape->heads;
    if (heads == 0 || shape->query_count == 0 || shape->head_size == 0) return;
    // Each group packs its head's keys and values again, so few heads are cut into no more groups than needed.
    const size_t blocks = sesame_blocks(shape->query_count, QUERY_BLOCK);
    const size_t groups = sesame_min(blocks, sesame_blocks(TASKS, heads));
    attention_job job = {.shape = shape, .gemm = sesame_gemm_kernels_current(), .rows = sesame_attention_row_kernels(),
                         .query = query, .key = key, .value = value, .out = output, .log_sum_exp = log_sum_exp,
                         .group_blocks = sesame_blocks(blocks, groups)};
    job.groups = sesame_blocks(blocks, job.group_blocks);
    run(&job, forward_task);
}

// MARK: Backward

typedef struct backward_scratch {
    float *keys, *values, *plain_keys;  // Kᵀ and Vᵀ for the scores, K for dQ
    float *queries, *doutputs;          // of the query block, for the scores and dP
    float *query_columns, *doutput_columns;  // the same for dK and dV
    float *transposed;                  // Pᵀ or dSᵀ of a block
    float *plain;                       // dS of a block
    float *scores, *gradients, *mask, *delta, *log_sum_exp;
    size_t *hidden, *visible;
} backward_scratch;

static void lay_out_backward(const attention_job *job, arena *a, backward_scratch *x) {
    const sesame_attention *s = job->shape;
    const sesame_gemm_kernels *gemm = job->gemm;
    const sesame_precision p = s->precision;
    const size_t blocks = sesame_blocks(s->key_count, KEY_BLOCK), D = s->head_size;
    x->keys = take(a, 4 * sesame_gemm_packed_b_floats(gemm, p, s->key_count, D));
    x->values = take(a, 4 * sesame_gemm_packed_b_floats(gemm, p, s->key_count, D));
    x->plain_keys = take(a, 4 * blocks * sesame_gemm_packed_b_floats(gemm, p, D, KEY_BLOCK));
    x->queries = take(a, 4 * sesame_gemm_packed_a_floats(gemm, p, QUERY_BLOCK, D));
    x->doutputs = take(a, 4 * sesame_gemm_packed_a_floats(gemm, p, QUERY_BLOCK, D));
    x->query_columns = take(a, 4 * sesame_gemm_packed_b_floats(gemm, p, D, QUERY_BLOCK));
    x->doutput_columns = take(a, 4 * sesame_gemm_packed_b_floats(gemm, p, D, QUERY_BLOCK));
    x->transposed = take(a, 4 * sesame_gemm_packed_a_floats(gemm, p, KEY_BLOCK, QUERY_BLOCK));
    x->plain = take(a, 4 * sesame_gemm_packed_a_floats(gemm, p, QUERY_BLOCK, KEY_BLOCK));
    x->scores = take(a, 4 * QUERY_BLOCK * KEY_BLOCK);
    x->gradients = take(a, 4 * QUERY_BLOCK * KEY_BLOCK);
    x->mask = take(a, s->key_mask ? 4 * s->key_count : 0);
    x->delta = take(a, 4 * QUERY_BLOCK);
    x->hidden = take(a, QUERY_BLOCK * sizeof(size_t));
    x->visible = take(a, QUERY_BLOCK * sizeof(size_t));
}

static void backward_task(void *context, size_t head) {
    const attention_job *job = context;
    const sesame_attention *whole = job->shape;
    const sesame_gemm_kernels *gemm = job->gemm;
    const sesame_precision p = whole->precision;
    const size_t D = whole->head_size, b = head / whole->heads, h = head % whole->heads;
    const sesame_attention entry = entry_shape(whole, b), *s = &entry;
    const size_t query_step = s->query_time_stride, key_step = s->key_time_stride;
    const size_t value_step = s->value_time_stride, output_step = s->output_time_stride;
    const size_t query_base = entry_base(s->queries, b, query_step, s->query_batch_stride) + h * D;
    const size_t key_base = entry_base(s->keys, b, key_step, s->key_batch_stride) + h * D;
    const size_t value_base = entry_base(s->keys, b, value_step, s->value_batch_stride) + h * D;
    const size_t output_base = entry_base(s->queries, b, output_step, s->output_batch_stride) + h * D;
    const key_range keys = {first_panel(s, gemm, 0), visible_keys(s, s->query_count)};
    float *dkey = job->dkey + key_base, *dvalue = job->dvalue + value_base;
    for (size_t j = 0; j < s->key_count; j++) {
        memset(dkey + j * key_step, 0, D * sizeof(float));
        memset(dvalue + j * value_step, 0, D * sizeof(float));
    }

    arena sizes = {0};
    backward_scratch x;
    lay_out_backward(job, &sizes, &x);
    arena space = {sesame_scratch(SESAME_SCRATCH_ATTENTION, sizes.used), 0};
    lay_out_backward(job, &space, &x);

    const size_t stride = sesame_gemm_units(gemm, p, D) * gemm->nr;
    if (keys.end > keys.first) {
        const size_t count = keys.end - keys.first;
        gemm->pack_b[p](true, count, D, job->key + key_base + keys.first * key_step, key_step, stride, x.keys);
        gemm->pack_b[p](true, count, D, job->value + value_base + keys.first * value_step, value_step, stride,
                        x.values);
    }
    pack_rows(job, keys, job->key + key_base, key_step, x.plain_keys);
    const float *mask = additive_mask(s, b, x.mask);
    score_block block = {.scores = x.scores, .gradients = x.gradients, .hidden = x.hidden, .visible = x.visible,
                         .scale = s->scale, .delta = x.delta};
    set_dropout(whole, &block);

    for (size_t i = 0; i < s->query_count; i += QUERY_BLOCK) {
        const size_t rows = sesame_min(QUERY_BLOCK, s->query_count - i);
        const size_t begin = first_panel(s, gemm, i), end = visible_keys(s, i + rows);
        const float *query = job->query + query_base + i * query_step;
        const float *doutput = job->doutput + output_base + i * output_step;
        const float *output = job->output + output_base + i * output_step;
        float *dquery = job->dquery + query_base + i * query_step;
        for (size_t r = 0; r < rows; r++) {
            x.delta[r] = job->rows->dot(D, doutput + r * output_step, output + r * output_step);
            if (end == 0) memset(dquery + r * query_step, 0, D * sizeof(float));
        }
        block.log_sum_exp = job->saved_log_sum_exp + head * whole->query_count + i;
        const size_t column_stride = sesame_gemm_units(gemm, p, rows) * gemm->nr;
        gemm->pack_a[p](false, rows, D, query, query_step, x.queries);
        gemm->pack_a[p](false, rows, D, doutput, output_step, x.doutputs);
        gemm->pack_b[p](false, D, rows, query, query_step, column_stride, x.query_columns);
        gemm->pack_b[p](false, D, rows, doutput, output_step, column_stride, x.doutput_columns);
        for (size_t j = begin, next; j < end; j = next) {
            next = block_end(j, end);
            const size_t cols = next - j, panel = (j - keys.first) / gemm->nr * stride;
            gemm->block[p](rows, cols, D, x.queries, x.keys + panel, stride, false, x.scores, KEY_BLOCK, NULL);
            gemm->block[p](rows, cols, D, x.doutputs, x.values + panel, stride, false, x.gradients, KEY_BLOCK,
                           NULL);
            set_visible(s, i, rows, j, cols, x.hidden, x.visible);
            block.rows = rows, block.cols = cols, block.mask = mask ? mask + j : NULL;
            block.offset = ((uint64_t)head * whole->query_count + i) * whole->key_count + j;
            job->rows->gradient(&block);
            gemm->pack_a[p](true, cols, rows, x.gradients, KEY_BLOCK, x.transposed);
            gemm->block[p](cols, D, rows, x.transposed, x.doutput_columns, column_stride, true,
                           dvalue + j * value_step, value_step, NULL);
            gemm->pack_a[p](true, cols, rows, x.scores, KEY_BLOCK, x.transposed);
            gemm->block[p](cols, D, rows, x.transposed, x.query_columns, column_stride, true,
                           dkey + j * key_step, key_step, NULL);
            gemm->pack_a[p](false, rows, cols, x.scores, KEY_BLOCK, x.plain);
            const row_block plain = packed_rows(job, keys, x.plain_keys, j);
            gemm->block[p](rows, D, cols, x.plain, plain.rows, plain.stride, j > begin, dquery, query_step, NULL);
        }
    }
}

void sesame_attention_backward(const sesame_attention *shape, const float *query, const float *key,
                               const float *value, const float *output, const float *log_sum_exp,
                               const float *doutput, float *dquery, float *dkey, float *dvalue) {
    if (shape->head_size == 0) return;
    attention_job job = {.shape = shape, .gemm = sesame_gemm_kernels_current(), .rows = sesame_attention_row_kernels(),
                         .query = query, .key = key, .value = value, .output = output,
                         .saved_log_sum_exp = log_sum_exp, .doutput = doutput, .dquery = dquery, .dkey = dkey,
                         .dvalue = dvalue, .groups = 1};
    run(&job, backward_task);
}

// MARK: Weights

static void weights_task(void *context, size_t head) {
    const attention_job *job = context;
    const sesame_attention *whole = job->shape;
    const size_t D = whole->head_size, b = head / whole->heads, h = head % whole->heads;
    const sesame_attention entry = entry_shape(whole, b), *s = &entry;
    const float *query = job->query + entry_base(s->queries, b, s->query_time_stride, s->query_batch_stride) + h * D;
    const float *key = job->key + entry_base(s->keys, b, s->key_time_stride, s->key_batch_stride) + h * D;
    float *row = job->out + head * whole->query_count * whole->key_count;
    memset(row, 0, whole->query_count * whole->key_count * sizeof(float));
    for (size_t i = 0; i < s->query_count; i++, row += whole->key_count) {
        const size_t begin = first_key(s, i), end = visible_keys(s, i + 1);
        float maximum = -INFINITY, sum = 0;
        for (size_t j = begin; j < end; j++) {
            const bool hidden = s->key_mask && !s->key_mask[b * s->key_count + j];
            const float *k = key + j * s->key_time_stride;
            row[j] = hidden ? -INFINITY : s->scale * job->rows->dot(D, query + i * s->query_time_stride, k);
            maximum = fmaxf(maximum, row[j]);
        }
        for (size_t j = begin; j < end; j++) sum += row[j] = maximum == -INFINITY ? 0 : expf(row[j] - maximum);
        for (size_t j = begin; j < end && sum > 0; j++) row[j] /= sum;
    }
}

void sesame_attention_weights(const sesame_attention *shape, const float *query, const float *key, float *weights) {
    if (shape->head_size == 0) return;
    attention_job job = {.shape = shape, .rows = sesame_attention_row_kernels(), .query = query, .key = key,
                         .out = weights, .groups = 1};
    run(&job, weights_task);
}
