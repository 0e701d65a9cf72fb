#ifndef CSESAMEKERNELS_H
#define CSESAMEKERNELS_H

// The one vectorized kernel library.
//
// Conventions, unless a function says otherwise:
// - Matrices are row-major Float32; `ld…` is the distance in floats between the starts of two rows.
// - An output is overwritten and must not alias an input. Where aliasing is allowed it is said.
// - A backward function overwrites the gradients it is given.
// - Sizes may be zero. No function allocates memory that the caller sees; scratch comes from a pool
//   of the library's own.
// - Same bits for every thread count: work is cut into blocks whose size depends only on the shape,
//   and partial sums are combined in block order. Different instruction sets may differ in the last bits.
// - Every function may be called from any thread. A call that finds the pool busy runs on its own thread.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// MARK: Dispatch

/// The instruction sets a kernel is compiled for.
typedef enum sesame_isa {
    SESAME_ISA_PORTABLE = 0,
    SESAME_ISA_AVX2 = 1,         // AVX2 + FMA
    SESAME_ISA_AVX512 = 2,       // AVX-512 F, BW, VL, DQ
    SESAME_ISA_AVX512_BF16 = 3,  // the same with AVX512-BF16
    SESAME_ISA_NEON = 4,
} sesame_isa;

/// Whether this build and this machine (processor and operating system) can run `isa`.
bool sesame_isa_available(sesame_isa isa);
/// The instruction set in use: the best available one, unless ``sesame_isa_use`` or the environment
/// variable SESAME_ISA (portable, avx2, avx512, avx512_bf16, neon) chose another.
sesame_isa sesame_isa_current(void);
/// Chooses the instruction set for the whole process; false, and no change, where it is not available.
/// Must not be called while another thread is inside a kernel.
__attribute__((warn_unused_result)) bool sesame_isa_use(sesame_isa isa);
/// Chooses the instruction set for kernels that this thread calls, on whatever threads they run; false, and no
/// change, where it is not available. Other threads' calls go on with the process's.
__attribute__((warn_unused_result)) bool sesame_isa_use_on_thread(sesame_isa isa);
/// Lets this thread's calls use the process's instruction set again.
void sesame_isa_follow_process(void);
/// A short lower-case name, as in SESAME_ISA.
const char *sesame_isa_name(sesame_isa isa);

// MARK: Threads

/// Sets how many threads kernels use, the calling one included; 0 means one for each core.
void sesame_set_thread_count(size_t count);
/// How many threads kernels use.
size_t sesame_thread_count(void);
/// Runs `body(context, i)` once for each i below `count`, on the pool; returns when all have run.
/// Calls inside `body` run on the thread that makes them.
void sesame_parallel_for(size_t count, void (*body)(void *context, size_t index), void *context);

// MARK: Matrix products

/// How a matrix product computes. Storage and accumulation are Float32 either way.
typedef enum sesame_precision {
    SESAME_FLOAT32 = 0,
    /// Operands are rounded to bfloat16 (nearest, ties to even) while they are packed.
    /// Instruction sets without bfloat16 products round in the same way and multiply in Float32; those with them
    /// take subnormal operands as zero.
    SESAME_BFLOAT16 = 1,
} sesame_precision;

typedef enum sesame_activation {
    SESAME_IDENTITY = 0,
    SESAME_GELU = 1,       // exact: x/2 (1 + erf(x/√2))
    SESAME_GELU_TANH = 2,  // GPT-2's: x/2 (1 + tanh(√(2/π)(x + 0.044715 x³)))
    SESAME_RELU = 3,
    SESAME_TANH = 4,
    SESAME_SIGMOID = 5,
} sesame_activation;

/// What happens to a product before it is stored: out = activation(product + bias) + residual.
typedef struct sesame_epilogue {
    const float *bias;       // n values, or NULL
    sesame_activation activation;
    float *preactivation;    // m × n (row distance ldc) that receives product + bias, or NULL
    const float *residual;   // m × n (row distance ldc), or NULL
} sesame_epilogue;

