// Co-occurrence counts of words, a row of the matrix at a time.
//
// Rather than meeting the pairs in the order of the text, which needs a table of all pairs or a sort of them, all
// places of one word are gone through, and its row is summed up in an array of one value a word: no hashing, no
// merging, and rows that are independent of each other. The text is read at random, but what is needed next is known.

#include "internal.h"

enum { AHEAD = 8 };

static int compare_words(const void *a, const void *b) {
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/// Sorts the words touched: few by comparing, many by looking at all words.
static void sort_touched(size_t count, size_t words, const double *sums, uint32_t *touched) {
    if (count * 16 < words) {
        qsort(touched, count, sizeof *touched, compare_words);
        return;
    }
    size_t n = 0;
    for (size_t w = 0; w < words; w++) {
        if (sums[w] > 0) touched[n++] = (uint32_t)w;
    }
}

void sesame_cooccurrence_rows(const uint32_t *ids, size_t n, size_t words, size_t window, bool symmetric,
                              const double *weights, const uint32_t *places, const uint64_t *starts, uint32_t first,
                              uint32_t last, double *sums, uint32_t *touched, void *context,
                              void (*emit)(void *context, uint32_t row, size_t count, const uint32_t *columns,
                                           const double *sums)) {
    for (uint32_t word = first; word < last; word++) {
        size_t count = 0;
        for (uint64_t i = starts[word]; i < starts[word + 1]; i++) {
            if (i + AHEAD < starts[words]) {
                const size_t next = places[i + AHEAD];
                __builtin_prefetch(ids + (next < window ? 0 : next - window), 0, 3);
                __builtin_prefetch(ids + sesame_min(next + window, n - 1), 0, 3);
            }
            const size_t place = places[i];
            const size_t before = sesame_min(window, place), after = sesame_min(window, n - 1 - place);
            for (size_t d = 1; d <= before; d++) {
                const uint32_t other = ids[place - d];
                if (other & SESAME_SENTENCE_END) break;
                if (sums[other] == 0) touched[count++] = other;
                sums[other] += weights[d - 1];
            }
            if (!symmetric) continue;
            for (size_t d = 1; d <= after && !(ids[place + d - 1] & SESAME_SENTENCE_END); d++) {
                const uint32_t other = ids[place + d] & ~SESAME_SENTENCE_END;
                if (sums[other] == 0) touched[count++] = other;
                sums[other] += weights[d - 1];
            }
        }
        if (count == 0) continue;
        sort_touched(count, words, sums, touched);
        emit(context, word, count, touched, sums);
        for (size_t i = 0; i < count; i++) sums[touched[i]] = 0;
    }
}
