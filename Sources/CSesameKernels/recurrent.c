// Recurrent layers over a whole sequence: the simple cell, the GRU in both its forms, and the LSTM.
//
// Tokens lie time-major with the longest sequence first, so that step t is the next `row_counts[t]` rows and padding
// does not exist. The product of the input and its weights, one over all tokens, is the caller's; what remains here is
// the chain of steps: the recurrent weights are packed once for all of them, and each tile of their product goes
// through the gates while it is in the first-level cache.
//
// A task runs a range of rows through all steps, so steps need no barrier. No value of a row depends on another
// row or on where a range begins, so the bits do not depend on how many ranges there are; their number follows the
// threads.
//
// Backward, the gates' values are replaced by the gradients of their sums; products with these give the
// gradients of weights and inputs, and are again the caller's, over all tokens.

#include "recurrent.h"

enum {
    DEPTH_BLOCK = 384,  // of a product in the backward pass, whose depth is all gates
    TASK_ROWS = 4,      // fewer would read the weights too often
};

// MARK: Packed weights

/// op(B), depth × cols, packed for many products.
typedef struct packed {
    const float *panels;
    size_t depth, cols, panel_stride;
} packed;

typedef struct pack_job {
    const sesame_gemm_kernels *kernels;
    sesame_precision precision;
    bool transpose;
    size_t depth, cols;
    const float *b;
    size_t ldb, panel_stride;
    float *out;
} pack_job;

static void pack_task(void *context, size_t begin, size_t end) {
    const pack_job *p = context;
    const size_t nr = p->kernels->nr, first = begin * nr, last = sesame_min(end * nr, p->cols);
    const float *b = p->transpose ? p->b + first * p->ldb : p->b + first;
    p->kernels->pack_b[p->precision](p->transpose, last - first, p->depth, b, p->ldb, p->panel_stride,
                                     p->out + begin * p->panel_stride);
}

/// Packs into *space, which then points behind it; counts only, where *space is NULL.
static packed pack(const sesame_gemm_kernels *kernels, sesame_precision precision, bool transpose, size_t depth,
                   size_t cols, const float *b, size_t ldb, float **space, size_t *floats) {
    const size_t stride = sesame_gemm_units(kernels, precision, depth) * kernels->nr;
    const size_t needed = sesame_round_up(sesame_gemm_packed_b_floats(kernels, precision, cols, depth), 16);
    *floats += needed;
    packed result = {*space, depth, cols, stride};
    if (*space) {
        pack_job job = {kernels, precision, transpose, depth, cols, b, ldb, stride, *space};
        sesame_parallel_blocks(sesame_blocks(cols, kernels->nr), 2, pack_task, &job);
        *space += needed;
    }
    return result;
}

/// C (rows × B's columns) = or += A · B.
static void multiply(const sesame_gemm_kernels *kernels, sesame_precision precision, size_t rows, const float *a,
                     size_t lda, const packed *b, bool accumulate, float *c, size_t ldc, float *packed_a) {
    if (rows == 0) return;
    for (size_t k = 0; k < b->depth; k += DEPTH_BLOCK) {
        const size_t depth = sesame_min(DEPTH_BLOCK, b->depth - k);
        kernels->pack_a[precision](false, rows, depth, a + k, lda, packed_a);
        kernels->block[precision](rows, b->cols, depth, packed_a,
                                  b->panels + sesame_gemm_units(kernels, precision, k) * kernels->nr,
                                  b->panel_stride, accumulate || k > 0, c, ldc, NULL);
    }
}

// MARK: Tasks

typedef struct recurrent_job {
    const sesame_recurrent *shape;
    const sesame_recurrent_run *runs;
    const sesame_recurrent_gradients *gradients;
    const sesame_gemm_kernels *kernels;
    const packed *weights;  // WEIGHTS a run
    size_t ranges, tokens;
} recurrent_job;

