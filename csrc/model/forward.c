/* forward.c: the encoder. Read bl_forward first. */
#include "forward.h"

#include <math.h>
#include <string.h>

bl_rows8 bl_rows_from(const bl_model *m, bl_rows8 r, size_t at, size_t n)
{
    if (m->info.precision != BL_INT8) return r;
    const bl_rows8 part = { (char *)r.data + at / 2 * 2 * n * m->k->row_unit, r.scale + at,
                            r.zero + at };
    return part;
}

void bl_apply(const bl_model *m, const bl_linear *w, bl_activation f, float *x, size_t x_stride,
              size_t count, bl_rows8 rows, size_t from, size_t to, float *out, size_t stride)
{
    const float *bias = w->bias + from;
    if (m->info.precision == BL_INT8) {
        const bl_columns8 columns = { (const char *)w->columns.data +
                                          from * w->in * m->k->column_unit,
                                      w->columns.scale + from, w->columns.sum + from };
        m->k->quantize(f, x, x_stride, w->balance, count, w->in, rows);
        m->k->gemm8(rows, count, columns, to - from, w->in, bias, out, stride);
    } else {
        m->k->activate(f, x, x_stride, count, w->in);
        m->k->gemm32(x, x_stride, count, w->floats + from * w->in, to - from, w->in, bias, out,
                     stride);
    }
}

/* One head of one text. Queries are rows [q, q + rows) of qkv, and the result
 * overwrites them; keys and values are all the text's tokens. */
static void attend(bl_pass *p, struct bl_scratch *s, size_t head, size_t text, size_t q,
                   size_t rows)
{
    const bl_model *m = p->m;
    const size_t first = p->start[text], count = p->start[text + 1] - first, stride = 3 * m->width,
                 d = m->head;
    const size_t head_size = m->c.hidden / m->c.heads;
    const float factor = 1.0f / sqrtf((float)head_size);
    float *queries = p->qkv + q * stride + head * d,
          *keys = p->qkv + first * stride + m->width + head * d;
    const float *values = keys + m->width;
    if (m->info.precision == BL_INT8) {
        m->k->quantize(BL_LINEAR, queries, stride, NULL, rows, d, s->q);
        m->k->pack_keys8(keys, stride, count, d, s->keys, s->key_scale, s->key_sum);
        m->k->pack_values8(values, stride, count, d, s->values, s->value_scale, s->value_sum);
        m->k->attend8(s->q, rows, (bl_columns8){ s->keys, s->key_scale, s->key_sum },
                      (bl_columns8){ s->values, s->value_scale, s->value_sum }, count, d, factor,
                      s->attend, queries, stride);
    } else {
        m->k->pack32(keys, stride, count, d, s->keys);
        m->k->pack_values32(values, stride, count, d, s->values);
        m->k->attend32(queries, stride, rows, s->keys, s->values, count, d, factor, s->attend,
                       queries, stride);
    }
}

/* One text's first token alone, in the last layer. A score q . (K x) is (K^T q) . x, and
 * a result sum p V x is V (sum p x), so the token's few vectors go through the weights
 * instead of every other token's. A constant in all scores, as the keys' bias makes,
 * changes no softmax. The context goes to row `text` of qkv. */
static void attend_first(bl_pass *p, const bl_layer *l, struct bl_scratch *s, size_t text)
{
    const bl_model *m = p->m;
    const size_t h = m->hidden, d = m->head, first = p->start[text],
                 count = p->start[text + 1] - first;
    const size_t head_size = m->c.hidden / m->c.heads;
    const float factor = 1.0f / sqrtf((float)head_size);
    float *x = p->x + first * h, *context = p->qkv + text * 3 * m->width;
    float *query = s->up, *turned = query + m->width, *sums = turned + m->c.heads * h,
          *scores = sums + m->c.heads * h;
    bl_apply(m, &l->query_key, BL_LINEAR, x, h, 1, s->up_rows, 0, m->width, query, m->width);
    for (size_t head = 0; head < m->c.heads; head++)
        m->k->gemm32(query + head * d, d, 1, l->key_fold + head * h * d, h, d, NULL,
                     turned + head * h, h);
    m->k->attend_few32(turned, m->c.heads, x, count, h, factor, scores, sums);
    for (size_t head = 0; head < m->c.heads; head++)
        m->k->gemm32(sums + head * h, h, 1, l->value_fold + head * h * d, d, h,
                     l->value.bias + head * d, context + head * d, d);
}