/// C (m × n) = op(A) · op(B), or C += where `accumulate`; op(A) is m × k, op(B) is k × n.
/// A is stored m × k, or k × m where `transpose_a`; B is stored k × n, or n × k where `transpose_b`.
/// `epilogue` may be NULL and must be NULL where `accumulate`.
void sesame_gemm(sesame_precision precision, bool transpose_a, bool transpose_b,
                 size_t m, size_t n, size_t k, const float *a, size_t lda, const float *b, size_t ldb,
                 bool accumulate, float *c, size_t ldc, const sesame_epilogue *epilogue);

/// `count` products of one shape; matrix i of each operand starts `i * stride…` floats further on.
void sesame_gemm_batched(sesame_precision precision, bool transpose_a, bool transpose_b, size_t count,
                         size_t m, size_t n, size_t k, const float *a, size_t lda, size_t stride_a,
                         const float *b, size_t ldb, size_t stride_b,
                         bool accumulate, float *c, size_t ldc, size_t stride_c);

/// Bytes that ``sesame_gemm_pack_b`` writes, for the instruction set in use.
size_t sesame_gemm_packed_b_size(sesame_precision precision, size_t n, size_t k);
/// Packs op(B) once for many products (inference). `packed` is 64-byte aligned.
void sesame_gemm_pack_b(sesame_precision precision, bool transpose_b, size_t n, size_t k,
                        const float *b, size_t ldb, void *packed);
/// ``sesame_gemm`` with an already packed B of the same precision and instruction set. The same bits for m > 4;
/// for fewer rows ``sesame_gemm`` reads B in place and sums in another order.
void sesame_gemm_prepacked(sesame_precision precision, bool transpose_a, size_t m, size_t n, size_t k,
                           const float *a, size_t lda, const void *packed_b,
                           bool accumulate, float *c, size_t ldc, const sesame_epilogue *epilogue);

// MARK: Elementwise

/// out may alias a or b in this section.
void sesame_fill(size_t n, float value, float *out);
void sesame_add(size_t n, const float *a, const float *b, float *out);
void sesame_subtract(size_t n, const float *a, const float *b, float *out);
void sesame_multiply(size_t n, const float *a, const float *b, float *out);
void sesame_scale(size_t n, float alpha, const float *a, float *out);
/// y += alpha x.
void sesame_axpy(size_t n, float alpha, const float *x, float *y);
/// out (rows × cols) = a + b, with b one row of `cols`.
void sesame_add_row(size_t rows, size_t cols, const float *a, const float *b, float *out);
/// out (cols) = the sum of the rows of x.
void sesame_sum_rows(size_t rows, size_t cols, const float *x, float *out);
/// out (cols × rows) = the transpose of x (rows × cols); no aliasing.
void sesame_transpose(size_t rows, size_t cols, const float *x, float *out);
/// Copies a block of rows × cols between strided matrices, or adds where `accumulate`; no aliasing.
void sesame_copy_block(size_t rows, size_t cols, const float *x, size_t ldx, bool accumulate,
                       float *out, size_t ldo);

/// y = activation(x).
void sesame_activation_forward(sesame_activation activation, size_t n, const float *x, float *y);
/// dx = dy · activation′(x), x being the input of the activation. dx may alias dy.
void sesame_activation_backward(sesame_activation activation, size_t n, const float *x, const float *dy,
                                float *dx);
/// The same fused with the bias gradient: dz = dy · activation′(preactivation), dbias = column sums of dz.
/// preactivation may be NULL for the identity; dz may alias dy, or be NULL for the identity; dbias may be NULL.
void sesame_bias_activation_backward(sesame_activation activation, size_t rows, size_t cols,
                                     const float *preactivation, const float *dy, float *dz, float *dbias);

// MARK: Dropout and random numbers

/// A counter-based generator's (Philox 4×32-10, Salmon et al. 2011) key. Value i of a stream depends
/// on the key and i alone.
typedef struct sesame_key {
    uint64_t seed;    // the run
    uint64_t stream;  // the place and step
} sesame_key;

/// y = x / (1 - p) where the key's uniform value i is at least p, else 0. 0 <= p < 1. y may alias x.
/// The backward pass is the same call on dy.
void sesame_dropout(size_t n, float p, sesame_key key, const float *x, float *y);
/// Uniform values in [low, high), from value `offset` of the stream on.
void sesame_random_uniform(size_t n, sesame_key key, uint64_t offset, float low, float high, float *out);
/// Normal values (Box-Muller).
void sesame_random_normal(size_t n, sesame_key key, uint64_t offset, float mean, float deviation, float *out);
/// Raw 32-bit values.
void sesame_random_bits(size_t n, sesame_key key, uint64_t offset, uint32_t *out);

