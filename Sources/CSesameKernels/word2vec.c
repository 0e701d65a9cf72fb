// Word2vec over a stream of word ids: subsampling, windows and negatives are drawn for a whole chunk (word2vec_chunk.c),
// then its centres are trained one after the other (word2vec_window.c has the equations).
//
// With `shared` tables threads write the same rows without locks, as Hogwild (Recht et al. 2011) and
// word2vec.c do. In C11's words these are data races, for which the language promises nothing; what is relied on is
// that a machine writes an aligned vector of floats without tearing one of them, so that a row read meanwhile is a
// mix of older and newer values, and that no compiler keeps a row in memory it owns across the calls through
// function pointers that read and write it. Nothing but rows is raced for: indices, counts and sums are each
// thread's own. Where that is not good enough, train without `shared`.

#include "word2vec.h"

enum {
    ROUND = 8,          // blocks whose updates are applied together, at most
    GROUP = 8,          // chunks drawn together
    AHEAD = 3,          // centres whose rows are on their way from memory
};

/// A thread's memory for one window, cut out of its scratch.
typedef struct workspace {
    sesame_word2vec_window window;
    float **inputs, **written;
    const float **outputs;
    float *shares, *labels, *weights, *keep;
    uint32_t *ids;  // the outputs' rows
} workspace;

