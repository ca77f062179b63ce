#include "sentence.h"

#include <stdio.h>
#include <string.h>

#include "../error.h"
#include "../memory.h"

static bl_status read_bias(bl_builder *b, const char *name, size_t count, float *bias)
{
    const bl_tensor *t;
    bl_status status = bl_builder_tensor(b, name, count, 0, &t);
    if (status == BL_OK) status = bl_builder_floats(b, t, 0, count, bias);
    if (status != BL_OK || !b->writer) return status;
    return bl_writer_floats(b->writer, name, bias, count, 0, 0, b->error);
}

static bl_status read_weights(bl_builder *b, const char *name, const bl_step_settings *step,
                              size_t stride, float *rows)
{
    const bl_tensor *t;
    bl_status status = bl_builder_tensor(b, name, step->out, step->in, &t);
    for (size_t r = 0; r < step->out && status == BL_OK; r++)
        status = bl_builder_floats(b, t, r * step->in, step->in, rows + r * stride);
    if (status != BL_OK || !b->writer) return status;
    return bl_writer_floats(b->writer, name, rows, step->out, step->in, stride, b->error);
}

static bl_status build_dense(bl_builder *b, size_t index, const bl_step_settings *step,
                             bl_linear *out)
{
    char weight[BL_NAME_SIZE], bias[BL_NAME_SIZE];
    snprintf(weight, sizeof weight, BL_STEP_NAME "weight", index);
    snprintf(bias, sizeof bias, BL_STEP_NAME "bias", index);
    out->in = bl_pad(step->in);
    out->out = bl_pad(step->out);
    const size_t cells = out->in * out->out;
    float *packed = bl_builder_memory(b, cells, sizeof *packed);
    float *biases = packed ? bl_builder_memory(b, out->out, sizeof *biases) : NULL;
    if (!biases) return BL_MEMORY_ERROR;
    float *rows = bl_calloc(cells, sizeof *rows);
    if (!rows) return bl_builder_no_memory(b);
    bl_status status = read_weights(b, weight, step, out->in, rows);
    if (status == BL_OK && step->bias) status = read_bias(b, bias, step->out, biases);
    if (status == BL_OK) b->model->k->pack32(rows, out->in, out->out, out->in, packed);
    bl_free(rows);
    out->floats = packed;
    out->bias = biases;
    return status;
}

static bl_status build_steps(bl_builder *b, bl_sentence *s)
{
    const bl_sentence_settings *settings = &s->settings;
    const size_t hidden = b->model->c.hidden;
    if (settings->pooling_width && settings->pooling_width != hidden)
        return bl_fail(
            b->error, BL_CONFIG_ERROR,
            "the Pooling module takes hidden states of %zu values, but the encoder gives "
            "%zu; use the files that were saved with it.",
            settings->pooling_width, hidden);
    s->width = settings->pooling_count * hidden;
    s->widest = bl_pad(s->width);
    for (size_t i = 0; i < settings->step_count; i++) {
        const bl_step_settings *step = &settings->steps[i];
        if (step->kind != BL_DENSE_STEP) continue;
        if (step->in != s->width)
            return bl_fail(b->error, BL_CONFIG_ERROR,
                           "a Dense module takes vectors of %zu values, but those before it have "
                           "%zu; use the files that were saved with it.",
                           step->in, s->width);
        const bl_status status = build_dense(b, i, step, &s->dense[i]);
        if (status != BL_OK) return status;
        s->width = step->out;
        if (bl_pad(s->width) > s->widest) s->widest = bl_pad(s->width);
    }
    return BL_OK;
}

bl_status bl_keep_sentence_problem(bl_model *m, const bl_error *problem, bl_error *error)
{
    const size_t size = strlen(problem->text) + 1;
    bl_builder b = { .model = m, .error = error };
    char *text = bl_builder_memory(&b, size, 1);
    if (!text) return BL_MEMORY_ERROR;
    memcpy(text, problem->text, size);
    m->sentence = NULL;
    m->sentence_status = problem->status;
    m->sentence_problem = text;
    return BL_OK;
}

bl_status bl_build_sentence(bl_builder *b)
{
    const char *text = b->tensors->sentence;
    bl_error problem, *const error = b->error;
    if (!text) return BL_OK;
    bl_sentence *s = bl_builder_memory(b, 1, sizeof *s);
    if (!s) return BL_MEMORY_ERROR;
    s->json_size = strlen(text);
    s->json = bl_builder_memory(b, s->json_size + 1, 1);
    if (!s->json) return BL_MEMORY_ERROR;
    memcpy(s->json, text, s->json_size);
    b->model->sentence = s;
    b->error = &problem;
    bl_status status = bl_read_sentence_settings(s->json, s->json_size, &s->settings, &problem);
    if (status == BL_OK) status = build_steps(b, s);
    b->error = error;
    if (status == BL_OK) return BL_OK;
    if (b->writer || status == BL_MEMORY_ERROR) return bl_fail(error, status, "%s", problem.text);
    return bl_keep_sentence_problem(b->model, &problem, error);
}