// MARK: Layer norm

/// y = (s - mean) · rstd · weight + bias over each row of s = x + residual; rstd = 1/√(variance + epsilon),
/// variance over `cols` (biased).
/// residual may be NULL; sum_out receives s where not NULL (may alias x or residual); mean and rstd
/// (one a row each) may be NULL where no gradient follows.
void sesame_layer_norm_forward(size_t rows, size_t cols, const float *x, const float *residual,
                               const float *weight, const float *bias, float epsilon,
                               float *sum_out, float *y, float *mean, float *rstd);
/// s is the normalized input of the forward pass (x + residual). dsum, or NULL, is a gradient that reaches
/// s by another way (the residual stream) and is added into dx. dx may alias dy or dsum.
void sesame_layer_norm_backward(size_t rows, size_t cols, const float *s, const float *weight,
                                const float *mean, const float *rstd, const float *dy, const float *dsum,
                                float *dx, float *dweight, float *dbias);

// MARK: Softmax

/// y = softmax of each row; y may alias x.
void sesame_softmax_forward(size_t rows, size_t cols, const float *x, float *y);
/// dx = y · (dy - Σ dy·y); dx may alias dy.
void sesame_softmax_backward(size_t rows, size_t cols, const float *y, const float *dy, float *dx);
/// y = log softmax of each row; y may alias x.
void sesame_log_softmax_forward(size_t rows, size_t cols, const float *x, float *y);
/// dx = dy - exp(y) Σ dy; dx may alias dy.
void sesame_log_softmax_backward(size_t rows, size_t cols, const float *y, const float *dy, float *dx);
/// The softmax of the first lengths[row / group] values of each row, zeros after them.
void sesame_prefix_softmax_forward(size_t rows, size_t cols, const int32_t *lengths, size_t group, const float *x,
                                   float *y);
/// Its gradient; zeros after the lengths.
void sesame_prefix_softmax_backward(size_t rows, size_t cols, const int32_t *lengths, size_t group, const float *y,
                                    const float *dy, float *dx);
/// The index of each row's first largest value.
void sesame_argmax_rows(size_t rows, size_t cols, const float *x, int32_t *out);

// MARK: Attention

/// Some neighbouring rows.
typedef struct sesame_rows {
    size_t first, count;
} sesame_rows;

/// Scaled dot-product attention (Vaswani et al. 2017, eq. 1) computed in blocks with a running softmax
/// (Dao et al. 2022): the time × time matrix never exists as a whole.
///
/// Queries, keys, values and output are addressed as base + b * batch_stride + t * time_stride + h * head_size + d,
/// so a packed projection (batch, time, 3, heads, head_size) needs no copy. key_mask hides padding: 1 keeps a
/// key, 0 hides it. A query row without any visible key yields zeros.
typedef struct sesame_attention {
    size_t batch, heads, head_size, query_count, key_count;
    /// Where sequences of several lengths lie end to end, those of each batch entry: rows take the place of the batch
    /// strides, query_count and key_count are the longest, and there is no key_mask. NULL where all are alike. No two
    /// entries share a row, but for keys in the forward pass.
    const sesame_rows *queries, *keys;
    size_t query_time_stride, query_batch_stride;
    size_t key_time_stride, key_batch_stride;
    size_t value_time_stride, value_batch_stride;
    size_t output_time_stride, output_batch_stride;
    float scale;              // usually 1/√head_size
    bool causal;              // query i sees keys j <= i + (key_count - query_count)
    size_t band;              // with causal, a query sees the last `band` of those keys only; 0 for all
    const uint8_t *key_mask;  // batch × key_count, or NULL
    float dropout;            // probability of dropping an attention weight; 0 for none
    /// Of the dropout mask, which is recomputed in the backward pass: weight (b, h, i, j) is kept where value
    /// ((b · heads + h) · query_count + i) · key_count + j of the stream is at least `dropout`.
    sesame_key key;
    sesame_precision precision;
} sesame_attention;

/// log_sum_exp (batch × heads × query_count) is kept for the backward pass; NULL where none follows. It is -inf for a
/// row without any visible key.
void sesame_attention_forward(const sesame_attention *shape, const float *query, const float *key,
                              const float *value, float *output, float *log_sum_exp);
