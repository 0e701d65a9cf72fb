// One step of the recurrent cells, forward and backward: the simple cell, the GRU in both its forms, and the LSTM.
//
// Forward, a tile of the product of states and weights goes through the gates; backward, the gates' values become the
// gradients of their sums. What calls them stands in recurrent.c.

#ifndef SESAME_SUFFIX

#include "recurrent.h"

#define SESAME_FILE "recurrent_cells.c"
#include "variants.h"

static const recurrent_cell_kernels *const cell_table[] = SESAME_VARIANTS(cells);

const recurrent_cell_kernels *sesame_recurrent_cell_kernels(sesame_cell cell) {
    return &SESAME_SELECT(cell_table)[cell];
}

#else  // The body, once for each instruction set.

#undef LOAD
#undef STORE
// n is how many values are left; a vector or what remains of one.
#define LOAD(p) (n >= W ? vload(p) : vload_n(p, n))
#define STORE(p, v)                                          \
    do {                                                     \
        if (n >= W) vstore(p, v); else vstore_n(p, v, n);    \
    } while (0)

/// The sum of a gate: the input's part, and the state's where the row has one.
SESAME_INLINE vf FN(gate_sum)(const recurrent_tile *t, size_t row, size_t gate, size_t j, const float *gates,
                              size_t n) {
    vf x = LOAD(gates + gate * t->hidden + t->column + j);
    if (row < t->product_rows) {
        // The panel is as wide as a tile, and its product wide enough for whole vectors but for the last.
        x += LOAD(t->product + row * t->pitch + gate * t->gate_pitch + j);
    }
    return x;
}

SESAME_INLINE void FN(simple_forward)(sesame_activation kind, const recurrent_tile *t, const recurrent_step *a) {
    for (size_t row = 0; row < t->rows; row++) {
        float *gates = a->gates + row * t->hidden;
        for (size_t j = 0; j < t->width; j += W) {
            const size_t n = t->width - j, at = row * t->hidden + t->column + j;
            vf h = vactivate(kind, FN(gate_sum)(t, row, 0, j, gates, n));
            STORE(a->out + at, h);
            STORE(a->state + at, h);
        }
    }
}
static void FN(tanh_forward)(const recurrent_tile *t, const recurrent_step *a) {
    FN(simple_forward)(SESAME_TANH, t, a);
}
static void FN(relu_forward)(const recurrent_tile *t, const recurrent_step *a) {
    FN(simple_forward)(SESAME_RELU, t, a);
}

static void FN(gru_forward)(const recurrent_tile *t, const recurrent_step *a) {
    for (size_t row = 0; row < t->rows; row++) {
        float *gates = a->gates + row * 3 * t->hidden;
        for (size_t j = 0; j < t->width; j += W) {
            const size_t n = t->width - j, at = row * t->hidden + t->column + j;
            vf r = vsigmoid(FN(gate_sum)(t, row, 0, j, gates, n));
            vf z = vsigmoid(FN(gate_sum)(t, row, 1, j, gates, n));
            vf part = LOAD(a->candidate_bias + t->column + j);
            if (row < t->product_rows) part += LOAD(t->product + row * t->pitch + 2 * t->gate_pitch + j);
            vf candidate = vtanh(vfma(r, part, LOAD(gates + 2 * t->hidden + t->column + j)));
            vf h = vfma(z, LOAD(a->state + at) - candidate, candidate);
            STORE(gates + t->column + j, r);
            STORE(gates + t->hidden + t->column + j, z);
            STORE(gates + 2 * t->hidden + t->column + j, candidate);
            STORE(a->cells + at, part);
            STORE(a->out + at, h);
            STORE(a->state + at, h);
        }
    }
}

/// The first half of a step where the reset comes first: r, z and r ∘ h.
static void FN(reset_forward)(const recurrent_tile *t, const recurrent_step *a) {
    for (size_t row = 0; row < t->rows; row++) {
        float *gates = a->gates + row * 3 * t->hidden;
        for (size_t j = 0; j < t->width; j += W) {
            const size_t n = t->width - j, at = row * t->hidden + t->column + j;
            vf r = vsigmoid(FN(gate_sum)(t, row, 0, j, gates, n));
            vf z = vsigmoid(FN(gate_sum)(t, row, 1, j, gates, n));
            STORE(gates + t->column + j, r);
            STORE(gates + t->hidden + t->column + j, z);
            STORE(a->cells + at, r * LOAD(a->state + at));
        }
    }
}

