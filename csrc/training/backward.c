/* backward.c: gradients of what layers are given, for some texts of a batch. Those of weights come
 * afterwards, over all texts at once (gradients.c). */
#include <string.h>

#include "state.h"

static void drop_rows(const bl_trainer *t, float share, unsigned site, size_t from, size_t rows,
                      float *x)
{
    const bl_drop d = bl_train_drop(t, share, site);
    t->k->drop(d, (uint32_t)(from * t->hidden), x + from * t->hidden, rows * t->hidden);
}

/* ---- the head -------------------------------------------------------------------------------- */

void bl_train_unpool(bl_trainer *t, size_t from, size_t to)
{
    bl_train_layer *last = &t->layers[t->c.layers - 1];
    const size_t h = t->hidden, *start = t->batch->start;
    const float *d = t->d_pooled_in;
    if (t->of_tokens) return;
    if (!t->from_mean) {
        memcpy(last->d_out + from * h, d + from * h, (to - from) * h * sizeof *d);
        return;
    }
    for (size_t text = from; text < to; text++) {
        const float share = 1.0f / (float)(start[text + 1] - start[text]);
        for (size_t row = start[text]; row < start[text + 1]; row++)
            for (size_t i = 0; i < h; i++) last->d_out[row * h + i] = d[text * h + i] * share;
    }
}

void bl_train_head_backward(bl_trainer *t, size_t from, size_t to)
{
    const size_t h = t->hidden, row = bl_train_head_row(t, from);
    const size_t rows = bl_train_head_row(t, to) - row;
    const unsigned site = BL_SITE_LAYER + (unsigned)t->c.layers * BL_SITES_PER_LAYER;
    if (t->of_words) {
        bl_train_words_backward(t, row, rows);
        return;
    }
    float *first = t->has_pooler ? t->d_pooled : t->d_pooled_in;
    bl_train_apply_back(t, &t->classifier, t->d_logits + row * t->padded_labels, rows, 0,
                        first + row * h);
    drop_rows(t, t->o.classifier_dropout, site, row, rows, first);
    if (t->has_pooler) {
        t->k->multiply(t->pooled_slope + row * h, rows * h, first + row * h);
        if (t->o.trained != BL_TRAIN_HEAD)
            bl_train_apply_back(t, &t->pooler, first + row * h, rows, 0, t->d_pooled_in + row * h);
    }
    if (t->o.trained != BL_TRAIN_HEAD) bl_train_unpool(t, from, to);
}

/* ---- attention ------------------------------------------------------------------------------- */

/* One head of a text: where its rows are. */
typedef struct {
    size_t rows, length, padded, at;
    float *query, *keys, *values; /* become their gradients */
    const float *weights, *d_context;
} one_head;

static float *d_context_of(const bl_trainer *t, const bl_train_layer *l)
{
    return l->few ? t->d_row_context : t->d_context;
}

static one_head find_head(const bl_trainer *t, const bl_train_layer *l, size_t text, size_t head)
{
    const size_t *start = t->batch->start, w = t->width, n = t->head;
    const size_t row = l->few ? text : start[text];
    one_head o = { .length = start[text + 1] - start[text] };
    o.rows = l->few ? 1 : o.length;
    o.padded = bl_pad(o.length);
    o.at = (l->few ? text * bl_pad(t->o.length) : t->weight_at[text]) * t->c.heads +
           head * o.rows * o.padded;
    o.query = l->query_row + row * w + head * n;
    o.keys = l->key_row + start[text] * 2 * w + head * n;
    o.values = o.keys + w;
    o.weights = l->weights + o.at;
    o.d_context = d_context_of(t, l) + row * w + head * n;
    return o;
}

/* out = a' b over `depth` rows of both: a' has `rows` rows. */
static void product_of_rows(const bl_trainer *t, const float *a, size_t a_stride, size_t rows,
                            const float *b, size_t b_stride, size_t depth, float *out,
                            size_t stride)
{
    const bl_product p = { .a = a,
                           .a_row = 1,
                           .a_step = a_stride,
                           .rows = rows,
                           .b = b,
                           .b_step = b_stride,
                           .b_panel = 16,
                           .columns = t->head,
                           .depth = depth,
                           .out = out,
                           .stride = stride };
    t->products->product(&p);
}