/// Gradients are laid out as their values are. doutput is laid out as output.
void sesame_attention_backward(const sesame_attention *shape, const float *query, const float *key,
                               const float *value, const float *output, const float *log_sum_exp,
                               const float *doutput, float *dquery, float *dkey, float *dvalue);
/// The weights themselves, without dropout, to look at: weights (batch × heads × query_count × key_count), zeros where a
/// query sees nothing and behind the ends of shorter sequences.
void sesame_attention_weights(const sesame_attention *shape, const float *query, const float *key, float *weights);

// MARK: Embedding

/// out (count × cols) = the rows of table that ids name; ids must be valid (the caller checks).
void sesame_embedding_gather(size_t count, size_t cols, const float *table, const int32_t *ids,
                             bool accumulate, float *out);
/// dtable[ids[i]] += dy[i], in the order of i; dtable is added into.
void sesame_embedding_scatter_add(size_t count, size_t cols, const int32_t *ids, const float *dy,
                                  float *dtable);

/// Scores of additive attention (Bahdanau et al. 2015): scores[b, i, t] = Σ_a vector[a] tanh(query[b, i, a] +
/// key[b, t, a]) for t < lengths[b] (NULL: all of `keys`), -inf after. query is batch × queries × size, key
/// batch × keys × size, scores batch × queries × keys.
void sesame_additive_scores_forward(size_t batch, size_t queries, size_t keys, size_t size, const int32_t *lengths,
                                    const float *query, const float *key, const float *vector, float *scores);
/// Overwrites dquery, dkey and dvector; dscores after the lengths are not read.
void sesame_additive_scores_backward(size_t batch, size_t queries, size_t keys, size_t size,
                                     const int32_t *lengths, const float *query, const float *key,
                                     const float *vector, const float *dscores, float *dquery, float *dkey,
                                     float *dvector);

// MARK: Pooling over time

/// y (batch × cols) = the largest of each column of x (batch × time × cols) over the first lengths[b] positions
/// (NULL: all), and where it was found; zeros and -1 for a sequence of length 0.
void sesame_max_over_time(size_t batch, size_t time, size_t cols, const int32_t *lengths, const float *x, float *y,
                          int32_t *places);
/// Adds dy to dx at the places.
void sesame_max_over_time_backward(size_t batch, size_t time, size_t cols, const int32_t *places, const float *dy,
                                   float *dx);
/// y (batch × cols) = the mean of each column over the first lengths[b] positions; zeros for length 0.
void sesame_mean_over_time(size_t batch, size_t time, size_t cols, const int32_t *lengths, const float *x, float *y);
/// Overwrites dx.
void sesame_mean_over_time_backward(size_t batch, size_t time, size_t cols, const int32_t *lengths, const float *dy,
                                    float *dx);

// MARK: Highway

/// y = x + σ(t) (f(h) - x) for rows of gates = [t, h] (2 · cols); y may alias x.
void sesame_highway_forward(sesame_activation activation, size_t rows, size_t cols, const float *x,
                            const float *gates, float *y);
/// Overwrites dx (may alias dy) and dgates (may alias gates).
void sesame_highway_backward(sesame_activation activation, size_t rows, size_t cols, const float *x,
                             const float *gates, const float *dy, float *dx, float *dgates);

// MARK: Batch norm

/// Mean and biased variance of each column over the rows that keep (NULL: all) marks; how many these are.
size_t sesame_batch_statistics(size_t rows, size_t cols, const uint8_t *keep, const float *x, float *mean,
                               float *variance);
/// y = (x - mean) rstd · weight + bias; zeros in the other rows. y may alias x.
void sesame_batch_norm_forward(size_t rows, size_t cols, const uint8_t *keep, const float *x, const float *mean,
                               const float *rstd, const float *weight, const float *bias, float *y);
/// Overwrites dx (may alias dy), dweight and dbias. `fixed`: the statistics are not those of x.
void sesame_batch_norm_backward(size_t rows, size_t cols, const uint8_t *keep, bool fixed, const float *x,
                                const float *mean, const float *rstd, const float *weight, const float *dy,
                                float *dx, float *dweight, float *dbias);

// MARK: Recurrent layers