enum {
    GATE_WEIGHTS = 4,            // forward: one a gate; backward: all gates, or GRU's first two and third
    PROJECTION_WEIGHTS = 4,      // index of the projection's
    WEIGHTS = 5,
};

/// The first row of a range; ranges hold about equal numbers of tokens.
static size_t range_start(const recurrent_job *job, size_t range) {
    const sesame_recurrent *s = job->shape;
    if (range == job->ranges) return s->batch;
    const size_t wanted = job->tokens * range / job->ranges;
    size_t length = s->steps, before = 0;
    for (size_t row = 0; row < s->batch; row++) {
        while (length > 0 && s->row_counts[length - 1] <= row) length--;
        if (before >= wanted) return row;
        before += length;
    }
    return s->batch;
}

/// The rows of [first, last) that step t has, and where they lie.
typedef struct step_rows {
    size_t first;    // row of the batch
    size_t rows;     // of this step
    size_t started;  // of those, the ones that had a step before
    size_t at;       // the first one's place among the tokens
    size_t before;   // the same of the step before
} step_rows;

static step_rows rows_at(const sesame_recurrent *s, size_t t, size_t offset, bool reverse, size_t first, size_t last) {
    step_rows r = {.first = first, .at = offset + first};
    const size_t count = sesame_min(s->row_counts[t], last);
    r.rows = count > first ? count - first : 0;
    if (reverse && t + 1 < s->steps) {
        const size_t other = sesame_min(s->row_counts[t + 1], last);
        r.started = other > first ? other - first : 0;
        r.before = offset + s->row_counts[t] + first;
    } else if (!reverse && t > 0) {
        r.started = r.rows;
        r.before = offset - s->row_counts[t - 1] + first;
    }
    return r;
}

static void forward_range(const recurrent_job *job, const sesame_recurrent_run *run, const packed *weights,
                          size_t first, size_t last) {
    const sesame_recurrent *s = job->shape;
    const sesame_gemm_kernels *kernels = job->kernels;
    const size_t hidden = s->hidden, output = s->output, gates = sesame_recurrent_gate_count(s->cell), nr = kernels->nr;
    const size_t rows = last - first, deepest = sesame_max(hidden, output);
    const size_t a_floats = sesame_round_up(sesame_gemm_packed_a_floats(kernels, s->precision, rows, deepest), 16);
    float *packed_a = sesame_scratch(SESAME_SCRATCH_RECURRENT, (a_floats + rows * gates * nr) * sizeof(float));
    float *product = packed_a + a_floats;
    const bool projected = run->projection != NULL;
    const bool reset_before = s->cell == SESAME_CELL_GRU_RESET_BEFORE;
    const recurrent_cell_kernels *cell = sesame_recurrent_cell_kernels(s->cell);
    size_t offset = run->reverse ? job->tokens : 0;
    for (size_t i = 0; i < s->steps; i++) {
        const size_t t = run->reverse ? s->steps - 1 - i : i;
        if (run->reverse) offset -= s->row_counts[t];
        const step_rows r = rows_at(s, t, offset, run->reverse, first, last);
        if (!run->reverse) offset += s->row_counts[t];
        if (r.rows == 0) continue;
        float *state = run->hidden + first * output;
        float *h = run->output + r.at * output;
        recurrent_step arrays = {.gates = run->gates + r.at * gates * hidden,
                                 .cells = run->cells ? run->cells + r.at * hidden : NULL,
                                 .out = projected ? run->raw + r.at * hidden : h,
                                 .state = projected ? NULL : state,
                                 .cell = run->cell ? run->cell + first * hidden : NULL,
                                 .candidate_bias = run->candidate_bias,
                                 .cell_clip = s->cell_clip};
        recurrent_tile part = {.rows = r.rows, .product_rows = run->initial_hidden ? r.rows : r.started,
                               .hidden = hidden, .product = product};
        if (part.product_rows > 0) {
            kernels->pack_a[s->precision](false, part.product_rows, output, state, output, packed_a);
        }
        const size_t first_gates = reset_before ? 2 : gates;
        part.gate_pitch = nr;
        part.pitch = first_gates * nr;
        for (part.column = 0; part.column < hidden; part.column += nr) {
            part.width = sesame_min(nr, hidden - part.column);
            for (size_t q = 0; part.product_rows > 0 && q < first_gates; q++) {
                kernels->block[s->precision](part.product_rows, part.width, output, packed_a,
                                             weights[q].panels + part.column / nr * weights[q].panel_stride,
                                             weights[q].panel_stride, false, product + q * nr, part.pitch, NULL);
            }
            cell->forward(&part, &arrays);
        }
        if (reset_before) {
            // The candidate's product takes the whole r ∘ h, which is complete only now.
            part.pitch = nr;
            part.product_rows = r.rows;
            kernels->pack_a[s->precision](false, r.rows, hidden, arrays.cells, hidden, packed_a);
            for (part.column = 0; part.column < hidden; part.column += nr) {
                part.width = sesame_min(nr, hidden - part.column);
                kernels->block[s->precision](r.rows, part.width, hidden, packed_a,
                                             weights[2].panels + part.column / nr * weights[2].panel_stride,
                                             weights[2].panel_stride, false, product, part.pitch, NULL);
                cell->candidate_forward(&part, &arrays);
            }
        }
        if (projected) {
            multiply(kernels, s->precision, r.rows, arrays.out, hidden, &weights[PROJECTION_WEIGHTS], false, h, output,
                     packed_a);
            const float clip = s->projection_clip;
            for (size_t j = 0; clip > 0 && j < r.rows * output; j++) {
                h[j] = h[j] > clip ? clip : h[j] < -clip ? -clip : h[j];
            }
            memcpy(state, h, r.rows * output * sizeof(float));
        }
    }
}

