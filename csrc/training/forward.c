/* forward.c: the encoder and the head in float, for some texts of a batch. What the way back needs
 * stays in the trainer's buffers. */
#include <string.h>

#include "state.h"

/* ---- products -------------------------------------------------------------------------------- */

void bl_train_apply(const bl_trainer *t, const bl_train_linear *w, const float *x, size_t rows,
                    float *out)
{
    const bl_product p = { .a = x,
                           .a_row = w->in,
                           .a_step = 1,
                           .rows = rows,
                           .b = t->packs + w->forward,
                           .b_step = 16,
                           .b_panel = 16 * w->in,
                           .columns = w->out,
                           .depth = w->in,
                           .bias = t->values + w->bias,
                           .out = out,
                           .stride = w->out };
    t->products->product(&p);
}

void bl_train_apply_back(const bl_trainer *t, const bl_train_linear *w, const float *dy,
                         size_t rows, int add, float *dx)
{
    const bl_product p = { .a = dy,
                           .a_row = w->out,
                           .a_step = 1,
                           .rows = rows,
                           .b = t->packs + w->backward,
                           .b_step = 16,
                           .b_panel = 16 * w->out,
                           .columns = w->in,
                           .depth = w->out,
                           .add = add,
                           .out = dx,
                           .stride = w->in };
    t->products->product(&p);
}

/* Panels of 16 rows of W for the way forward, of 16 columns for the way back; one in `count` is
 * this thread's, by their number from *number on. */
static void pack_linear(bl_trainer *t, const bl_train_linear *l, unsigned thread, size_t *number)
{
    const float *w = t->values + l->weight;
    const size_t count = t->threads.count;
    for (size_t row = 0; row < l->out; row += 16, ++*number)
        if (*number % count == thread)
            t->k->pack_transposed(w + row * l->in, l->in, 16, l->in,
                                  t->packs + l->forward + row * l->in);
    for (size_t column = 0; column < l->in; column += 16, ++*number) {
        float *out = t->packs + l->backward + column * l->out;
        if (*number % count != thread) continue;
        for (size_t r = 0; r < l->out; r++)
            memcpy(out + r * 16, w + r * l->in + column, 16 * sizeof *out);
    }
}

void bl_train_pack(bl_trainer *t, unsigned thread)
{
    const int encoder = t->o.trained != BL_TRAIN_HEAD || t->packs_are_stale;
    size_t number = 0;
    for (size_t i = 0; encoder && i < t->c.layers; i++) {
        const bl_train_layer *l = &t->layers[i];
        pack_linear(t, &l->query, thread, &number);
        pack_linear(t, &l->key_value, thread, &number);
        pack_linear(t, &l->output, thread, &number);
        pack_linear(t, &l->up, thread, &number);
        pack_linear(t, &l->down, thread, &number);
    }
    if (t->has_pooler || t->of_words) pack_linear(t, &t->pooler, thread, &number);
    pack_linear(t, &t->classifier, thread, &number);
}

/* ---- dropout --------------------------------------------------------------------------------- */

bl_drop bl_train_drop(const bl_trainer *t, float share, unsigned site)
{
    bl_drop d = { 0 };
    if (!t->step || share <= 0.0f) return d;
    uint64_t state = t->o.seed + t->step->number * 0xD1342543DE82EF95u + site;
    d.key = (uint32_t)(bl_training_random(&state) >> 32);
    d.threshold = (uint32_t)((double)share * 4294967296.0);
    d.scale = 1.0f / (1.0f - share);
    return d;
}

static void drop_rows(const bl_trainer *t, bl_drop d, size_t from, size_t rows, float *x)
{
    t->k->drop(d, (uint32_t)(from * t->hidden), x + from * t->hidden, rows * t->hidden);
}

/* ---- the encoder ----------------------------------------------------------------------------- */

