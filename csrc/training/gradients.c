/* gradients.c: gradients of weights, over all rows of a batch. Each value is summed by one thread,
 * row after row, so it does not matter which thread it is. */
#include <string.h>

#include "state.h"

static float *gradient_at(const bl_trainer *t, size_t offset)
{
    return t->gradients + (offset - t->trained_from);
}

void bl_train_job_run(bl_trainer *t, size_t index)
{
    const bl_train_job *j = &t->jobs[index];
    const size_t depth = j->depth_of_texts ? t->batch->texts : t->batch->start[t->batch->texts];
    float *out = gradient_at(t, j->gradient);
    switch (j->kind) {
    case BL_WEIGHT_JOB: {
        const bl_product p = { .a = j->d,
                               .a_row = 1,
                               .a_step = j->d_stride,
                               .rows = 16,
                               .b = j->x,
                               .b_step = j->x_stride,
                               .b_panel = 16,
                               .columns = j->columns,
                               .depth = depth,
                               .add = !t->step->first,
                               .out = out,
                               .stride = j->columns };
        t->products->outer_product(&p);
        break;
    }
    case BL_BIAS_JOB:
        if (t->step->first) memset(out, 0, 16 * sizeof *out);
        t->k->sum_columns(j->d, NULL, depth, j->d_stride, out);
        break;
    case BL_NORM_JOB: {
        float *gain = gradient_at(t, j->gradient2);
        if (t->step->first) memset(out, 0, 16 * sizeof *out);
        if (t->step->first) memset(gain, 0, 16 * sizeof *gain);
        t->k->sum_columns(j->d, NULL, depth, j->d_stride, out);
        t->k->sum_columns(j->d, j->x, depth, j->d_stride, gain);
        break;
    }
    }
}

/* ---- embeddings ------------------------------------------------------------------------------ */

size_t bl_train_slot(bl_trainer *t, size_t word)
{
    if (!t->slot[word]) t->slot[word] = (int32_t)++t->slots;
    return bl_train_slot_of(t, word);
}

/* Rows of the table that this batch has and none before it had since the last update. */
void bl_train_touch(bl_trainer *t)
{
    const bl_training_batch *b = t->batch;
    const size_t tokens = b->start[b->texts];
    for (size_t i = 0; i < tokens; i++) {
        const size_t word = (size_t)b->ids[i];
        if (t->is_touched[word]) continue;
        t->is_touched[word] = 1;
        t->touched[t->touched_count++] = b->ids[i];
        memset(t->word_gradients + bl_train_slot(t, word), 0, t->hidden * sizeof(float));
    }
}

static void add_lanes(const float *x, float *out)
{
    for (size_t i = 0; i < 16; i++) out[i] += x[i];
}

void bl_train_embedding_columns(bl_trainer *t, size_t column)
{
    const bl_training_batch *b = t->batch;
    const size_t h = t->hidden;
    float *positions = gradient_at(t, t->positions) + column;
    float *types = gradient_at(t, t->types) + column;
    for (size_t i = 0; t->step->first && i < t->c.positions; i++)
        memset(positions + i * h, 0, 16 * sizeof(float));
    for (size_t i = 0; t->step->first && i < t->c.token_types; i++)
        memset(types + i * h, 0, 16 * sizeof(float));
    for (size_t text = 0; text < b->texts; text++)
        for (size_t i = b->start[text]; i < b->start[text + 1]; i++) {
            const float *d = t->d_normal0 + i * h + column;
            add_lanes(d, t->word_gradients + bl_train_slot_of(t, (size_t)b->ids[i]) + column);
            add_lanes(d, positions + (i - b->start[text]) * h);
            if (t->c.token_types) add_lanes(d, types + (b->types ? (size_t)b->types[i] : 0) * h);
        }
}