/// The cells of recurrent layers, with the order of their gates in weights and sums.
typedef enum sesame_cell {
    SESAME_CELL_TANH = 0,              // h' = tanh(x + U h)
    SESAME_CELL_RELU = 1,              // h' = max(x + U h, 0)
    SESAME_CELL_GRU = 2,               // r, z, n: n = tanh(x + r ∘ (U h + b)), h' = (1 - z) ∘ n + z ∘ h
    SESAME_CELL_GRU_RESET_BEFORE = 3,  // r, z, n: n = tanh(x + U (r ∘ h)), the same h'
    SESAME_CELL_LSTM = 4,              // i, f, g, o: c' = f ∘ c + i ∘ g, h' = o ∘ tanh(c')
} sesame_cell;

/// Sequences of several lengths, their tokens time-major with the longest sequence first: step t is the next
/// row_counts[t] rows of an array of all tokens.
typedef struct sesame_recurrent {
    sesame_cell cell;
    sesame_precision precision;
    size_t batch, steps;
    const size_t *row_counts;  // `steps` values, not increasing, none above batch
    size_t hidden, output;     // output = hidden, but for an LSTM with a projection
    float cell_clip;           // bound of |c'|, 0 for none
    float projection_clip;     // bound of a projected |h'|, 0 for none
} sesame_recurrent;

/// One pass over the sequences, forward or from each sequence's last token to its first.
typedef struct sesame_recurrent_run {
    bool reverse;
    const float *weight;          // gates·hidden × output
    const float *candidate_bias;  // GRU: hidden values that are added to U h of the candidate, else NULL
    const float *projection;      // LSTM: output × hidden, or NULL
    /// tokens × gates·hidden: the input's part of the sums with all other biases; replaced by the gates' values
    /// (not of the simple cells).
    float *gates;
    /// tokens × hidden. LSTM: c'; GRU: U h + b of the candidate, or r ∘ h; NULL for the simple cells.
    float *cells;
    float *raw;                                 // LSTM with a projection: tokens × hidden, o ∘ tanh(c'), else NULL
    float *output;                              // tokens × output: h'
    const float *initial_hidden, *initial_cell; // batch × output, batch × hidden; NULL for zeros
    float *hidden, *cell;                       // the same after each sequence's last step; cell is LSTM's alone
} sesame_recurrent_run;

/// Several passes over the same sequences at once: two directions, or two stacks.
void sesame_recurrent_forward(const sesame_recurrent *shape, size_t count, const sesame_recurrent_run *runs);

/// The gradients of a pass. Overwrites the run's `gates` with the gradients of the gates' sums, and GRU's `cells` with
/// those of U h + b; all weights' gradients are products of these with inputs, `previous`, `raw` and r ∘ h.
typedef struct sesame_recurrent_gradients {
    const float *doutput;             // tokens × output, or NULL for zeros
    const float *dhidden, *dcell;     // of the final states, or NULL for zeros
    float *dinitial_hidden;           // batch × output; of the initial state where wants_initial, else undefined
    float *dinitial_cell;             // batch × hidden; LSTM
    bool wants_initial;
    float *previous;                  // tokens × output: receives h before each step
    float *dprojected;                // LSTM with a projection: tokens × output, receives the gradient of h'
} sesame_recurrent_gradients;

/// `runs` as the forward pass left them.
void sesame_recurrent_backward(const sesame_recurrent *shape, size_t count, const sesame_recurrent_run *runs,
                               const sesame_recurrent_gradients *gradients);

// MARK: Losses

/// Softmax cross-entropy of each row: losses[r] = -Σ q log softmax(logits), q being one-hot with weight
/// 1 - smoothing plus smoothing/classes everywhere. A target equal to ignore_index gives loss 0 and gradient 0.
/// dlogits (NULL for none; may alias logits) = (softmax - q) · gradient_scale.
void sesame_cross_entropy(size_t rows, size_t classes, const float *logits, const int32_t *targets,
                          int32_t ignore_index, float smoothing, float gradient_scale,
                          float *losses, float *dlogits);

