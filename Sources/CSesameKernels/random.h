#ifndef SESAME_RANDOM_H
#define SESAME_RANDOM_H

#include "internal.h"

/// Values that are computed together: four words of sixteen counters.
#define SESAME_RANDOM_GROUP 64

/// Values [64 group, 64 group + 64) of the stream.
SESAME_HIDDEN void sesame_random_group(sesame_key key, uint64_t group, uint32_t out[SESAME_RANDOM_GROUP]);
/// A value is kept where its upper 24 bits are at least this: uniform >= p, exactly.
SESAME_HIDDEN uint32_t sesame_dropout_threshold(float p);
/// ``sesame_dropout`` from value `offset` of the stream on, on the calling thread.
SESAME_HIDDEN void sesame_dropout_run(size_t n, sesame_key key, uint64_t offset, uint32_t threshold, float scale,
                                      const float *x, float *y);

#endif
