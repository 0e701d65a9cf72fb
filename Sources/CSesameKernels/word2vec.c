// Word2vec over a stream of word ids: subsampling, windows and negatives are drawn for a whole chunk, then its
// centres are trained one after the other (word2vec_window.c has the equations).
//
// Every draw depends on the key and the word's place in the stream alone, never on the thread or on what was drawn
// before. With `shared` tables threads write the same rows without locks, as Hogwild (Recht et al. 2011) and
// word2vec.c do. In C11's words these are data races, for which the language promises nothing; what is relied on is
// that a machine writes an aligned vector of floats without tearing one of them, so that a row read meanwhile is a
// mix of older and newer values, and that no compiler keeps a row in memory it owns across the calls through
// function pointers that read and write it. Nothing but rows is raced for: indices, counts and sums are each
// thread's own. Where that is not good enough, train without `shared`.

#include "word2vec.h"

enum {
    ROUND = 8,          // blocks whose updates are applied together, at most
    GROUP = 8,          // chunks drawn together
    DRAW_TOKENS = 64,   // tokens whose random values are made at once
    AHEAD = 3,          // centres whose rows are on their way from memory
};

/// What is left of a chunk after subsampling, with what was drawn for it.
typedef struct chunk {
    size_t count;
    uint32_t *words, *low, *high;  // the window of place t is [low, high) without t
    uint32_t *noise;               // negatives, `negatives` a place
} chunk;

static size_t chunk_bytes(const sesame_word2vec *m, size_t n) { return n * (3 + m->negatives) * sizeof(uint32_t); }