/// The same on logits = hidden · weightᵀ + bias, in blocks of rows, so that all logits never exist at once.
/// hidden is rows × cols, weight is classes × cols, bias (classes) may be NULL. dhidden, dweight, dbias
/// and predictions (each row's arg max) may be NULL; gradients are multiplied by gradient_scale.
/// Rows whose target is ignored are left out of the products: loss 0, dhidden 0, prediction -1.
void sesame_projected_cross_entropy(sesame_precision precision, size_t rows, size_t cols, size_t classes,
                                    const float *hidden, const float *weight, const float *bias,
                                    const int32_t *targets, int32_t ignore_index, float smoothing,
                                    float gradient_scale, float *losses, float *dhidden, float *dweight,
                                    float *dbias, int32_t *predictions);

/// Binary cross-entropy of logits x with targets t in [0, 1]: max(x, 0) - x t + log(1 + exp(-|x|)); dx = σ(x) - t.
/// dx may be NULL.
void sesame_binary_cross_entropy(size_t n, const float *x, const float *t, float *losses, float *dx);
/// (x - t)², dx = 2 (x - t); dx may be NULL.
void sesame_squared_error(size_t n, const float *x, const float *t, float *losses, float *dx);
/// |x - t|, dx = sign(x - t), 0 at 0; dx may be NULL.
void sesame_absolute_error(size_t n, const float *x, const float *t, float *losses, float *dx);

// MARK: Reductions (accumulated in Double, in blocks of a fixed size)

double sesame_sum(size_t n, const float *x);
double sesame_sum_of_squares(size_t n, const float *x);
double sesame_sum_of_magnitudes(size_t n, const float *x);
double sesame_dot(size_t n, const float *x, const float *y);
/// Whether every value is finite.
bool sesame_all_finite(size_t n, const float *x);

// MARK: Conditional random fields

/// losses[b] = log Σ exp(score) over all tag sequences, minus the score of the target (batch × time): start + emissions
/// (batch × time × tags) + transitions (from × to) + end. lengths may be NULL; a sequence of length 0 has loss 0.
/// Where demissions is given, overwrites it and dtransitions, dstart, dend with the gradients of
/// gradient_scale · Σ losses.
void sesame_crf_loss(size_t batch, size_t time, size_t tags, const int32_t *lengths, const float *emissions,
                     const float *transitions, const float *start, const float *end, const int32_t *targets,
                     float gradient_scale, float *losses, float *demissions, float *dtransitions, float *dstart,
                     float *dend);
/// The tags (batch × time; 0 beyond the lengths) of the largest score, and the score; of equals the first tag.
void sesame_crf_viterbi(size_t batch, size_t time, size_t tags, const int32_t *lengths, const float *emissions,
                        const float *transitions, const float *start, const float *end, int32_t *best,
                        float *scores);

// MARK: Optimizers

/// AdamW (Loshchilov & Hutter 2019, algorithm 2), as PyTorch computes it. The gradient is multiplied by
/// gradient_scale (clipping) first. bias_correction1 = 1 - β1^t, bias_correction2 = 1 - β2^t.
/// decoupled: p -= lr · weight_decay · p before the step; otherwise weight_decay · p is added to the gradient (Adam).
typedef struct sesame_adam {
    float learning_rate, beta1, beta2, epsilon, weight_decay;
    float bias_correction1, bias_correction2, gradient_scale;
    bool decoupled;
} sesame_adam;
void sesame_adam_step(const sesame_adam *options, size_t n, const float *gradient, float *parameter,
                      float *first_moment, float *second_moment);

/// SGD as PyTorch computes it: g += weight_decay p; v = momentum v + g; p -= lr (nesterov ? g + momentum v : v).
/// velocity may be NULL where momentum is 0.
void sesame_sgd_step(size_t n, float learning_rate, float momentum, bool nesterov, float weight_decay,
                     float gradient_scale, const float *gradient, float *parameter, float *velocity);

/// gradient += l1 · sign(p) + l2 · p: the gradient of l1 Σ|p| + l2/2 Σp².
void sesame_add_penalty_gradient(size_t n, float l1, float l2, const float *parameter, float *gradient);

// MARK: Conversion

void sesame_float32_to_bfloat16(size_t n, const float *x, uint16_t *out);  // nearest, ties to even
void sesame_bfloat16_to_float32(size_t n, const uint16_t *x, float *out);
void sesame_float32_to_float16(size_t n, const float *x, uint16_t *out);   // nearest, ties to even
void sesame_float16_to_float32(size_t n, const uint16_t *x, float *out);

#include "word_vectors.h"

#ifdef __cplusplus
}
#endif
#endif
