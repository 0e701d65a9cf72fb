// Optimizer steps, elementwise. The scalar factors are computed in Double, once a call.

#ifndef SESAME_SUFFIX

#include "internal.h"

enum { BLOCK = 8192 };

typedef struct step {
    const float *gradient;
    float *parameter, *first, *second;
    // Adam and SGD: the factors as the bodies use them.
    float gradient_scale, decay, coupled_decay, beta1, beta2, step_size, root_correction, epsilon, momentum;
    bool nesterov;
    float l1, l2;
    float *penalized;
} step;

#define SESAME_FILE "optimizer.c"
#include "variants.h"

typedef void step_body(const step *s, size_t begin, size_t end);

typedef struct step_job {
    step_body *body;
    const step *step;
} step_job;

static void step_task(void *context, size_t begin, size_t end) {
    const step_job *job = context;
    job->body(job->step, begin, end);
}

static void run(step_body *body, size_t n, const step *s) {
    step_job job = {body, s};
    sesame_parallel_blocks(n, n < 2 * BLOCK ? 2 * BLOCK : BLOCK, step_task, &job);
}

static step_body *const adam_table[] = SESAME_VARIANTS(adam);
static step_body *const sgd_table[] = SESAME_VARIANTS(sgd);
static step_body *const penalty_table[] = SESAME_VARIANTS(penalty);

void sesame_adam_step(const sesame_adam *o, size_t n, const float *gradient, float *parameter, float *first_moment,
                      float *second_moment) {
    const step s = {
        .gradient = gradient, .parameter = parameter, .first = first_moment, .second = second_moment,
        .gradient_scale = o->gradient_scale,
        .decay = o->decoupled ? (float)(1.0 - (double)o->learning_rate * (double)o->weight_decay) : 1.0f,
        .coupled_decay = o->decoupled ? 0.0f : o->weight_decay,
        .beta1 = o->beta1, .beta2 = o->beta2,
        .step_size = (float)((double)o->learning_rate / (double)o->bias_correction1),
        .root_correction = (float)(1.0 / sqrt((double)o->bias_correction2)),
        .epsilon = o->epsilon,
    };
    run(SESAME_SELECT(adam_table), n, &s);
}

void sesame_sgd_step(size_t n, float learning_rate, float momentum, bool nesterov, float weight_decay,
                     float gradient_scale, const float *gradient, float *parameter, float *velocity) {
    const step s = {.gradient = gradient, .parameter = parameter, .first = velocity,
                    .gradient_scale = gradient_scale, .coupled_decay = weight_decay, .step_size = learning_rate,
                    .momentum = momentum, .nesterov = nesterov};
    run(SESAME_SELECT(sgd_table), n, &s);
}

void sesame_add_penalty_gradient(size_t n, float l1, float l2, const float *parameter, float *gradient) {
    const step s = {.parameter = (float *)parameter, .penalized = gradient, .l1 = l1, .l2 = l2};
    run(SESAME_SELECT(penalty_table), n, &s);
}

#else  // The body, once for each instruction set.

#define LOAD(p) (n == W ? vload(p) : vload_n(p, n))
#define STORE(p, v)                                     \
    do {                                                \
        if (n == W) vstore(p, v); else vstore_n(p, v, n); \
    } while (0)

static void FN(adam)(const step *s, size_t begin, size_t end) {
    vf scale = vset(s->gradient_scale), decay = vset(s->decay), coupled = vset(s->coupled_decay);
    vf beta2 = vset(s->beta2), rest1 = vset(1.0f - s->beta1), rest2 = vset(1.0f - s->beta2);
    vf size = vset(s->step_size), correction = vset(s->root_correction), epsilon = vset(s->epsilon);
    for (size_t i = begin; i < end; i += W) {
        const size_t n = sesame_min(W, end - i);
        vf p = LOAD(s->parameter + i), m = LOAD(s->first + i), v = LOAD(s->second + i);
        vf g = vfma(coupled, p, LOAD(s->gradient + i) * scale);
        p *= decay;
        m = vfma(g - m, rest1, m);
        v = vfma(g * g, rest2, v * beta2);
        p -= size * m / vfma(__builtin_elementwise_sqrt(v), correction, epsilon);
        STORE(s->parameter + i, p);
        STORE(s->first + i, m);
        STORE(s->second + i, v);
    }
}

static void FN(sgd)(const step *s, size_t begin, size_t end) {
    vf scale = vset(s->gradient_scale), decay = vset(s->coupled_decay), momentum = vset(s->momentum);
    vf rate = vset(s->step_size);
    for (size_t i = begin; i < end; i += W) {
        const size_t n = sesame_min(W, end - i);
        vf p = LOAD(s->parameter + i);
        vf g = vfma(decay, p, LOAD(s->gradient + i) * scale);
        if (s->first) {
            vf v = vfma(momentum, LOAD(s->first + i), g);
            STORE(s->first + i, v);
            g = s->nesterov ? vfma(momentum, v, g) : v;
        }
        STORE(s->parameter + i, vfma(-rate, g, p));
    }
}

static void FN(penalty)(const step *s, size_t begin, size_t end) {
    for (size_t i = begin; i < end; i += W) {
        const size_t n = sesame_min(W, end - i);
        vf p = LOAD(s->parameter + i), g = LOAD(s->penalized + i);
        vf sign = vselect(p != vset(0), vcopysign(vset(1.0f), p), vset(0));
        STORE(s->penalized + i, vfma(vset(s->l2), p, vfma(vset(s->l1), sign, g)));
    }
}
#undef LOAD
#undef STORE

#endif