/// Draws for ids[0 ..< n], which begin at `place` of the stream; `memory` holds chunk_bytes.
static chunk draw_chunk(const sesame_word2vec *m, const uint32_t *ids, size_t n, uint64_t place, uint32_t *memory) {
    chunk c = {0, memory, memory + n, memory + 2 * n, memory + 3 * n};
    const size_t negatives = m->negatives, values = 2 + 2 * negatives;
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

/// A thread's memory for one window, cut out of its scratch.
typedef struct workspace {
    sesame_word2vec_window window;
    float **inputs, **written;
    const float **outputs;
    float *shares, *labels, *weights;
    uint32_t *ids;  // the outputs' rows
} workspace;

static workspace make_workspace(const sesame_word2vec *m, float rate) {
    const size_t inputs = sesame_round_up(2 * m->window + 2, 16), outputs = sesame_round_up(m->outputs, 16);
    const size_t floats = sesame_word2vec_window_scratch(m->stride, 2 * m->window, m->outputs);
    const size_t bytes = (inputs + 2 * outputs) * sizeof(float *)
        + (sesame_round_up(floats, 16) + inputs + 3 * outputs) * sizeof(float);
    char *memory = sesame_scratch(SESAME_SCRATCH_WORD_WINDOW, bytes);
    workspace w;
    w.window = (sesame_word2vec_window){.stride = m->stride, .keep = 1, .rate = rate, .scratch = (float *)memory};
    memory += sesame_round_up(floats, 16) * sizeof(float);
    w.inputs = (float **)memory;
    memory += inputs * sizeof(float *);
    w.written = (float **)memory;
    memory += outputs * sizeof(float *);
    w.outputs = (const float **)memory;
    memory += outputs * sizeof(float *);
    w.shares = (float *)memory;
    w.labels = w.shares + inputs;
    w.weights = w.labels + outputs;
    w.ids = (uint32_t *)(w.weights + outputs);
    w.window.inputs = w.inputs;
    w.window.written = w.written;
    w.window.outputs = w.outputs;
    w.window.labels = w.labels;
    w.window.weights = w.weights;
    w.window.shares = m->part_offsets ? w.shares : NULL;
    for (size_t k = 0; k < outputs; k++) w.labels[k] = w.weights[k] = 0;
    return w;
}

/// Sets the outputs of place t: the centre and its negatives, equal draws once, or its path. Updates go into the
/// rows themselves, or to `updates`.
static void set_outputs(const sesame_word2vec *m, const chunk *c, size_t t, float *updates, workspace *w) {
    const uint32_t word = c->words[t];
    size_t count = 0;
    if (m->negatives > 0) {
        w->ids[0] = word;
        w->labels[0] = w->weights[0] = 1;
        count = 1;
        for (size_t k = 0; k < m->negatives; k++) {
            const uint32_t id = c->noise[t * m->negatives + k];
            size_t place = 0;
            while (place < count && w->ids[place] != id) place++;
            if (place == count) {
                w->ids[count] = id;
                w->labels[count] = 0;
                w->weights[count++] = 1;
            } else if (place > 0) {
                w->weights[place] += 1;
            }
        }
    } else {
        for (uint64_t i = m->path_offsets[word]; i < m->path_offsets[word + 1]; i++, count++) {
            w->ids[count] = m->path_nodes[i] & ~SESAME_SENTENCE_END;
            w->labels[count] = m->path_nodes[i] & SESAME_SENTENCE_END ? 0 : 1;
            w->weights[count] = 1;
        }
    }
    // Weights of a tile's unused outputs are 0.
    for (size_t k = count; k % 8 != 0; k++) w->weights[k] = w->labels[k] = 0;
    for (size_t k = 0; k < count; k++) {
        float *row = m->output + w->ids[k] * m->stride;
        w->outputs[k] = row;
        w->written[k] = updates ? updates + k * m->stride : row;
    }
    w->window.output_count = count;
}

static void train_centre(const sesame_word2vec *m, const sesame_word2vec_kernels *kernels, const workspace *w,
                         sesame_word2vec_sums *sums) {
    if (m->cbow) {
        sums->loss += kernels->cbow(&w->window);
        sums->pairs += 1;
    } else {
        sums->loss += kernels->skip_gram(&w->window);
        sums->pairs += w->window.input_count;
    }
}

SESAME_INLINE void prefetch_row(const float *row, size_t stride) {
    for (size_t d = 0; d < stride; d += 16) __builtin_prefetch(row + d, 1, 3);
}

/// Asks for the rows that centre t will touch first.
static void prefetch_centre(const sesame_word2vec *m, const chunk *c, size_t t) {
    const size_t stride = m->stride;
    if (t >= c->count) return;
    if (m->negatives > 0) {
        prefetch_row(m->output + c->words[t] * stride, stride);
        for (size_t k = 0; k < m->negatives; k++) {
            prefetch_row(m->output + c->noise[t * m->negatives + k] * stride, stride);
        }
    } else {
        const uint64_t end = m->path_offsets[c->words[t] + 1];
        for (uint64_t i = m->path_offsets[c->words[t]]; i < end; i++) {
            prefetch_row(m->output + (m->path_nodes[i] & ~SESAME_SENTENCE_END) * stride, stride);
        }
    }
    const size_t newest = t + m->window;
    if (newest < c->count && !m->part_offsets) prefetch_row(m->input + c->words[newest] * stride, stride);
}

// MARK: Blocks

/// What a block of centres leaves behind: its inputs' updates by place, its outputs' by centre.
typedef struct block {
    const chunk *chunk;
    size_t begin, end;    // centres
    size_t first, last;   // places of its inputs
    float rate;
    float *locals;        // a row a place, the inputs as they change; then their updates
    float *updates;       // `outputs` rows a centre; NULL: the outputs are updated in place
    uint32_t *ids;        // their rows, `outputs` a centre
    uint32_t *counts;     // how many a centre has
    sesame_word2vec_sums sums;
} block;

static size_t block_places(const sesame_word2vec *m) { return m->block + 2 * m->window; }

/// Makes a block of the centres from `begin` on and says which places their windows reach.
static void set_block(const sesame_word2vec *m, block *b, const chunk *c, size_t begin, float rate) {
    b->chunk = c;
    b->begin = b->first = begin;
    b->end = b->last = sesame_min(begin + m->block, c->count);
    b->rate = rate;
    b->sums = (sesame_word2vec_sums){0, 0, b->end - begin};
    for (size_t t = begin; t < b->end; t++) {
        b->first = sesame_min(b->first, c->low[t]);
        b->last = sesame_max(b->last, c->high[t]);
    }
}

SESAME_INLINE const uint32_t *parts_of(const sesame_word2vec *m, const uint32_t *word, size_t *count) {
    if (!m->part_offsets) {
        *count = 1;
        return word;
    }
    *count = m->part_offsets[*word + 1] - m->part_offsets[*word];
    return m->parts + m->part_offsets[*word];
}

/// Trains a block on copies of its inputs; leaves their updates in `locals`.
static void train_block(const sesame_word2vec *m, const sesame_word2vec_kernels *kernels, block *b) {
    const chunk *c = b->chunk;
    const size_t stride = m->stride, places = b->last - b->first;
    float *before = b->locals + block_places(m) * stride;
    size_t count;
    for (size_t p = 0; p < places; p++) {
        const uint32_t *parts = parts_of(m, c->words + b->first + p, &count);
        float *row = b->locals + p * stride;
        if (m->part_offsets) kernels->mean(stride, count, parts, m->input, row);
        else memcpy(row, m->input + *parts * stride, stride * sizeof(float));
        if (m->part_offsets) memcpy(before + p * stride, row, stride * sizeof(float));
    }
    workspace w = make_workspace(m, b->rate);
    w.window.keep = b->updates ? 0 : 1;
    for (size_t t = b->begin; t < b->end; t++) {
        if (t + AHEAD < b->end) prefetch_centre(m, c, t + AHEAD);
        size_t inputs = 0;
        for (size_t p = c->low[t]; p < c->high[t]; p++) {
            if (p == t) continue;
            if (m->part_offsets) {
                parts_of(m, c->words + p, &count);
                w.shares[inputs] = (float)count;
            }
            w.inputs[inputs++] = b->locals + (p - b->first) * stride;
        }
        w.window.input_count = inputs;
        if (b->counts) b->counts[t - b->begin] = 0;
        if (inputs == 0) continue;
        set_outputs(m, c, t, b->updates ? b->updates + (t - b->begin) * m->outputs * stride : NULL, &w);
        if (b->counts) {
            b->counts[t - b->begin] = (uint32_t)w.window.output_count;
            memcpy(b->ids + (t - b->begin) * m->outputs, w.ids, w.window.output_count * sizeof(uint32_t));
        }
        train_centre(m, kernels, &w, &b->sums);
    }
    // From here on `locals` holds what is to be added to every row of a place's word.
    for (size_t p = 0; p < places; p++) {
        float *row = b->locals + p * stride;
        const float *old = m->part_offsets ? before + p * stride : m->input + c->words[b->first + p] * stride;
        for (size_t d = 0; d < stride; d++) row[d] -= old[d];
    }
}

static void add_sums(sesame_word2vec_sums *total, const sesame_word2vec_sums *part) {
    total->loss += part->loss;
    total->pairs += part->pairs;
    total->words += part->words;
}

// MARK: Shared tables

typedef struct training {
    const sesame_word2vec *model;
    const sesame_word2vec_kernels *kernels;
    const uint32_t *ids;
    const uint64_t *offsets;
    const float *rates;
    sesame_word2vec_sums *sums;
    // Without `shared`:
    size_t first;           // of the group's chunks
    chunk chunks[GROUP];
    uint32_t *memory[GROUP];
    block blocks[ROUND];
    size_t block_count, shards;
} training;

static void train_shared_chunk(void *context, size_t index) {
    const training *job = context;
    const sesame_word2vec *m = job->model;
    const size_t begin = job->offsets[index], n = job->offsets[index + 1] - begin, stride = m->stride;
    uint32_t *memory = sesame_scratch(SESAME_SCRATCH_WORDS, chunk_bytes(m, n));
    const chunk c = draw_chunk(m, job->ids + begin, n, begin, memory);
    sesame_word2vec_sums sums = {0, 0, c.count};
    if (m->part_offsets) {
        block b = {.locals = sesame_scratch(SESAME_SCRATCH_WORD_UPDATES,
                                            2 * block_places(m) * stride * sizeof(float))};
        for (size_t t = 0; t < c.count; t += m->block) {
            set_block(m, &b, &c, t, job->rates[index]);
            b.sums.words = 0;
            train_block(m, job->kernels, &b);
            for (size_t p = b.first; p < b.last; p++) {
                size_t count;
                const uint32_t *parts = parts_of(m, c.words + p, &count);
                for (size_t i = 0; i < count; i++) {
                    job->kernels->add(stride, b.locals + (p - b.first) * stride, m->input + parts[i] * stride);
                }
            }
            add_sums(&sums, &b.sums);
        }
    } else {
        workspace w = make_workspace(m, job->rates[index]);
        for (size_t t = 0; t < AHEAD; t++) prefetch_centre(m, &c, t);
        for (size_t t = 0; t < c.count; t++) {
            prefetch_centre(m, &c, t + AHEAD);
            size_t inputs = 0;
            for (size_t p = c.low[t]; p < c.high[t]; p++) {
                if (p != t) w.inputs[inputs++] = m->input + c.words[p] * stride;
            }
            if (inputs == 0) continue;
            w.window.input_count = inputs;
            set_outputs(m, &c, t, NULL, &w);
            train_centre(m, job->kernels, &w, &sums);
        }
    }
    job->sums[index] = sums;
}

// MARK: The same bits from any number of threads

static void draw_group_chunk(void *context, size_t index) {
    training *job = context;
    const size_t c = job->first + index, begin = job->offsets[c], n = job->offsets[c + 1] - begin;
    job->chunks[index] = draw_chunk(job->model, job->ids + begin, n, begin, job->memory[index]);
}

static void train_round_block(void *context, size_t index) {
    training *job = context;
    train_block(job->model, job->kernels, &job->blocks[index]);
}

/// Adds the round's updates to the rows of one shard, in the order of the text.
static void apply_round(void *context, size_t shard) {
    const training *job = context;
    const sesame_word2vec *m = job->model;
    const size_t stride = m->stride, shards = job->shards;
    for (size_t i = 0; i < job->block_count; i++) {
        const block *b = &job->blocks[i];
        for (size_t t = 0; t < b->end - b->begin; t++) {
            for (size_t k = t * m->outputs; k < t * m->outputs + b->counts[t]; k++) {
                if (b->ids[k] % shards != shard) continue;
                job->kernels->add(stride, b->updates + k * stride, m->output + b->ids[k] * stride);
            }
        }
        for (size_t p = b->first; p < b->last; p++) {
            size_t count;
            const uint32_t *parts = parts_of(m, b->chunk->words + p, &count);
            for (size_t j = 0; j < count; j++) {
                if (parts[j] % shards != shard) continue;
                job->kernels->add(stride, b->locals + (p - b->first) * stride, m->input + parts[j] * stride);
            }
        }
    }
}

static void finish_round(training *job, size_t *owners) {
    sesame_parallel_for(job->block_count, train_round_block, job);
    sesame_parallel_for(job->shards, apply_round, job);
    for (size_t i = 0; i < job->block_count; i++) add_sums(&job->sums[owners[i]], &job->blocks[i].sums);
    job->block_count = 0;
}

static void train_exactly(training *job, size_t count) {
    const sesame_word2vec *m = job->model;
    size_t longest = 0;
    for (size_t c = 0; c < count; c++) longest = sesame_max(longest, job->offsets[c + 1] - job->offsets[c]);
    const size_t words = sesame_round_up(chunk_bytes(m, longest), 64);
    const size_t rows = block_places(m) * (m->part_offsets ? 2 : 1) + m->block * m->outputs;
    const size_t floats = rows * m->stride, ids = sesame_round_up(m->block * (m->outputs + 1), 16);
    char *memory = sesame_scratch(SESAME_SCRATCH_WORDS, GROUP * words + ROUND * (floats * sizeof(float) + ids * 4));
    for (size_t i = 0; i < GROUP; i++, memory += words) job->memory[i] = (uint32_t *)memory;
    for (size_t i = 0; i < ROUND; i++) {
        block *b = &job->blocks[i];
        b->locals = (float *)memory;
        b->updates = b->locals + (floats - m->block * m->outputs * m->stride);
        memory += floats * sizeof(float);
        b->ids = (uint32_t *)memory;
        b->counts = b->ids + m->block * m->outputs;
        memory += ids * sizeof(uint32_t);
    }
    job->shards = sesame_thread_count();  // which thread adds to a row changes nothing in what it adds
    size_t owners[ROUND];
    for (job->first = 0; job->first < count; job->first += GROUP) {
        const size_t chunks = sesame_min(GROUP, count - job->first);
        sesame_parallel_for(chunks, draw_group_chunk, job);
        for (size_t c = 0; c < chunks; c++) {
            const chunk *from = &job->chunks[c];
            job->sums[job->first + c] = (sesame_word2vec_sums){0, 0, 0};
            for (size_t t = 0; t < from->count; t += m->block) {
                set_block(m, &job->blocks[job->block_count], from, t, job->rates[job->first + c]);
                owners[job->block_count++] = job->first + c;
                if (job->block_count == m->round) finish_round(job, owners);
            }
        }
        if (job->block_count > 0) finish_round(job, owners);
    }
}

void sesame_word2vec_train(const sesame_word2vec *model, const uint32_t *ids, size_t count, const uint64_t *offsets,
                           const float *rates, sesame_word2vec_sums *sums) {
    training job = {.model = model, .kernels = sesame_word2vec_kernels_current(), .ids = ids, .offsets = offsets,
                    .rates = rates, .sums = sums};
    if (model->shared) sesame_parallel_for(count, train_shared_chunk, &job);
    else train_exactly(&job, count);
}