static void backward_range(const recurrent_job *job, const sesame_recurrent_run *run,
                           const sesame_recurrent_gradients *gradients, const packed *weights, size_t first,
                           size_t last) {
    const sesame_recurrent *s = job->shape;
    const sesame_gemm_kernels *kernels = job->kernels;
    const size_t hidden = s->hidden, output = s->output, rows = last - first;
    const size_t gates = sesame_recurrent_gate_count(s->cell);
    const bool projected = run->projection != NULL, lstm = s->cell == SESAME_CELL_LSTM;
    const bool reset_before = s->cell == SESAME_CELL_GRU_RESET_BEFORE, gru = gates == 3;
    const size_t a_floats = sesame_round_up(sesame_gemm_packed_a_floats(kernels, s->precision, rows, DEPTH_BLOCK), 16);
    float *packed_a = sesame_scratch(SESAME_SCRATCH_RECURRENT, (a_floats + rows * hidden) * sizeof(float));
    float *draw = packed_a + a_floats;  // rows × hidden: of o tanh(c), or of r ∘ h
    float *dstate = gradients->dinitial_hidden + first * output;
    float *dcell = lstm ? gradients->dinitial_cell + first * hidden : NULL;
    const recurrent_cell_kernels *cell = sesame_recurrent_cell_kernels(s->cell);
    size_t offset = run->reverse ? 0 : job->tokens;
    for (size_t i = 0; i < s->steps; i++) {
        const size_t t = run->reverse ? i : s->steps - 1 - i;
        if (!run->reverse) offset -= s->row_counts[t];
        const step_rows r = rows_at(s, t, offset, run->reverse, first, last);
        if (run->reverse) offset += s->row_counts[t];
        if (r.rows == 0) continue;
        const size_t fresh = r.rows - r.started;
        // h before the step, for the weights' gradients.
        float *previous = gradients->previous + r.at * output;
        memcpy(previous, run->output + r.before * output, r.started * output * sizeof(float));
        if (run->initial_hidden) {
            memcpy(previous + r.started * output, run->initial_hidden + (first + r.started) * output,
                   fresh * output * sizeof(float));
        } else {
            memset(previous + r.started * output, 0, fresh * output * sizeof(float));
        }
        const float *dh = gradients->doutput ? gradients->doutput + r.at * output : NULL;
        if (projected) {
            float *total = gradients->dprojected + r.at * output;
            const float *h = run->output + r.at * output;
            for (size_t j = 0; j < r.rows * output; j++) {
                const float sum = (dh ? dh[j] : 0) + dstate[j];
                total[j] = s->projection_clip > 0 && fabsf(h[j]) >= s->projection_clip ? 0 : sum;
            }
            multiply(kernels, s->precision, r.rows, total, output, &weights[PROJECTION_WEIGHTS], false, draw, hidden,
                     packed_a);
        }
        recurrent_step_gradients arrays = {.hidden = hidden, .dh_is_whole = projected, .cell_clip = s->cell_clip};
        // The LSTM's c before the step lies in two places.
        for (size_t half = 0; half < 2; half++) {
            const size_t begin = half == 0 ? 0 : r.started;
            arrays.rows = half == 0 ? r.started : fresh;
            if (arrays.rows == 0) continue;
            const size_t at = r.at + begin;
            arrays.gates = run->gates + at * gates * hidden;
            arrays.cells = run->cells ? run->cells + at * hidden : NULL;
            arrays.out = run->output + at * output;
            arrays.dh = projected ? draw + begin * hidden : dh ? dh + begin * hidden : NULL;
            arrays.dstate = dstate + begin * output;
            arrays.dcell = dcell ? dcell + begin * hidden : NULL;
            if (lstm) {
                arrays.previous = half == 0 ? run->cells + r.before * hidden
                    : run->initial_cell     ? run->initial_cell + (first + begin) * hidden
                                            : NULL;
            } else {
                arrays.previous = gradients->previous + at * output;
            }
            cell->backward(&arrays);
        }
        float *sums = run->gates + r.at * gates * hidden;
        float *cells = run->cells ? run->cells + r.at * hidden : NULL;
        const size_t needed = gradients->wants_initial || reset_before ? r.rows : r.started;
        if (reset_before) {
            // The gradient of r ∘ h, then those of r and h.
            multiply(kernels, s->precision, r.rows, sums + 2 * hidden, gates * hidden, &weights[1], false, draw, hidden,
                     packed_a);
            recurrent_step_gradients reset = {.rows = r.rows, .hidden = hidden, .gates = sums, .dh = draw,
                                              .previous = gradients->previous + r.at * output, .dstate = dstate};
            cell->reset_backward(&reset);
        }
        multiply(kernels, s->precision, needed, sums, gates * hidden, &weights[0], gru, dstate, output, packed_a);
        if (s->cell == SESAME_CELL_GRU) {
            multiply(kernels, s->precision, needed, cells, hidden, &weights[1], true, dstate, output, packed_a);
        }
    }
}

