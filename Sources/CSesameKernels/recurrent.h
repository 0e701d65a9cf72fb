#ifndef SESAME_RECURRENT_H
#define SESAME_RECURRENT_H

// What recurrent.c, which runs the steps, and recurrent_cells.c, which has a step's gates, tell each other.

#include "internal.h"

/// A panel of products, `pitch` floats a row and one column block a gate, which the first `product_rows` of
/// `rows` rows have.
typedef struct recurrent_tile {
    size_t rows, product_rows, width, column;  // columns [column, column + width) of `hidden`
    size_t hidden;
    const float *product;
    size_t pitch, gate_pitch;
} recurrent_tile;

/// The arrays of a step, at the first row of the task.
typedef struct recurrent_step {
    float *gates;            // ld = gates × hidden
    float *cells;            // ld = hidden
    float *out;              // h, or o tanh(c) before a projection; ld = hidden
    float *state, *cell;     // running h (NULL before a projection) and c; ld = hidden
    const float *candidate_bias;
    float cell_clip;
} recurrent_step;

/// The arrays of a backward step, at the first of its rows.
typedef struct recurrent_step_gradients {
    size_t rows, hidden;
    float *gates;           // values, then gradients of the sums
    float *cells;
    const float *previous;  // h or, LSTM, c before the step; NULL for zeros
    const float *out;       // h
    const float *dh;        // gradient of h from above; NULL for zeros
    float *dstate;          // running gradient of h: added to dh, then overwritten as far as the step itself goes
    float *dcell;           // running gradient of c
    bool dh_is_whole;       // dstate is part of dh already, and not touched
    float cell_clip;
} recurrent_step_gradients;

/// The bodies of a cell; candidate_forward and reset_backward are the second halves of a step of the GRU whose reset
/// comes before the product, NULL for all others.
typedef struct recurrent_cell_kernels {
    void (*forward)(const recurrent_tile *tile, const recurrent_step *arrays);
    void (*candidate_forward)(const recurrent_tile *tile, const recurrent_step *arrays);
    void (*backward)(const recurrent_step_gradients *arrays);
    void (*reset_backward)(const recurrent_step_gradients *arrays);
} recurrent_cell_kernels;

/// The bodies for the instruction set in use.
SESAME_HIDDEN const recurrent_cell_kernels *sesame_recurrent_cell_kernels(sesame_cell cell);

/// Blocks of `hidden` rows that a cell's weights have.
SESAME_INLINE size_t sesame_recurrent_gate_count(sesame_cell cell) {
    switch (cell) {
    case SESAME_CELL_TANH:
    case SESAME_CELL_RELU: return 1;
    case SESAME_CELL_GRU:
    case SESAME_CELL_GRU_RESET_BEFORE: return 3;
    case SESAME_CELL_LSTM: return 4;
    }
    return 0;
}

#endif