/* Rows that the feed-forward layer takes at once: a small model's stay in the first
 * cache level, a large model's weights are read seldom. */
static size_t chunk_rows(const bl_model *m) { return m->intermediate <= 512 ? 32 : 128; }

/* How many of `rows` rows the next chunk takes: as many as the chunks after it, since a last one of
 * few rows would cost more than they do. Even, as rows of bl_rows8 may lie in pairs. */
static size_t next_chunk(const bl_model *m, size_t rows)
{
    const size_t most = chunk_rows(m), chunks = (rows + most - 1) / most,
                 each = (rows + chunks - 1) / chunks;
    return chunks == 1 ? rows : each + each % 2;
}

/* What follows attention, on rows [from, to): each row by itself. */
static void feed_forward(bl_pass *p, const bl_layer *l, struct bl_scratch *s, size_t from,
                         size_t to)
{
    const bl_model *m = p->m;
    const size_t h = m->hidden, stride = 3 * m->width;
    for (size_t r = from, count; r < to; r += count) {
        count = next_chunk(m, to - r);
        float *x = p->x + r * h, *context = p->qkv + r * stride, *y = context + m->width;
        const bl_rows8 rows = bl_rows_from(m, p->rows, r, m->width);
        bl_apply(m, &l->output, BL_LINEAR, context, stride, count, rows, 0, h, y, stride);
        m->k->norm(x, y, stride, l->attention_norm.gain, l->attention_norm.shift, m->c.epsilon,
                   count, m->c.hidden);
        bl_apply(m, &l->up, BL_LINEAR, x, h, count, rows, 0, m->intermediate, s->up,
                 m->intermediate);
        bl_apply(m, &l->down, m->c.activation, s->up, m->intermediate, count, s->up_rows, 0, h, y,
                 stride);
        m->k->norm(x, y, stride, l->output_norm.gain, l->output_norm.shift, m->c.epsilon, count,
                   m->c.hidden);
    }
}

/* The wanted rows of x become its first ones, when all threads are done with the rest. */
static void keep_wanted(bl_pass *p, unsigned thread)
{
    const size_t h = p->m->hidden;
    bl_barrier(&p->threads);
    if (thread == 0)
        for (size_t r = 0; r < p->wanted_count; r++)
            memmove(p->x + r * h, p->x + (size_t)p->wanted[r] * h, h * sizeof(float));
    bl_barrier(&p->threads);
}

/* Tokens [from, to) of a layer's input go to their positions in the batch. */
static void keep_states(const bl_pass *p, size_t layer, size_t from, size_t to)
{
    const size_t n = p->m->c.hidden;
    for (size_t r = from; r < to; r++)
        memcpy(p->states + layer * p->batch_size + (size_t)p->origin[r] * n,
               p->x + r * p->m->hidden, n * sizeof *p->states);
}

void bl_forward(bl_pass *p, unsigned thread)
{
    const bl_model *m = p->m;
    const size_t h = m->hidden, width = m->width, stride = 3 * width;
    const int all = p->wanted_count == p->tokens;
    struct bl_scratch *s = &p->scratch[thread];
    size_t from, to, first, last;

    bl_thread_range(&p->threads, thread, p->tokens, 8, &from, &to);
    m->k->embed(&m->tables, p->words + from, p->positions + from, p->types + from, to - from, h,
                p->x + from * h);
    m->k->norm(p->x + from * h, NULL, 0, m->embedding_norm.gain, m->embedding_norm.shift,
               m->c.epsilon, to - from, m->c.hidden);

    for (size_t i = 0; i < m->c.layers; i++) {
        const bl_layer *l = &m->layers[i];
        if (p->states) keep_states(p, i, from, to);
        const int some =
            !all &&
            i + 1 == m->c.layers; /* the last layer: wanted rows only, but all keys and values */
        if (p->first_only && i + 1 == m->c.layers) {
            bl_barrier(&p->threads);
            bl_thread_range(&p->threads, thread, p->texts, 8, &from, &to);
            for (size_t text = from; text < to; text++) attend_first(p, l, s, text);
            keep_wanted(p, thread);
            feed_forward(p, l, s, from, to);
            break;
        }
        const bl_rows8 rows = bl_rows_from(m, p->rows, from, width);
        float *x = p->x + from * h, *out = p->qkv + from * stride;
        bl_apply(m, &l->value, BL_LINEAR, x, h, to - from, rows, 0, width, out + 2 * width, stride);
        bl_apply(m, &l->query_key, BL_LINEAR, x, h, to - from, rows, some ? width : 0, 2 * width,
                 out + (some ? width : 0), stride);
        if (some) {
            keep_wanted(p, thread);
            bl_thread_range(&p->threads, thread, p->wanted_count, 8, &from, &to);
            bl_apply(m, &l->query_key, BL_LINEAR, p->x + from * h, h, to - from,
                     bl_rows_from(m, p->rows, from, width), 0, width, p->qkv + from * stride,
                     stride);
        }
        bl_barrier(&p->threads);
        bl_thread_range(&p->threads, thread, p->texts * m->c.heads, 1, &first, &last);
        for (size_t unit = first; unit < last; unit++) {
            const size_t text = unit / m->c.heads,
                         *bounds = (some ? p->wanted_start : p->start) + text;
            if (bounds[1] > bounds[0])
                attend(p, s, unit % m->c.heads, text, bounds[0], bounds[1] - bounds[0]);
        }
        bl_barrier(&p->threads);
        feed_forward(p, l, s, from, to);
    }
}