static void range_task(void *context, size_t index) {
    const recurrent_job *job = context;
    const size_t run = index / job->ranges, range = index % job->ranges;
    const size_t first = range_start(job, range), last = range_start(job, range + 1);
    if (first >= last) return;
    const packed *weights = job->weights + run * WEIGHTS;
    if (job->gradients) {
        backward_range(job, &job->runs[run], &job->gradients[run], weights, first, last);
    } else {
        forward_range(job, &job->runs[run], weights, first, last);
    }
}

static void pack_run(const recurrent_job *job, const sesame_recurrent_run *run, packed *out, float **space,
                     size_t *floats) {
    const sesame_recurrent *s = job->shape;
    const sesame_gemm_kernels *kernels = job->kernels;
    const size_t hidden = s->hidden, output = s->output, gates = sesame_recurrent_gate_count(s->cell);
    if (!job->gradients) {
        for (size_t q = 0; q < gates; q++) {
            out[q] = pack(kernels, s->precision, true, output, hidden, run->weight + q * hidden * output, output,
                          space, floats);
        }
    } else if (gates == 3) {
        out[0] = pack(kernels, s->precision, false, 2 * hidden, output, run->weight, output, space, floats);
        out[1] = pack(kernels, s->precision, false, hidden, output, run->weight + 2 * hidden * output, output, space,
                      floats);
    } else {
        out[0] = pack(kernels, s->precision, false, gates * hidden, output, run->weight, output, space, floats);
    }
    if (run->projection) {
        const bool backward = job->gradients != NULL;
        out[PROJECTION_WEIGHTS] = pack(kernels, s->precision, !backward, backward ? output : hidden,
                                       backward ? hidden : output, run->projection, hidden, space, floats);
    }
}