static void embed(bl_trainer *t, size_t from, size_t to)
{
    const bl_training_batch *b = t->batch;
    const size_t h = t->hidden, first = b->start[from], last = b->start[to];
    for (size_t text = from; text < to; text++)
        for (size_t i = b->start[text]; i < b->start[text + 1]; i++) {
            float *x = t->normal0 + i * h;
            memcpy(x, t->words + (size_t)b->ids[i] * h, h * sizeof *x);
            t->k->add(t->values + t->positions + (i - b->start[text]) * h, h, x);
            if (t->c.token_types)
                t->k->add(t->values + t->types + (b->types ? (size_t)b->types[i] : 0) * h, h, x);
        }
    float *out = t->layers[0].in + first * h;
    t->k->norm(t->normal0 + first * h, last - first, h, t->c.hidden, t->real,
               t->values + t->embedding_norm.gain, t->values + t->embedding_norm.shift,
               t->c.epsilon, t->inverse0 + first, out);
    drop_rows(t, bl_train_drop(t, t->o.hidden_dropout, BL_SITE_EMBEDDING), first, last - first,
              t->layers[0].in);
}

static void attend_head(bl_trainer *t, const bl_train_layer *l, struct bl_train_scratch *s,
                        bl_drop d, size_t text, size_t head)
{
    const bl_training_batch *b = t->batch;
    const size_t w = t->width, n = t->head, length = b->start[text + 1] - b->start[text];
    const size_t padded = bl_pad(length), rows = l->few ? 1 : length;
    const size_t row = l->few ? text : b->start[text];
    const float *keys = l->key_row + b->start[text] * 2 * w + head * n;
    const size_t at = (l->few ? text * bl_pad(t->o.length) : t->weight_at[text]) * t->c.heads +
                      head * rows * padded;
    float *weights = l->weights + at;
    t->k->pack_transposed(keys, 2 * w, length, n, s->keys);
    const bl_product scores = { .a = l->query_row + row * w + head * n,
                                .a_row = w,
                                .a_step = 1,
                                .rows = rows,
                                .b = s->keys,
                                .b_step = 16,
                                .b_panel = 16 * n,
                                .columns = padded,
                                .depth = n,
                                .out = weights,
                                .stride = padded };
    t->products->product(&scores);
    t->k->softmax(weights, rows, padded, t->attention_factor, s->mask);
    if (d.threshold) {
        memcpy(s->kept, weights, rows * padded * sizeof *weights);
        t->k->drop(d, (uint32_t)at, s->kept, rows * padded);
        weights = s->kept;
    }
    const bl_product values = { .a = weights,
                                .a_row = padded,
                                .a_step = 1,
                                .rows = rows,
                                .b = keys + w,
                                .b_step = 2 * w,
                                .b_panel = 16,
                                .columns = n,
                                .depth = length,
                                .out = l->context + row * w + head * n,
                                .stride = w };
    t->products->product(&values);
}

static void attend(bl_trainer *t, const bl_train_layer *l, unsigned thread, unsigned site,
                   size_t from, size_t to)
{
    struct bl_train_scratch *s = &t->scratch[thread];
    const bl_drop d = bl_train_drop(t, t->o.attention_dropout, site);
    for (size_t text = from; text < to; text++) {
        const size_t length = t->batch->start[text + 1] - t->batch->start[text];
        for (size_t i = 0; i < bl_pad(length); i++) s->mask[i] = i < length ? 0.0f : -1e30f;
        for (size_t head = 0; head < t->c.heads; head++) attend_head(t, l, s, d, text, head);
    }
}

/* normal = x W' + bias, dropped, + residual, normalized; out = the norm's result. */
static void finish(bl_trainer *t, const bl_train_linear *w, const bl_train_norm *norm,
                   unsigned site, const float *x, const float *residual, size_t row, size_t rows,
                   float *normal, float *inverse, float *out)
{
    const size_t h = t->hidden;
    bl_train_apply(t, w, x + row * w->in, rows, normal + row * h);
    drop_rows(t, bl_train_drop(t, t->o.hidden_dropout, site), row, rows, normal);
    t->k->add(residual + row * h, rows * h, normal + row * h);
    t->k->norm(normal + row * h, rows, h, t->c.hidden, t->real, t->values + norm->gain,
               t->values + norm->shift, t->c.epsilon, inverse + row, out + row * h);
}