/* ---- memory -------------------------------------------------------------------- */

typedef struct {
    char *memory;
    size_t used;
} arena;

static void *carve(arena *a, size_t size)
{
    size_t at = (a->used + 63) & ~(size_t)63;
    a->used = at + size;
    return a->memory ? a->memory + at : NULL;
}

static bl_rows8 carve_rows(arena *a, const bl_model *m, size_t count, size_t n)
{
    bl_rows8 r;
    r.data = carve(a, (count + 1) / 2 * 2 * n * m->k->row_unit);
    r.scale = carve(a, count * sizeof *r.scale);
    r.zero = carve(a, count * sizeof *r.zero);
    return r;
}

size_t bl_lay_out(bl_pass *p, const bl_model *m, size_t tokens, unsigned threads, void *memory)
{
    arena a = { memory, 0 };
    const int int8 = m->info.precision == BL_INT8;
    const size_t longest = bl_pad(tokens < m->c.positions ? tokens : m->c.positions);
    const size_t chunk = chunk_rows(m) < tokens ? chunk_rows(m) : tokens;
    p->m = m;
    p->words = carve(&a, tokens * sizeof *p->words);
    p->positions = carve(&a, tokens * sizeof *p->positions);
    p->types = carve(&a, tokens * sizeof *p->types);
    p->origin = carve(&a, tokens * sizeof *p->origin);
    p->wanted = carve(&a, tokens * sizeof *p->wanted);
    p->start = carve(&a, (tokens + 1) * sizeof *p->start);
    p->wanted_start = carve(&a, (tokens + 1) * sizeof *p->wanted_start);
    p->x = carve(&a, tokens * m->hidden * sizeof *p->x);
    p->qkv = carve(&a, tokens * 3 * m->width * sizeof *p->qkv);
    const bl_rows8 none = { NULL, NULL, NULL };
    p->rows = int8 ? carve_rows(&a, m, tokens, m->width) : none;
    for (unsigned t = 0; t < threads; t++) {
        struct bl_scratch *s = &p->scratch[t];
        const size_t unit = int8 ? m->k->column_unit : sizeof(float);
        const size_t few = m->width + m->c.heads * (2 * m->hidden + longest),
                     most = chunk * m->intermediate;
        s->up = carve(&a, (most > few ? most : few) * sizeof *s->up);
        s->keys = carve(&a, longest * m->head * unit);
        s->values = carve(&a, longest * m->head * unit);
        s->attend =
            carve(&a, int8 ? m->k->attend8_scratch(longest) : m->k->attend32_scratch(longest));
        s->up_rows = s->q = none;
        if (!int8) continue;
        s->up_rows = carve_rows(&a, m, chunk,
                                m->intermediate > m->hidden
                                    ? m->intermediate
                                    : m->hidden); /* attend_first puts a token there */
        s->q = carve_rows(&a, m, longest, m->head);
        s->key_scale = carve(&a, longest * sizeof(float));
        s->key_sum = carve(&a, longest * sizeof(int32_t));
        s->value_scale = carve(&a, longest * sizeof(float));
        s->value_sum = carve(&a, m->head * sizeof(int32_t));
    }
    return a.used;
}
