// What word2vec draws for a chunk of text, and which rows its parts need not share.
//
// Every draw depends on the key and the word's place in the stream alone, never on the thread or on what was drawn
// before.

#include "word2vec.h"

enum {
    DRAW_TOKENS = 64,  // tokens whose random values are made at once
    CELL_BITS = 14,    // of the cells in which a round's rows are told apart
};

sesame_word2vec_chunk sesame_word2vec_draw_chunk(
    const sesame_word2vec *m, const uint32_t *ids, size_t n, uint64_t place, uint32_t *memory) {
    const size_t negatives = m->negatives, values = 2 + 2 * negatives;
    sesame_word2vec_chunk c = {.words = memory, .low = memory + n, .high = memory + 2 * n, .noise = memory + 3 * n};
    c.outputs = (uint64_t *)(memory + sesame_round_up(n * (3 + negatives), 2));
    c.inputs = (uint8_t *)(c.outputs + n);
    uint32_t bits[DRAW_TOKENS * values];
    size_t kept = 0, start = 0;
    for (size_t i = 0; i < n; i++) {
        if (i % DRAW_TOKENS == 0) {
            const size_t count = sesame_min(DRAW_TOKENS, n - i) * values;
            sesame_random_bits(count, m->key, (place + i) * values, bits);
        }
        const uint32_t *draw = bits + i % DRAW_TOKENS * values, word = ids[i] & ~SESAME_SENTENCE_END;
        if (draw[0] <= m->keep[word]) {
            c.words[kept] = word;
            c.low[kept] = 1 + (uint32_t)((uint64_t)draw[1] * m->window >> 32);  // for now: how far it reaches
            for (size_t k = 0; k < negatives; k++) {
                const uint32_t cell = (uint32_t)((uint64_t)draw[2 + 2 * k] * m->noise_count >> 32);
                const sesame_alias entry = m->noise[cell];
                c.noise[kept * negatives + k] = draw[3 + 2 * k] < entry.threshold ? cell : entry.alias;
            }
            kept++;
        }
        if (ids[i] & SESAME_SENTENCE_END || i + 1 == n) {
            for (size_t t = start; t < kept; t++) {
                const size_t reach = c.low[t];
                c.low[t] = (uint32_t)(t - start < reach ? start : t - reach);
                c.high[t] = (uint32_t)sesame_min(kept, t + reach + 1);
            }
            start = kept;
        }
    }
    c.count = kept;
    return c;
}

void sesame_word2vec_reach(const sesame_word2vec_chunk *c, size_t begin, size_t end, size_t *first, size_t *last) {
    *first = begin;
    *last = end;
    for (size_t t = begin; t < end; t++) {
        *first = sesame_min(*first, c->low[t]);
        *last = sesame_max(*last, c->high[t]);
    }
}

/// A row's cell, of the inputs' or the outputs' table.
SESAME_INLINE size_t cell_of(uint32_t row, bool input) {
    return (row * 2 + input) * 0x9E3779B1u >> (32 - CELL_BITS);
}

/// A cell holds the round that touched it last, the block, and whether another block did too. Rows that share one pass
/// for one row: of two blocks, they then wait for the round's end without need.
SESAME_INLINE void touch(uint8_t *cell, uint8_t round, uint8_t block) {
    const uint8_t own = (uint8_t)(round << 4 | block << 1);
    if (*cell >> 4 != round) *cell = own;
    else if ((*cell & ~1) != own) *cell |= 1;
}

void sesame_word2vec_find_own_rows(const sesame_word2vec *m, const sesame_word2vec_chunk *c) {
    uint8_t cells[1 << CELL_BITS];  // half of the first cache
    const size_t step = m->block * m->round;
    uint16_t outputs[step * m->outputs];  // their cells, in the order of centres
    uint8_t round = 0;
    for (size_t begin = 0; begin < c->count; begin += step) {
        if (round++ % 15 == 0) {  // what four bits can count
            memset(cells, 0, sizeof cells);
            round = 1;
        }
        const size_t end = sesame_min(begin + step, c->count);
        size_t first, last, output = 0;
        for (size_t t = begin, block = 0; t < end; t += m->block, block++) {
            const size_t block_end = sesame_min(t + m->block, end);
            sesame_word2vec_reach(c, t, block_end, &first, &last);
            for (size_t p = first; p < last; p++) {
                if (!m->part_offsets) touch(&cells[cell_of(c->words[p], true)], round, (uint8_t)block);
            }
            for (size_t centre = t; centre < block_end; centre++) {
                const size_t count = sesame_word2vec_output_count(m, c, centre);
                for (size_t k = 0; k < count; k++, output++) {
                    outputs[output] = (uint16_t)cell_of(sesame_word2vec_output_row(m, c, centre, k), false);
                    touch(&cells[outputs[output]], round, (uint8_t)block);
                }
            }
        }
        sesame_word2vec_reach(c, begin, end, &first, &last);
        uint8_t *inputs = c->inputs + begin / step * sesame_word2vec_round_places(m);
        for (size_t p = first; p < last; p++) {
            inputs[p - first] = !m->part_offsets && !(cells[cell_of(c->words[p], true)] & 1);
        }
        output = 0;
        for (size_t t = begin; t < end; t++) {
            const size_t count = sesame_word2vec_output_count(m, c, t);
            uint64_t own = 0;
            for (size_t k = 0; k < sesame_min(SESAME_WORD2VEC_MASK_BITS, count); k++) {
                own |= (uint64_t)!(cells[outputs[output + k]] & 1) << k;
            }
            c->outputs[t] = own;
            output += count;
        }
    }
}