static workspace make_workspace(const sesame_word2vec *m, float rate) {
    const size_t inputs = sesame_round_up(2 * m->window + 2, 16), outputs = sesame_round_up(m->outputs, 16);
    const size_t floats = sesame_word2vec_window_scratch(m->stride, 2 * m->window, m->outputs);
    const size_t bytes = (inputs + 2 * outputs) * sizeof(float *)
        + (sesame_round_up(floats, 16) + inputs + 4 * outputs) * sizeof(float);
    char *memory = sesame_scratch(SESAME_SCRATCH_WORD_WINDOW, bytes);
    workspace w;
    w.window = (sesame_word2vec_window){.stride = m->stride, .rate = rate, .scratch = (float *)memory};
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
    w.keep = w.weights + outputs;
    w.ids = (uint32_t *)(w.keep + outputs);
    w.window.inputs = w.inputs;
    w.window.written = w.written;
    w.window.outputs = w.outputs;
    w.window.labels = w.labels;
    w.window.weights = w.weights;
    w.window.keep = w.keep;
    w.window.shares = m->part_offsets ? w.shares : NULL;
    for (size_t k = 0; k < outputs; k++) w.labels[k] = w.weights[k] = 0;
    return w;
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
static void prefetch_centre(const sesame_word2vec *m, const sesame_word2vec_chunk *c, size_t t) {
    const size_t stride = m->stride;
    if (t >= c->count) return;
    const size_t count = sesame_word2vec_output_count(m, c, t);
    for (size_t k = 0; k < count; k++) {
        prefetch_row(m->output + sesame_word2vec_output_row(m, c, t, k) * stride, stride);
    }
    const size_t newest = t + m->window;
    if (newest < c->count && !m->part_offsets) prefetch_row(m->input + c->words[newest] * stride, stride);
}

// MARK: Blocks

/// A block of centres. It writes the rows that are its own in the round; for all others it leaves behind updates.
typedef struct block {
    const sesame_word2vec_chunk *chunk;
    size_t begin, end;     // centres
    size_t first, last;    // places of its inputs
    const uint8_t *inputs; // by place from `first` on: whether the input is its own; NULL: none is
    float rate;
    float *locals;         // a row a place, the inputs that are not its own as they change; then their updates
    uint8_t *waits;        // by place from `first` on: whether `locals` has an update there, for all places of a word
    float *updates;        // the updates of outputs that are not its own; NULL: it writes all outputs
    uint32_t *ids;         // their rows
    size_t update_count;
    sesame_word2vec_sums sums;
} block;

static size_t block_places(const sesame_word2vec *m) { return m->block + 2 * m->window; }

/// Bytes of a block's `locals` and `waits`.
static size_t local_bytes(const sesame_word2vec *m) {
    const size_t places = block_places(m), rows = places * (m->part_offsets ? 2 : 1);
    return rows * m->stride * sizeof(float) + sesame_round_up(places, 64);
}

/// Gives a block its `locals` and `waits`, in local_bytes of memory.
static void set_locals(const sesame_word2vec *m, block *b, char *memory) {
    b->locals = (float *)memory;
    b->waits = (uint8_t *)memory + local_bytes(m) - sesame_round_up(block_places(m), 64);
}

/// Makes a block of the centres from `begin` on.
static void set_block(const sesame_word2vec *m, block *b, const sesame_word2vec_chunk *c, size_t begin, float rate) {
    b->chunk = c;
    b->begin = begin;
    b->end = sesame_min(begin + m->block, c->count);
    b->rate = rate;
    b->update_count = 0;
    b->sums = (sesame_word2vec_sums){0, 0, b->end - begin};
    sesame_word2vec_reach(c, begin, b->end, &b->first, &b->last);
}

SESAME_INLINE const uint32_t *parts_of(const sesame_word2vec *m, const uint32_t *word, size_t *count) {
    if (!m->part_offsets) {
        *count = 1;
        return word;
    }
    *count = m->part_offsets[*word + 1] - m->part_offsets[*word];
    return m->parts + m->part_offsets[*word];
}

/// Sets the outputs of place t: the centre and its negatives, equal draws once, or its path. Updates go into the rows
/// themselves or, of those that are not the block's own, to its `updates`.
static void set_outputs(const sesame_word2vec *m, const sesame_word2vec_chunk *c, size_t t, block *b, workspace *w) {
    const size_t slots = sesame_word2vec_output_count(m, c, t), stride = m->stride;
    const bool tree = m->negatives == 0, all = !b || !b->updates;
    const uint64_t own = all ? 0 : c->outputs[t];
    float *const table = m->output, *const labels = w->labels, *const weights = w->weights, *const keep = w->keep;
    float **const written = w->written;
    const float **const outputs = w->outputs;
    uint32_t *const ids = w->ids;
    size_t count = 0;
    for (size_t slot = 0; slot < slots; slot++) {
        const uint32_t id = sesame_word2vec_output_row(m, c, t, slot);
        if (!tree) {
            size_t place = 0;
            while (place < count && ids[place] != id) place++;
            if (place < count) {
                if (place > 0) weights[place] += 1;
                continue;
            }
        }
        const uint32_t step = tree ? m->path_nodes[m->path_offsets[c->words[t]] + slot] : 0;
        float *row = table + id * stride;
        ids[count] = id;
        labels[count] = tree ? !(step & SESAME_SENTENCE_END) : slot == 0;
        weights[count] = 1;
        outputs[count] = row;
        const bool writes = all || (slot < SESAME_WORD2VEC_MASK_BITS && own >> slot & 1);
        keep[count] = writes;
        if (!writes) {
            row = b->updates + b->update_count * stride;
            b->ids[b->update_count++] = id;
        }
        written[count++] = row;
    }
    // Weights of a tile's unused outputs are 0.
    for (size_t k = count; k % 8 != 0; k++) weights[k] = labels[k] = 0;
    w->window.output_count = count;
}

/// Trains a block; leaves the updates of rows that are not its own in `locals` and `updates`.
static void train_block(const sesame_word2vec *m, const sesame_word2vec_kernels *kernels, block *b) {
    const sesame_word2vec_chunk *c = b->chunk;
    const size_t stride = m->stride, places = b->last - b->first;
    float *before = b->locals + block_places(m) * stride, *rows[places];
    size_t count;
    for (size_t t = b->begin; t < sesame_min(b->begin + AHEAD, b->end); t++) prefetch_centre(m, c, t);
    for (size_t p = 0; p < places; p++) {
        const uint32_t *words = c->words + b->first, *parts = parts_of(m, words + p, &count);
        b->waits[p] = false;
        if (b->inputs && b->inputs[p]) {
            rows[p] = m->input + *parts * stride;
            continue;
        }
        size_t same = 0;
        while (words[same] != words[p]) same++;
        if (same < p) {
            rows[p] = rows[same];
            continue;
        }
        b->waits[p] = true;
        rows[p] = b->locals + p * stride;
        if (m->part_offsets) kernels->mean(stride, count, parts, m->input, rows[p]);
        else memcpy(rows[p], m->input + *parts * stride, stride * sizeof(float));
        if (m->part_offsets) memcpy(before + p * stride, rows[p], stride * sizeof(float));
    }
    workspace w = make_workspace(m, b->rate);
    for (size_t t = b->begin; t < b->end; t++) {
        if (t + AHEAD < b->end) prefetch_centre(m, c, t + AHEAD);
        size_t inputs = 0;
        for (size_t p = c->low[t]; p < c->high[t]; p++) {
            if (p == t) continue;
            if (m->part_offsets) {
                parts_of(m, c->words + p, &count);
                w.shares[inputs] = (float)count;
            }
            w.inputs[inputs++] = rows[p - b->first];
        }
        w.window.input_count = inputs;
        if (inputs == 0) continue;
        set_outputs(m, c, t, b, &w);
        train_centre(m, kernels, &w, &b->sums);
    }
    // From here on `locals` holds what is to be added to every row of a place's word.
    for (size_t p = 0; p < places; p++) {
        if (!b->waits[p]) continue;
        const float *old = m->part_offsets ? before + p * stride : m->input + c->words[b->first + p] * stride;
        kernels->subtract(stride, old, b->locals + p * stride);
    }
}

/// The shard of `shards` that adds to a row.
SESAME_INLINE bool owns(size_t shard, size_t shards, uint32_t row) {
    return ((uint64_t)(row * 0x9E3779B1u) * shards >> 32) == shard;
}

/// Adds the updates of those of a block's inputs that are not its own to the rows of a shard.
static void add_inputs(const sesame_word2vec *m, const sesame_word2vec_kernels *kernels, const block *b, size_t shards,
                       size_t shard) {
    for (size_t p = b->first; p < b->last; p++) {
        if (!b->waits[p - b->first]) continue;
        size_t count;
        const uint32_t *parts = parts_of(m, b->chunk->words + p, &count);
        for (size_t i = 0; i < count; i++) {
            if (!owns(shard, shards, parts[i])) continue;
            kernels->add(m->stride, b->locals + (p - b->first) * m->stride, m->input + parts[i] * m->stride);
        }
    }
}

/// Adds a block's updates of outputs to the rows of a shard.
static void add_outputs(const sesame_word2vec *m, const sesame_word2vec_kernels *kernels, const block *b, size_t shards,
                        size_t shard) {
    for (size_t k = 0; k < b->update_count; k++) {
        if (!owns(shard, shards, b->ids[k])) continue;
        kernels->add(m->stride, b->updates + k * m->stride, m->output + b->ids[k] * m->stride);
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
    const uint64_t *begins, *ends;
    const float *rates;
    sesame_word2vec_sums *sums;
    // Without `shared`:
    size_t first;           // of the group's chunks
    sesame_word2vec_chunk chunks[GROUP];
    uint32_t *memory[GROUP];
    block blocks[ROUND];
    size_t block_count, shards;
} training;

static void train_shared_chunk(void *context, size_t index) {
    const training *job = context;
    const sesame_word2vec *m = job->model;
    const size_t begin = job->begins[index], n = job->ends[index] - begin, stride = m->stride;
    uint32_t *memory = sesame_scratch(SESAME_SCRATCH_WORDS, sesame_word2vec_chunk_bytes(m, n));
    const sesame_word2vec_chunk c = sesame_word2vec_draw_chunk(m, job->ids + begin, n, begin, memory);
    sesame_word2vec_sums sums = {0, 0, c.count};
    if (m->part_offsets) {
        block b = {0};
        set_locals(m, &b, sesame_scratch(SESAME_SCRATCH_WORD_UPDATES, local_bytes(m)));
        for (size_t t = 0; t < c.count; t += m->block) {
            set_block(m, &b, &c, t, job->rates[index]);
            b.sums.words = 0;
            train_block(m, job->kernels, &b);
            add_inputs(m, job->kernels, &b, 1, 0);
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
    const size_t c = job->first + index, begin = job->begins[c], n = job->ends[c] - begin;
    job->chunks[index] = sesame_word2vec_draw_chunk(job->model, job->ids + begin, n, begin, job->memory[index]);
    sesame_word2vec_find_own_rows(job->model, &job->chunks[index]);
}

static void train_round_block(void *context, size_t index) {
    training *job = context;
    train_block(job->model, job->kernels, &job->blocks[index]);
}

/// Adds the round's updates to the rows of one shard, in the order of the text.
static void apply_round(void *context, size_t shard) {
    const training *job = context;
    for (size_t i = 0; i < job->block_count; i++) {
        add_outputs(job->model, job->kernels, &job->blocks[i], job->shards, shard);
        add_inputs(job->model, job->kernels, &job->blocks[i], job->shards, shard);
    }
}

/// Trains a round of a chunk's blocks.
static void train_round(training *job, const sesame_word2vec_chunk *c, size_t begin, float rate,
                        sesame_word2vec_sums *sums) {
    const sesame_word2vec *m = job->model;
    const size_t step = m->block * m->round, end = sesame_min(begin + step, c->count);
    const uint8_t *inputs = c->inputs + begin / step * sesame_word2vec_round_places(m);
    size_t first, last;  // short blocks may begin beyond what a later one reaches
    sesame_word2vec_reach(c, begin, end, &first, &last);
    job->block_count = 0;
    for (size_t t = begin; t < end; t += m->block) {
        block *b = &job->blocks[job->block_count++];
        set_block(m, b, c, t, rate);
        b->inputs = inputs + (b->first - first);
    }
    sesame_parallel_for(job->block_count, train_round_block, job);
    sesame_parallel_for(job->shards, apply_round, job);
    for (size_t i = 0; i < job->block_count; i++) add_sums(sums, &job->blocks[i].sums);
}

static void train_exactly(training *job, size_t count) {
    const sesame_word2vec *m = job->model;
    size_t longest = 0;
    for (size_t c = 0; c < count; c++) longest = sesame_max(longest, job->ends[c] - job->begins[c]);
    const size_t words = sesame_round_up(sesame_word2vec_chunk_bytes(m, longest), 64);
    const size_t updates = m->block * m->outputs, update_bytes = updates * m->stride * sizeof(float);
    const size_t id_bytes = sesame_round_up(updates * sizeof(uint32_t), 64);
    char *memory = sesame_scratch(
        SESAME_SCRATCH_WORDS, GROUP * words + ROUND * (local_bytes(m) + update_bytes + id_bytes));
    for (size_t i = 0; i < GROUP; i++, memory += words) job->memory[i] = (uint32_t *)memory;
    for (size_t i = 0; i < ROUND; i++) {
        block *b = &job->blocks[i];
        set_locals(m, b, memory);
        memory += local_bytes(m);
        b->updates = (float *)memory;
        memory += update_bytes;
        b->ids = (uint32_t *)memory;
        memory += id_bytes;
    }
    job->shards = sesame_thread_count();  // which thread adds to a row changes nothing in what it adds
    for (job->first = 0; job->first < count; job->first += GROUP) {
        const size_t chunks = sesame_min(GROUP, count - job->first);
        sesame_parallel_for(chunks, draw_group_chunk, job);
        for (size_t i = 0; i < chunks; i++) {
            const sesame_word2vec_chunk *c = &job->chunks[i];
            sesame_word2vec_sums sums = {0, 0, 0};
            for (size_t t = 0; t < c->count; t += m->block * m->round) {
                train_round(job, c, t, job->rates[job->first + i], &sums);
            }
            job->sums[job->first + i] = sums;
        }
    }
}

void sesame_word2vec_train(const sesame_word2vec *model, const uint32_t *ids, size_t count, const uint64_t *begins,
                           const uint64_t *ends, const float *rates, sesame_word2vec_sums *sums) {
    training job = {.model = model, .kernels = sesame_word2vec_kernels_current(), .ids = ids, .begins = begins,
                    .ends = ends, .rates = rates, .sums = sums};
    if (model->shared) sesame_parallel_for(count, train_shared_chunk, &job);
    else train_exactly(&job, count);
}