static void attend_head_back(bl_trainer *t, const bl_train_layer *l, struct bl_train_scratch *s,
                             bl_drop d, size_t text, size_t head)
{
    const one_head o = find_head(t, l, text, head);
    const size_t w = t->width, n = t->head, count = o.rows * o.padded;
    const float *kept = o.weights;
    t->k->pack_transposed(o.values, 2 * w, o.length, n, s->keys);
    const bl_product d_weights = { .a = o.d_context,
                                   .a_row = w,
                                   .a_step = 1,
                                   .rows = o.rows,
                                   .b = s->keys,
                                   .b_step = 16,
                                   .b_panel = 16 * n,
                                   .columns = o.padded,
                                   .depth = n,
                                   .out = s->scores,
                                   .stride = o.padded };
    t->products->product(&d_weights);
    if (d.threshold) {
        memcpy(s->kept, o.weights, count * sizeof *s->kept);
        t->k->drop(d, (uint32_t)o.at, s->kept, count);
        t->k->drop(d, (uint32_t)o.at, s->scores, count);
        kept = s->kept;
    }
    product_of_rows(t, kept, o.padded, o.length, o.d_context, w, o.rows, o.values, 2 * w);
    t->k->softmax_back(o.weights, s->scores, o.rows, o.padded, t->attention_factor);
    const bl_product d_query = { .a = s->scores,
                                 .a_row = o.padded,
                                 .a_step = 1,
                                 .rows = o.rows,
                                 .b = o.keys,
                                 .b_step = 2 * w,
                                 .b_panel = 16,
                                 .columns = n,
                                 .depth = o.length,
                                 .out = s->d_query,
                                 .stride = n };
    t->products->product(&d_query);
    product_of_rows(t, s->scores, o.padded, o.length, o.query, w, o.rows, o.keys, 2 * w);
    for (size_t r = 0; r < o.rows; r++)
        memcpy(o.query + r * w, s->d_query + r * n, n * sizeof *s->d_query);
}

/* ---- layers ---------------------------------------------------------------------------------- */

/* Through the feed-forward part: d_middle from d_out. slope becomes the gradient of up's result. */
static void feed_forward_back(bl_trainer *t, bl_train_layer *l, struct bl_train_scratch *s,
                              unsigned site, size_t row, size_t rows)
{
    const size_t h = t->hidden, i = t->intermediate;
    t->k->norm_back(l->d_out + row * h, l->normal2 + row * h, l->inverse2 + row, rows, h,
                    t->c.hidden, t->real, t->values + l->norm2.gain, l->d_down + row * h);
    memcpy(l->d_middle + row * h, l->d_down + row * h, rows * h * sizeof *l->d_down);
    drop_rows(t, t->o.hidden_dropout, site + 2, row, rows, l->d_down);
    for (size_t at = row; at < row + rows; at += BL_TRAIN_TILE) {
        const size_t some = row + rows - at < BL_TRAIN_TILE ? row + rows - at : BL_TRAIN_TILE;
        bl_train_apply_back(t, &l->down, l->d_down + at * h, some, 0, s->up);
        t->k->multiply(s->up, some * i, l->slope + at * i);
        bl_train_apply_back(t, &l->up, l->slope + at * i, some, 1, l->d_middle + at * h);
    }
}

static void layer_back(bl_trainer *t, bl_train_layer *l, unsigned thread, unsigned site,
                       size_t from, size_t to, float *d_in)
{
    struct bl_train_scratch *s = &t->scratch[thread];
    const size_t *start = t->batch->start, h = t->hidden, w = t->width;
    const size_t token = start[from], tokens = start[to] - token;
    const size_t row = l->few ? from : token, rows = l->few ? to - from : tokens;
    const bl_drop d = bl_train_drop(t, t->o.attention_dropout, site);
    float *d_row_in = l->few ? t->d_row_in : d_in;
    feed_forward_back(t, l, s, site, row, rows);
    t->k->norm_back(l->d_middle + row * h, l->normal1 + row * h, l->inverse1 + row, rows, h,
                    t->c.hidden, t->real, t->values + l->norm1.gain, l->d_output + row * h);
    if (d_in) memcpy(d_row_in + row * h, l->d_output + row * h, rows * h * sizeof *d_in);
    drop_rows(t, t->o.hidden_dropout, site + 1, row, rows, l->d_output);
    bl_train_apply_back(t, &l->output, l->d_output + row * h, rows, 0,
                        d_context_of(t, l) + row * w);
    for (size_t text = from; text < to; text++)
        for (size_t head = 0; head < t->c.heads; head++) attend_head_back(t, l, s, d, text, head);
    if (!d_in) return;
    bl_train_apply_back(t, &l->query, l->query_row + row * w, rows, 1, d_row_in + row * h);
    if (l->few) {
        memset(d_in + token * h, 0, tokens * h * sizeof *d_in);
        for (size_t text = from; text < to; text++)
            memcpy(d_in + start[text] * h, d_row_in + text * h, h * sizeof *d_in);
    }
    bl_train_apply_back(t, &l->key_value, l->key_row + token * 2 * w, tokens, 1, d_in + token * h);
}

void bl_train_backward(bl_trainer *t, unsigned thread, size_t from, size_t to)
{
    const size_t h = t->hidden, token = t->batch->start[from];
    const size_t tokens = t->batch->start[to] - token;
    const int embeddings = t->o.trained == BL_TRAIN_ALL;
    for (size_t i = t->c.layers; i-- > 0;) {
        float *d_in = i ? t->layers[i - 1].d_out : embeddings ? t->d_embedding : NULL;
        layer_back(t, &t->layers[i], thread, BL_SITE_LAYER + (unsigned)i * BL_SITES_PER_LAYER, from,
                   to, d_in);
    }
    if (!embeddings) return;
    drop_rows(t, t->o.hidden_dropout, BL_SITE_EMBEDDING, token, tokens, t->d_embedding);
    t->k->norm_back(t->d_embedding + token * h, t->normal0 + token * h, t->inverse0 + token, tokens,
                    h, t->c.hidden, t->real, t->values + t->embedding_norm.gain,
                    t->d_normal0 + token * h);
}