/// The second half; the product is the candidate's alone.
static void FN(candidate_forward)(const recurrent_tile *t, const recurrent_step *a) {
    for (size_t row = 0; row < t->rows; row++) {
        float *gates = a->gates + row * 3 * t->hidden;
        for (size_t j = 0; j < t->width; j += W) {
            const size_t n = t->width - j, at = row * t->hidden + t->column + j;
            float *place = gates + 2 * t->hidden + t->column + j;
            vf candidate = vtanh(LOAD(place) + LOAD(t->product + row * t->pitch + j));
            vf z = LOAD(gates + t->hidden + t->column + j);
            vf h = vfma(z, LOAD(a->state + at) - candidate, candidate);
            STORE(place, candidate);
            STORE(a->out + at, h);
            STORE(a->state + at, h);
        }
    }
}

static void FN(lstm_forward)(const recurrent_tile *t, const recurrent_step *a) {
    const vf clip = vset(a->cell_clip);
    for (size_t row = 0; row < t->rows; row++) {
        float *gates = a->gates + row * 4 * t->hidden;
        for (size_t j = 0; j < t->width; j += W) {
            const size_t n = t->width - j, at = row * t->hidden + t->column + j;
            vf i = vsigmoid(FN(gate_sum)(t, row, 0, j, gates, n));
            vf f = vsigmoid(FN(gate_sum)(t, row, 1, j, gates, n));
            vf g = vtanh(FN(gate_sum)(t, row, 2, j, gates, n));
            vf o = vsigmoid(FN(gate_sum)(t, row, 3, j, gates, n));
            vf c = vfma(f, LOAD(a->cell + at), i * g);
            if (a->cell_clip > 0) c = vmax(vmin(c, clip), -clip);
            vf h = o * vtanh(c);
            STORE(gates + t->column + j, i);
            STORE(gates + t->hidden + t->column + j, f);
            STORE(gates + 2 * t->hidden + t->column + j, g);
            STORE(gates + 3 * t->hidden + t->column + j, o);
            STORE(a->cell + at, c);
            STORE(a->cells + at, c);
            STORE(a->out + at, h);
            if (a->state) STORE(a->state + at, h);
        }
    }
}

// MARK: Backward

SESAME_INLINE void FN(simple_backward)(bool relu, const recurrent_step_gradients *a) {
    const size_t count = a->rows * a->hidden;
    for (size_t j = 0; j < count; j += W) {
        const size_t n = count - j;
        vf dh = LOAD(a->dstate + j), h = LOAD(a->out + j);
        if (a->dh) dh += LOAD(a->dh + j);
        STORE(a->gates + j, relu ? vselect(h > vset(0), dh, vset(0)) : dh * vfma(-h, h, vset(1)));
    }
}
static void FN(tanh_backward)(const recurrent_step_gradients *a) { FN(simple_backward)(false, a); }
static void FN(relu_backward)(const recurrent_step_gradients *a) { FN(simple_backward)(true, a); }

static void FN(gru_backward)(const recurrent_step_gradients *a) {
    const size_t hidden = a->hidden;
    const vf one = vset(1);
    for (size_t row = 0; row < a->rows; row++) {
        float *gates = a->gates + row * 3 * hidden;
        for (size_t j = 0; j < hidden; j += W) {
            const size_t n = hidden - j, at = row * hidden + j;
            vf dh = LOAD(a->dstate + at);
            if (a->dh) dh += LOAD(a->dh + at);
            vf r = LOAD(gates + j), z = LOAD(gates + hidden + j), candidate = LOAD(gates + 2 * hidden + j);
            vf dcandidate = dh * (one - z) * vfma(-candidate, candidate, one);
            STORE(gates + j, dcandidate * LOAD(a->cells + at) * r * (one - r));
            STORE(gates + hidden + j, dh * (LOAD(a->previous + at) - candidate) * z * (one - z));
            STORE(gates + 2 * hidden + j, dcandidate);
            STORE(a->cells + at, dcandidate * r);
            STORE(a->dstate + at, dh * z);
        }
    }
}

