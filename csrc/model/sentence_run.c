/* sentence_run.c: the steps behind pooling. */
#include <string.h>

#include "../error.h"
#include "sentence.h"

/* x = f(x); the sigmoid is a shifted tanh. */
static void activate(const bl_model *m, bl_step_function f, float *x, size_t n, float *spare)
{
    static const bl_activation kernels[BL_STEP_FUNCTIONS] = {
        [BL_STEP_IDENTITY] = BL_LINEAR, [BL_STEP_TANH] = BL_TANH,    [BL_STEP_RELU] = BL_RELU,
        [BL_STEP_GELU] = BL_GELU,       [BL_STEP_SIGMOID] = BL_TANH, [BL_STEP_SILU] = BL_TANH,
    };
    const int logistic = f == BL_STEP_SIGMOID || f == BL_STEP_SILU;
    if (f == BL_STEP_IDENTITY) return;
    if (logistic) {
        memcpy(spare, x, n * sizeof *x);
        for (size_t i = 0; i < n; i++) x[i] = 0.5f * x[i];
    }
    m->k->activate(kernels[f], x, n, 1, n);
    if (!logistic) return;
    for (size_t i = 0; i < n; i++) {
        x[i] = 0.5f * x[i] + 0.5f;
        if (f == BL_STEP_SILU) x[i] = x[i] * spare[i];
    }
}

float *bl_finish_sentence(const bl_model *m, float *a, float *b)
{
    const bl_sentence *s = m->sentence;
    size_t width = s->settings.pooling_count * m->c.hidden;
    for (size_t i = 0; i < s->settings.step_count; i++) {
        const bl_step_settings *step = &s->settings.steps[i];
        const bl_linear *dense = &s->dense[i];
        if (step->kind == BL_NORMALIZE_STEP) {
            bl_normalize_rows(a, 1, width);
            continue;
        }
        m->k->gemm32(a, dense->in, 1, dense->floats, dense->out, dense->in, dense->bias, b,
                     dense->out);
        width = step->out;
        /* a is not needed any more */
        activate(m, step->function, b, dense->out, a);
        memset(b + width, 0, (dense->out - width) * sizeof *b);
        float *result = b;
        b = a;
        a = result;
    }
    return a;
}

bl_status bl_describe_sentence(const bl_model *m, bl_sentence_info *out, bl_error *error)
{
    const bl_sentence *s = m->sentence;
    *out = (bl_sentence_info){ .dimensions = m->c.hidden };
    if (m->sentence_problem) return bl_fail(error, m->sentence_status, "%s", m->sentence_problem);
    if (!s) return BL_OK;
    const bl_sentence_settings *settings = &s->settings;
    out->dimensions = settings->dimensions && settings->dimensions < s->width ? settings->dimensions
                                                                              : s->width;
    out->max_tokens = settings->max_tokens;
    out->exclude_prompt = settings->exclude_prompt;
    out->json = s->json;
    out->json_size = s->json_size;
    return BL_OK;
}