static void run_all(recurrent_job *job, size_t count) {
    const sesame_recurrent *s = job->shape;
    job->kernels = sesame_gemm_kernels_current();
    for (size_t t = 0; t < s->steps; t++) job->tokens += s->row_counts[t];
    if (job->tokens == 0 || count == 0) return;
    float *space = NULL;
    size_t floats = 0;
    packed unused[WEIGHTS];
    for (size_t i = 0; i < count; i++) pack_run(job, &job->runs[i], unused, &space, &floats);
    const size_t table = sesame_round_up(count * WEIGHTS * sizeof(packed), 64);
    char *memory = sesame_scratch(SESAME_SCRATCH_RECURRENT_WEIGHTS, table + floats * sizeof(float));
    packed *weights = (packed *)memory;
    space = (float *)(memory + table);
    for (size_t i = 0; i < count; i++) pack_run(job, &job->runs[i], weights + i * WEIGHTS, &space, &floats);
    job->weights = weights;
    const size_t threads = sesame_thread_count();
    job->ranges = sesame_max(1, sesame_min(sesame_blocks(threads, count), s->row_counts[0] / TASK_ROWS));
    sesame_parallel_for(count * job->ranges, range_task, job);
}

void sesame_recurrent_forward(const sesame_recurrent *shape, size_t count, const sesame_recurrent_run *runs) {
    for (size_t i = 0; i < count; i++) {
        const sesame_recurrent_run *run = &runs[i];
        const size_t states = shape->batch * shape->output, cells = shape->batch * shape->hidden;
        if (run->initial_hidden) {
            memcpy(run->hidden, run->initial_hidden, states * sizeof(float));
        } else {
            memset(run->hidden, 0, states * sizeof(float));
        }
        if (run->cell && run->initial_cell) {
            memcpy(run->cell, run->initial_cell, cells * sizeof(float));
        } else if (run->cell) {
            memset(run->cell, 0, cells * sizeof(float));
        }
    }
    recurrent_job job = {.shape = shape, .runs = runs};
    run_all(&job, count);
}

void sesame_recurrent_backward(const sesame_recurrent *shape, size_t count, const sesame_recurrent_run *runs,
                               const sesame_recurrent_gradients *gradients) {
    for (size_t i = 0; i < count; i++) {
        const sesame_recurrent_gradients *g = &gradients[i];
        const size_t states = shape->batch * shape->output, cells = shape->batch * shape->hidden;
        if (g->dhidden) {
            memcpy(g->dinitial_hidden, g->dhidden, states * sizeof(float));
        } else {
            memset(g->dinitial_hidden, 0, states * sizeof(float));
        }
        if (g->dinitial_cell && g->dcell) {
            memcpy(g->dinitial_cell, g->dcell, cells * sizeof(float));
        } else if (g->dinitial_cell) {
            memset(g->dinitial_cell, 0, cells * sizeof(float));
        }
    }
    recurrent_job job = {.shape = shape, .runs = runs, .gradients = gradients};
    run_all(&job, count);
}