/// The gradients of z and the candidate; r's value stays for the second half.
static void FN(candidate_backward)(const recurrent_step_gradients *a) {
    const size_t hidden = a->hidden;
    const vf one = vset(1);
    for (size_t row = 0; row < a->rows; row++) {
        float *gates = a->gates + row * 3 * hidden;
        for (size_t j = 0; j < hidden; j += W) {
            const size_t n = hidden - j, at = row * hidden + j;
            vf dh = LOAD(a->dstate + at);
            if (a->dh) dh += LOAD(a->dh + at);
            vf z = LOAD(gates + hidden + j), candidate = LOAD(gates + 2 * hidden + j);
            STORE(gates + hidden + j, dh * (LOAD(a->previous + at) - candidate) * z * (one - z));
            STORE(gates + 2 * hidden + j, dh * (one - z) * vfma(-candidate, candidate, one));
            STORE(a->dstate + at, dh * z);
        }
    }
}

/// dh is the gradient of r ∘ h.
static void FN(reset_backward)(const recurrent_step_gradients *a) {
    const size_t hidden = a->hidden;
    for (size_t row = 0; row < a->rows; row++) {
        float *gates = a->gates + row * 3 * hidden;
        for (size_t j = 0; j < hidden; j += W) {
            const size_t n = hidden - j, at = row * hidden + j;
            vf r = LOAD(gates + j), dproduct = LOAD(a->dh + at);
            STORE(gates + j, dproduct * LOAD(a->previous + at) * r * (vset(1) - r));
            STORE(a->dstate + at, vfma(dproduct, r, LOAD(a->dstate + at)));
        }
    }
}

static void FN(lstm_backward)(const recurrent_step_gradients *a) {
    const size_t hidden = a->hidden;
    const vf one = vset(1), clip = vset(a->cell_clip);
    for (size_t row = 0; row < a->rows; row++) {
        float *gates = a->gates + row * 4 * hidden;
        for (size_t j = 0; j < hidden; j += W) {
            const size_t n = hidden - j, at = row * hidden + j;
            vf dh = a->dh ? LOAD(a->dh + at) : vset(0);
            if (!a->dh_is_whole) dh += LOAD(a->dstate + at);
            vf i = LOAD(gates + j), f = LOAD(gates + hidden + j);
            vf g = LOAD(gates + 2 * hidden + j), o = LOAD(gates + 3 * hidden + j);
            vf c = LOAD(a->cells + at), tanh_c = vtanh(c);
            vf dc = vfma(dh * o, vfma(-tanh_c, tanh_c, one), LOAD(a->dcell + at));
            if (a->cell_clip > 0) dc = vselect(vabs(c) >= clip, vset(0), dc);
            vf before = a->previous ? LOAD(a->previous + at) : vset(0);
            STORE(gates + j, dc * g * i * (one - i));
            STORE(gates + hidden + j, dc * before * f * (one - f));
            STORE(gates + 2 * hidden + j, dc * i * vfma(-g, g, one));
            STORE(gates + 3 * hidden + j, dh * tanh_c * o * (one - o));
            STORE(a->dcell + at, dc * f);
        }
    }
}

static const recurrent_cell_kernels FN(cells)[] = {
    [SESAME_CELL_TANH] = {.forward = FN(tanh_forward), .backward = FN(tanh_backward)},
    [SESAME_CELL_RELU] = {.forward = FN(relu_forward), .backward = FN(relu_backward)},
    [SESAME_CELL_GRU] = {.forward = FN(gru_forward), .backward = FN(gru_backward)},
    [SESAME_CELL_GRU_RESET_BEFORE] =
        {
            .forward = FN(reset_forward),
            .candidate_forward = FN(candidate_forward),
            .backward = FN(candidate_backward),
            .reset_backward = FN(reset_backward),
        },
    [SESAME_CELL_LSTM] = {.forward = FN(lstm_forward), .backward = FN(lstm_backward)},
};

#endif