static void run_layer(bl_trainer *t, bl_train_layer *l, unsigned thread, unsigned site, size_t from,
                      size_t to)
{
    const size_t *start = t->batch->start, h = t->hidden;
    const size_t token = start[from], tokens = start[to] - token;
    const size_t row = l->few ? from : token, rows = l->few ? to - from : tokens;
    for (size_t text = from; l->few && text < to; text++)
        memcpy(l->row_in + text * h, l->in + start[text] * h, h * sizeof *l->in);
    bl_train_apply(t, &l->query, l->row_in + row * h, rows, l->query_row + row * t->width);
    bl_train_apply(t, &l->key_value, l->in + token * h, tokens, l->key_row + token * 2 * t->width);
    attend(t, l, thread, site, from, to);
    finish(t, &l->output, &l->norm1, site + 1, l->context, l->row_in, row, rows, l->normal1,
           l->inverse1, l->middle);
    const size_t i = t->intermediate;
    bl_train_apply(t, &l->up, l->middle + row * h, rows, l->active + row * i);
    t->k->activate(t->c.activation, l->active + row * i, l->slope + row * i, rows * i);
    finish(t, &l->down, &l->norm2, site + 2, l->active, l->middle, row, rows, l->normal2,
           l->inverse2, l->out);
}

static void pool(bl_trainer *t, size_t from, size_t to)
{
    const bl_train_layer *last = &t->layers[t->c.layers - 1];
    const size_t h = t->hidden, *start = t->batch->start;
    if (t->of_tokens) return;
    if (!t->from_mean) {
        memcpy(t->pooled_in + from * h, last->out + from * h, (to - from) * h * sizeof *last->out);
        return;
    }
    for (size_t text = from; text < to; text++) {
        const size_t length = start[text + 1] - start[text];
        const float share = 1.0f / (float)length;
        float *mean = t->pooled_in + text * h;
        memset(mean, 0, h * sizeof *mean);
        for (size_t i = 0; i < h; i += 16)
            t->k->sum_columns(last->out + start[text] * h + i, NULL, length, h, mean + i);
        for (size_t i = 0; i < h; i++) mean[i] *= share;
    }
}

void bl_train_forward(bl_trainer *t, unsigned thread, size_t from, size_t to)
{
    embed(t, from, to);
    for (size_t i = 0; i < t->c.layers; i++)
        run_layer(t, &t->layers[i], thread, BL_SITE_LAYER + (unsigned)i * BL_SITES_PER_LAYER, from,
                  to);
    pool(t, from, to);
}

void bl_train_head_forward(bl_trainer *t, size_t from, size_t to)
{
    const size_t h = t->hidden, row = bl_train_head_row(t, from);
    const size_t rows = bl_train_head_row(t, to) - row;
    const unsigned site = BL_SITE_LAYER + (unsigned)t->c.layers * BL_SITES_PER_LAYER;
    if (t->of_words) {
        bl_train_words_forward(t, row, rows);
        return;
    }
    const float *in = t->pooled_in + row * h;
    float *dropped = t->dropped + row * h;
    if (t->has_pooler) {
        float *pooled = t->pooled + row * h;
        bl_train_apply(t, &t->pooler, in, rows, pooled);
        t->k->activate(t->pooler_activation, pooled, t->pooled_slope + row * h, rows * h);
        in = pooled;
    }
    memcpy(dropped, in, rows * h * sizeof *in);
    drop_rows(t, bl_train_drop(t, t->o.classifier_dropout, site), row, rows, t->dropped);
    bl_train_apply(t, &t->classifier, dropped, rows, t->logits + row * t->padded_labels);
}
