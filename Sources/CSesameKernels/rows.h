#ifndef SESAME_ROWS_H
#define SESAME_ROWS_H

// One row's parts of a softmax, in the instruction set in use; softmax.c has the bodies.

#include "internal.h"

SESAME_HIDDEN float sesame_row_maximum(size_t cols, const float *x);
/// y = exp(x - shift), or nothing where y is NULL; the sum.
SESAME_HIDDEN double sesame_row_exponentials(size_t cols, const float *x, float shift, float *y);
/// y = x · scale + shift.
SESAME_HIDDEN void sesame_row_affine(size_t cols, const float *x, float scale, float shift, float *y);
SESAME_HIDDEN int32_t sesame_row_argmax(size_t cols, const float *x);

#endif
