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

bl_rows8 bl_pass_rows(const bl_pass *p, size_t at)
{
    return bl_rows_from(p->m, p->rows, p->m->frugal ? 0 : at, p->m->width);
}

/* out = rows W + bias for columns [from, to) of the layer. */
static void multiply8(const bl_model *m, const bl_linear *w, size_t count, bl_rows8 rows,
                      size_t from, size_t to, float *out, size_t stride)
{
    const bl_columns8 columns = { (const char *)w->columns.data + from * w->in * m->k->column_unit,
                                  w->columns.scale + from, w->columns.sum + from };
    m->k->gemm8(rows, count, columns, to - from, w->in, w->bias + from, out, stride);
}

void bl_apply(const bl_model *m, const bl_linear *w, bl_activation f, float *x, size_t x_stride,
              size_t count, bl_rows8 rows, size_t from, size_t to, float *out, size_t stride)
{
    if (m->info.precision == BL_INT8) {
        m->k->quantize(f, x, x_stride, w->balance, count, w->in, rows);
        multiply8(m, w, count, rows, from, to, out, stride);
    } else {
        m->k->activate(f, x, x_stride, count, w->in);
        m->k->gemm32(x, x_stride, count, w->floats + from * w->in, to - from, w->in, w->bias + from,
                     out, stride);
    }
}

/* How many of `rows` rows a layer takes at once. */
static size_t rows_at_once(const bl_model *m, size_t rows)
{
    return m->frugal && m->chunk < rows ? m->chunk : rows;
}

/* One head of one text. Queries are rows [q, q + rows), and the result overwrites them; keys and
 * values are all the text's tokens. */
static void attend(bl_pass *p, struct bl_scratch *s, size_t head, size_t text, size_t q,
                   size_t rows)
{
    const bl_model *m = p->m;
    const size_t first = p->start[text], count = p->start[text + 1] - first, d = m->head,
                 stride = p->q_stride, kv_stride = p->kv_stride;
    const size_t head_size = m->c.hidden / m->c.heads;
    const float factor = 1.0f / sqrtf((float)head_size);
    float *queries = p->q + q * stride + head * d,
          *keys = p->kv + first * kv_stride + (m->frugal ? 0 : head * d);
    const float *values = keys + (m->frugal ? d : m->width);
    if (m->info.precision == BL_INT8) {
        const size_t step = rows_at_once(m, rows);
        m->k->pack_keys8(keys, kv_stride, count, d, s->keys, s->key_scale, s->key_sum);
        m->k->pack_values8(values, kv_stride, count, d, s->values, s->value_scale, s->value_sum);
        for (size_t r = 0; r < rows; r += step, queries += step * stride) {
            const size_t some = rows - r < step ? rows - r : step;
            m->k->quantize(BL_LINEAR, queries, stride, NULL, some, d, s->q);
            m->k->attend8(s->q, some, (bl_columns8){ s->keys, s->key_scale, s->key_sum },
                          (bl_columns8){ s->values, s->value_scale, s->value_sum }, count, d,
                          factor, s->attend, queries, stride);
        }
    } else {
        m->k->pack32(keys, kv_stride, count, d, s->keys);
        m->k->pack_values32(values, kv_stride, count, d, s->values);
        m->k->attend32(queries, stride, rows, s->keys, s->values, count, d, factor, s->attend,
                       queries, stride);
    }
}

/* One text's first token alone, in the last layer. A score q . (K x) is (K^T q) . x, and
 * a result sum p V x is V (sum p x), so the token's few vectors go through the weights
 * instead of every other token's. A constant in all scores, as the keys' bias makes,
 * changes no softmax. The context goes to row `text` of q. */
static void attend_first(bl_pass *p, const bl_layer *l, struct bl_scratch *s, size_t text)
{
    const bl_model *m = p->m;
    const size_t h = m->hidden, d = m->head, first = p->start[text],
                 count = p->start[text + 1] - first;
    const size_t head_size = m->c.hidden / m->c.heads;
    const float factor = 1.0f / sqrtf((float)head_size);
    float *x = p->x + first * h, *context = p->q + text * p->q_stride;
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

/* How many of `rows` rows the next chunk takes: as many as the chunks after it, since a last one of
 * few rows would cost more than they do. Even, as rows of bl_rows8 may lie in pairs. */
static size_t next_chunk(const bl_model *m, size_t rows)
{
    const size_t chunks = (rows + m->chunk - 1) / m->chunk, each = (rows + chunks - 1) / chunks;
    return chunks == 1 ? rows : each + each % 2;
}

/* What follows attention, on rows [from, to): each row by itself. */
static void feed_forward(bl_pass *p, const bl_layer *l, struct bl_scratch *s, size_t from,
                         size_t to)
{
    const bl_model *m = p->m;
    const size_t h = m->hidden, y_stride = m->frugal ? h : p->kv_stride;
    for (size_t r = from, count; r < to; r += count) {
        count = next_chunk(m, to - r);
        float *x = p->x + r * h, *context = p->q + r * p->q_stride,
              *y = p->kv + (m->frugal ? 0 : r * y_stride);
        const bl_rows8 rows = bl_pass_rows(p, r);
        bl_apply(m, &l->output, BL_LINEAR, context, p->q_stride, count, rows, 0, h, y, y_stride);
        m->k->norm(x, y, y_stride, l->attention_norm.gain, l->attention_norm.shift, m->c.epsilon,
                   count, m->c.hidden);
        bl_apply(m, &l->up, BL_LINEAR, x, h, count, rows, 0, m->intermediate, s->up,
                 m->intermediate);
        bl_apply(m, &l->down, m->c.activation, s->up, m->intermediate, count, s->up_rows, 0, h, y,
                 y_stride);
        m->k->norm(x, y, y_stride, l->output_norm.gain, l->output_norm.shift, m->c.epsilon, count,
                   m->c.hidden);
    }
}

/* Columns [first, last) of a layer that makes queries, keys and values, for rows [from, to) of x
 * into those of q from `column` on. */
static void project_rows(bl_pass *p, const bl_linear *w, size_t first, size_t last, size_t column,
                         size_t from, size_t to)
{
    const bl_model *m = p->m;
    const size_t h = m->hidden, stride = p->q_stride;
    bl_apply(m, w, BL_LINEAR, p->x + from * h, h, to - from, bl_pass_rows(p, from), first, last,
             p->q + from * stride + column, stride);
}

/* One head's queries, keys and values of all rows, of a frugal model. */
static void project_head(bl_pass *p, const bl_layer *l, size_t head)
{
    const bl_model *m = p->m;
    const size_t h = m->hidden, d = m->head, at = head * d, step = rows_at_once(m, p->tokens);
    for (size_t r = 0; r < p->tokens; r += step) {
        const size_t count = p->tokens - r < step ? p->tokens - r : step;
        float *x = p->x + r * h, *kv = p->kv + r * p->kv_stride;
        m->k->quantize(BL_LINEAR, x, h, l->query_key.balance, count, h, p->rows);
        multiply8(m, &l->query_key, count, p->rows, at, at + d, p->q + r * p->q_stride + at,
                  p->q_stride);
        multiply8(m, &l->query_key, count, p->rows, m->width + at, m->width + at + d, kv,
                  p->kv_stride);
        bl_apply(m, &l->value, BL_LINEAR, x, h, count, p->rows, at, at + d, kv + d, p->kv_stride);
    }
}

/* Attention of a frugal model: head by head, for all rows; then only the wanted ones are kept. */
static void attend_frugally(bl_pass *p, const bl_layer *l, int some)
{
    const size_t h = p->m->hidden;
    for (size_t head = 0; head < p->m->c.heads; head++) {
        project_head(p, l, head);
        for (size_t text = 0; text < p->texts; text++)
            attend(p, &p->scratch[0], head, text, p->start[text],
                   p->start[text + 1] - p->start[text]);
    }
    for (size_t r = 0; some && r < p->wanted_count; r++) {
        const size_t from = (size_t)p->wanted[r];
        memmove(p->x + r * h, p->x + from * h, h * sizeof *p->x);
        memmove(p->q + r * p->q_stride, p->q + from * p->q_stride, p->q_stride * sizeof *p->q);
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
    const size_t h = m->hidden, width = m->width;
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
        if (m->frugal) {
            attend_frugally(p, l, some);
            feed_forward(p, l, s, 0, some ? p->wanted_count : p->tokens);
            continue;
        }
        project_rows(p, &l->value, 0, width, 2 * width, from, to);
        project_rows(p, &l->query_key, some ? width : 0, 2 * width, some ? width : 0, from, to);
        if (some) {
            keep_wanted(p, thread);
            bl_thread_range(&p->threads, thread, p->wanted_count, 8, &from, &to);
            project_rows(p, &l->query_key, 0, width, 0, from, to);
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
    size_t used, alignment;
} arena;

static void *carve(arena *a, size_t size)
{
    size_t at = (a->used + a->alignment - 1) & ~(a->alignment - 1);
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

/* A thread's own memory. What attention works in and what the feed-forward layer works in are the
 * same memory: a thread is never in both. */
static void lay_out_thread(arena *a, const bl_model *m, size_t tokens, struct bl_scratch *s)
{
    const int int8 = m->info.precision == BL_INT8;
    const bl_rows8 none = { NULL, NULL, NULL };
    const size_t longest = bl_pad(tokens < m->c.positions ? tokens : m->c.positions),
                 chunk = m->chunk < tokens ? m->chunk : tokens, start = a->used;
    const size_t unit = int8 ? m->k->column_unit : sizeof(float);
    const size_t few = m->width + m->c.heads * (2 * m->hidden + longest),
                 most = chunk * m->intermediate;
    /* attend_first puts a token in up_rows */
    const size_t widest = m->intermediate > m->hidden ? m->intermediate : m->hidden;
    s->up = carve(a, (most > few ? most : few) * sizeof *s->up);
    s->up_rows = int8 ? carve_rows(a, m, chunk, widest) : none;
    const size_t end = a->used;
    a->used = start;
    s->keys = carve(a, longest * m->head * unit);
    s->values = carve(a, longest * m->head * unit);
    s->attend = carve(a, int8 ? m->k->attend8_scratch(longest) : m->k->attend32_scratch(longest));
    s->q = none;
    if (int8) {
        s->q = carve_rows(a, m, rows_at_once(m, longest), m->head);
        s->key_scale = carve(a, longest * sizeof(float));
        s->key_sum = carve(a, longest * sizeof(int32_t));
        s->value_scale = carve(a, longest * sizeof(float));
        s->value_sum = carve(a, m->head * sizeof(int32_t));
    }
    if (a->used < end) a->used = end;
}

static void lay_out_projections(arena *a, const bl_model *m, size_t tokens, bl_pass *p)
{
    if (!m->frugal) {
        p->q_stride = p->kv_stride = 3 * m->width;
        p->q = carve(a, tokens * p->q_stride * sizeof *p->q);
        p->kv = p->q ? p->q + m->width : NULL;
        return;
    }
    /* The feed-forward layer's results lie where keys and values were. */
    const size_t chunk = m->chunk < tokens ? m->chunk : tokens, rows = tokens * 2 * m->head,
                 results = chunk * m->hidden;
    p->q_stride = m->width;
    p->kv_stride = 2 * m->head;
    p->q = carve(a, tokens * p->q_stride * sizeof *p->q);
    p->kv = carve(a, (rows > results ? rows : results) * sizeof *p->kv);
}

size_t bl_lay_out(bl_pass *p, const bl_model *m, size_t tokens, unsigned threads, void *memory)
{
    arena a = { memory, 0, m->frugal ? BL_FRUGAL_ALIGNMENT : BL_ALIGNMENT };
    const int int8 = m->info.precision == BL_INT8;
    p->m = m;
    p->words = carve(&a, tokens * sizeof *p->words);
    p->positions = carve(&a, tokens * sizeof *p->positions);
    p->types = carve(&a, tokens * sizeof *p->types);
    p->origin = carve(&a, tokens * sizeof *p->origin);
    p->wanted = carve(&a, tokens * sizeof *p->wanted);
    p->start = carve(&a, (tokens + 1) * sizeof *p->start);
    p->wanted_start = carve(&a, (tokens + 1) * sizeof *p->wanted_start);
    p->x = carve(&a, tokens * m->hidden * sizeof *p->x);
    lay_out_projections(&a, m, tokens, p);
    const bl_rows8 none = { NULL, NULL, NULL };
    p->rows = int8 ? carve_rows(&a, m, rows_at_once(m, tokens), m->width) : none;
    for (unsigned t = 0; t < threads; t++) lay_out_thread(&a, m, tokens, &p->scratch[t]);
    return a.used;
}
