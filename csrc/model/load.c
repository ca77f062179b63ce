/* load.c: from named tensors to a packed model. Every tensor's shape and every value
 * is checked here, so the kernels need to check nothing. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../files/delta.h"
#include "../files/tensors.h"
#include "labels.h"
#include "model.h"
#include "../memory.h"
#include "../error.h"

/* ---- memory: pieces that live as long as the model ----------------------- */

struct bl_chunk {
    bl_chunk *next;
};

typedef struct {
    bl_model *m;
    const bl_tensors *tensors;
    bl_writer *writer;
    bl_error *error;
    const char *prefix; /* "bert." or the like, before the encoder's names */
    float *row;         /* capacity for the longest row */
} loader;

static void *kept(bl_model *m, size_t size)
{
    enum { HEADER = 64 };
    if (size > SIZE_MAX - HEADER) return NULL;
    bl_chunk *c = bl_malloc_aligned(HEADER + size);
    if (!c) return NULL;
    memset(c, 0, HEADER + size);
    c->next = m->memory;
    m->memory = c;
    return (char *)c + HEADER;
}

static int no_memory(loader *l)
{
    return bl_fail(l->error, BL_MEMORY_ERROR, "there is no memory for the model."), 0;
}

/* ---- tensors ---------------------------------------------------------------- */

enum { LONGEST = 160 };

/* full = a + b; every name here is far shorter than that. */
static const char *join(char full[LONGEST], const char *a, const char *b)
{
    size_t n = 0;
    for (; *a && n < LONGEST - 1; a++) full[n++] = *a;
    for (; *b && n < LONGEST - 1; b++) full[n++] = *b;
    full[n] = 0;
    return full;
}

/* A tensor of this shape (columns 0: a vector), or NULL and an error. Old checkpoints
 * call a norm's weight and bias gamma and beta. */
static const bl_tensor *tensor(loader *l, const char *name, size_t rows, size_t columns)
{
    const bl_tensor *t = bl_find(l->tensors, name);
    char other[LONGEST];
    const char *dot = strrchr(name, '.');
    if (!t && dot && strstr(name, "LayerNorm")) {
        join(other, name, "");
        other[dot - name < LONGEST - 1 ? dot - name : LONGEST - 1] = 0;
        char old[LONGEST];
        t = bl_find(l->tensors, join(old, other, strcmp(dot, ".weight") ? ".beta" : ".gamma"));
    }
    if (!t) {
        bl_fail(l->error, BL_CONFIG_ERROR,
                "the model has no tensor %s, which its config.json asks for.", name);
        return NULL;
    }
    if (t->rank != (columns ? 2u : 1u) || t->shape[0] != rows ||
        (columns && t->shape[1] != columns)) {
        char want[64];
        snprintf(want, sizeof want, columns ? "[%zu, %zu]" : "[%zu]", rows, columns);
        bl_fail(l->error, BL_CONFIG_ERROR,
                "tensor %s does not have the shape %s that its config.json asks for.", name, want);
        return NULL;
    }
    if (t->dtype == BL_OTHER) {
        bl_fail(l->error, BL_CONFIG_ERROR,
                "tensor %s is of a type that is no float; save the model in float32.", name);
        return NULL;
    }
    return t;
}

/* Elements as floats that arithmetic cannot turn into NaN, infinity or denormals: not
 * beyond 2^20 (or an error), and 0 below 2^-40. */
static int floats(loader *l, const bl_tensor *t, size_t from, size_t count, float *out)
{
    uint32_t most = 0;
    bl_floats(t, from, count, out);
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, out + i, 4);
        bits &= 0x7FFFFFFF;
        most = bits > most ? bits : most;
        if (bits < 0x2B800000u) out[i] = 0.0f; /* 2^-40 */
    }
    if (most <= 0x49800000u) return 1; /* 2^20 */
    return bl_fail(
               l->error, BL_CONFIG_ERROR,
               "tensor %s holds NaN, infinity or a value beyond 2^20; the checkpoint is damaged.",
               t->name),
           0;
}

/* The first `count` elements have been read: their pages need not stay in memory. */
enum { PORTION = 1 << 16 };
static void release(loader *l, const bl_tensor *t, size_t count)
{
    bl_map_release(&l->m->map, t->data, count * bl_dtype_size(t->dtype));
}
static void done_with(loader *l, const bl_tensor *t) { release(l, t, t->count); }

/* A float matrix or vector, rows padded with zeros. */
static const float *matrix(loader *l, const char *name, size_t rows, size_t columns)
{
    const bl_tensor *t = tensor(l, name, rows, columns);
    size_t n = columns ? columns : rows, count = columns ? rows : 1, stride = bl_pad(n);
    if (!t) return NULL;
    float *out = kept(l->m, count * stride * sizeof *out);
    if (!out) return no_memory(l), NULL;
    for (size_t r = 0; r < count; r++)
        if (!floats(l, t, r * n, n, out + r * stride)) return NULL;
    if (l->writer && t->dtype != BL_I8) {
        float *plain = bl_malloc(count * n * sizeof *plain);
        for (size_t r = 0; plain && r < count; r++)
            memcpy(plain + r * n, out + r * stride, n * sizeof *plain);
        int written = plain && bl_write_floats(l->writer, name, plain, rows, columns);
        bl_free(plain);
        if (!written) return no_memory(l), NULL;
    }
    done_with(l, t);
    return out;
}

static int norm(loader *l, const char *name, bl_norm *out)
{
    char full[LONGEST];
    join(full, name, ".weight");
    out->gain = matrix(l, full, l->m->c.hidden, 0);
    join(full, name, ".bias");
    out->shift = out->gain ? matrix(l, full, l->m->c.hidden, 0) : NULL;
    return out->shift != NULL;
}

/* ---- int8 -------------------------------------------------------------------- */

float bl_quantize_row(const float *row, size_t n, int8_t *out)
{
    const float least = 1.2e-10f; /* a step below 2^-40 would read back as 0 */
    float most = 0;
    for (size_t i = 0; i < n; i++) most = fmaxf(most, fabsf(row[i]));
    const float steps = most > least ? 127.0f / most : 0.0f;
    for (size_t i = 0; i < n; i++) {
        float rounded = row[i] * steps + 12582912.0f; /* 1.5 * 2^23: to the nearest integer */
        int32_t bits;
        memcpy(&bits, &rounded, 4);
        out[i] = (int8_t)(bits - 0x4B400000);
    }
    return most > least ? most * (1.0f / 127.0f) : 0.0f;
}

/* The kernels' sums have capacity for -127 to 127. */
static int symmetric(loader *l, const char *name, const int8_t *values, size_t count)
{
    int lowest = 0;
    for (size_t i = 0; i < count; i++) lowest = values[i] < lowest ? values[i] : lowest;
    return lowest > -128 ||
           (bl_fail(
                l->error, BL_CONFIG_ERROR,
                "tensor %s holds -128, which converted files never do; convert the model again.",
                name),
            0);
}

/* Rows of int8 with their steps, from an int8 tensor and its ".scale" or from floats
 * (times `balance` per column, which may be NULL). */
static int quantized(loader *l, const char *name, size_t rows, size_t columns, const float *balance,
                     int8_t *values, float *scale)
{
    const bl_tensor *t = tensor(l, name, rows, columns);
    char full[LONGEST];
    if (!t) return 0;
    if (t->dtype == BL_I8) {
        join(full, name, ".scale");
        const bl_tensor *s = tensor(l, full, rows, 0);
        if (!s || s->dtype == BL_I8 || !floats(l, s, 0, rows, scale)) return 0;
        memcpy(values, t->data, rows * columns);
        if (!symmetric(l, name, values, rows * columns)) return 0;
    } else {
        for (size_t r = 0; r < rows; r++) {
            if (!floats(l, t, r * columns, columns, l->row)) return 0;
            for (size_t i = 0; balance && i < columns; i++) l->row[i] *= balance[i];
            scale[r] = bl_quantize_row(l->row, columns, values + r * columns);
            if ((r + 1) * columns / PORTION != r * columns / PORTION)
                release(l, t, (r + 1) * columns); /* a vocabulary is large */
        }
        join(full, name, ".scale");
        if (l->writer && !(bl_write_int8(l->writer, name, values, rows, columns) &&
                           bl_write_floats(l->writer, full, scale, rows, 0)))
            return no_memory(l);
    }
    done_with(l, t);
    return 1;
}

/* Behind a norm, a few features are often much larger than the rest, and steps wide
 * enough for them are too wide for the others. So features are evened out: divided by
 * sqrt(size of the feature / size of its weights), and the weights multiplied. The
 * norm's own parameters stand for the feature's size, so no data is needed; a weight's
 * size counts in steps of its row, since rows have their own. */
static int balance(loader *l, const char *const *names, size_t parts, size_t rows, size_t columns,
                   const bl_norm *from, float *weight_factor, float *factor)
{
    char full[LONGEST];
    const bl_tensor *t = tensor(l, join(full, names[0], ".weight"), rows, columns);
    if (!t) return 0;
    if (t->dtype == BL_I8) {
        const bl_tensor *b = tensor(l, join(full, names[0], ".weight.balance"), columns, 0);
        return b && b->dtype != BL_I8 && floats(l, b, 0, columns, factor);
    }
    for (size_t i = 0; i < columns; i++) weight_factor[i] = 0;
    for (size_t p = 0; p < parts; p++) {
        t = tensor(l, join(full, names[p], ".weight"), rows, columns);
        for (size_t r = 0; t && r < rows; r++) {
            float most = 1e-10f;
            if (!floats(l, t, r * columns, columns, l->row)) return 0;
            for (size_t i = 0; i < columns; i++) most = fmaxf(most, fabsf(l->row[i]));
            for (size_t i = 0; i < columns; i++) {
                const float w = l->row[i] / most;
                weight_factor[i] += w * w;
            }
        }
        if (!t) return 0;
    }
    for (size_t i = 0; i < columns; i++) {
        const float weight = fmaxf(sqrtf(weight_factor[i] / (float)(parts * rows)), 1e-5f);
        const float feature = fmaxf(fabsf(from->shift[i]) + 3.0f * fabsf(from->gain[i]), 1e-5f);
        weight_factor[i] = sqrtf(feature / weight);
        factor[i] = 1.0f / weight_factor[i];
    }
    return !l->writer ||
           bl_write_floats(l->writer, join(full, names[0], ".weight.balance"), factor, columns,
                           0) ||
           no_memory(l);
}

/* ---- linear layers --------------------------------------------------------------- */

typedef enum { PLAIN, ROWS_BY_HEAD, COLUMNS_BY_HEAD } by_head;

/* Where the i-th value goes when every head is padded. */
static size_t place(const bl_model *m, size_t i, int heads)
{
    const size_t d = m->c.hidden / m->c.heads;
    return heads ? i / d * m->head + i % d : i;
}

typedef struct {
    const char *names[2];
    size_t parts, rows, columns; /* parts of rows x columns, one under the other */
    by_head order;
    const bl_norm *norm; /* what its input comes from, or NULL */
    int always_float;
    float *effective; /* if not NULL: gets the weights as they act, rows padded */
} linear_plan;

static int linear(loader *l, const linear_plan *p, bl_linear *out)
{
    bl_model *m = l->m;
    const int int8 = m->info.precision == BL_INT8 && !p->always_float;
    const size_t part = p->order == ROWS_BY_HEAD ? m->width : p->rows;
    char full[LONGEST];
    out->in = p->order == COLUMNS_BY_HEAD ? m->width : bl_pad(p->columns);
    out->out = bl_pad(p->parts * part);
    const size_t cells = out->in * out->out;
    float *bias = kept(m, out->out * sizeof *bias), *scale = kept(m, out->out * sizeof *scale),
          *factor = NULL;
    int32_t *sum = kept(m, out->out * sizeof *sum);
    void *packed = kept(m, cells * (int8 ? m->k->column_unit : sizeof(float)));
    /* all rows unpacked, padded; one part as the file has it */
    void *whole = bl_calloc(cells, int8 ? 1 : sizeof(float));
    int8_t *values = int8 ? bl_malloc(p->rows * p->columns) : NULL;
    float *steps = bl_malloc((p->rows + p->columns) * sizeof *steps),
          *weight_factor = steps + p->rows;
    int ok = bias && scale && sum && packed && whole && steps && (!int8 || values);
    if (!ok) no_memory(l);
    if (ok && int8 && p->norm) {
        factor = kept(m, out->in * sizeof *factor);
        ok = factor ? balance(l, p->names, p->parts, p->rows, p->columns, p->norm, weight_factor,
                              factor)
                    : no_memory(l);
    }
    for (size_t n = 0; n < p->parts && ok; n++) {
        join(full, p->names[n], ".bias");
        const bl_tensor *b = tensor(l, full, p->rows, 0), *w = NULL;
        ok = b && floats(l, b, 0, p->rows, l->row);
        for (size_t r = 0; r < p->rows && ok; r++)
            bias[n * part + place(m, r, p->order == ROWS_BY_HEAD)] = l->row[r];
        if (ok && l->writer && !bl_write_floats(l->writer, full, l->row, p->rows, 0))
            ok = no_memory(l);
        join(full, p->names[n], ".weight");
        if (ok && int8)
            ok = quantized(l, full, p->rows, p->columns, factor ? weight_factor : NULL, values,
                           steps);
        else if (ok) ok = (w = tensor(l, full, p->rows, p->columns)) != NULL;
        for (size_t r = 0; r < p->rows && ok; r++) {
            const size_t row = n * part + place(m, r, p->order == ROWS_BY_HEAD);
            if (int8) scale[row] = steps[r];
            else ok = floats(l, w, r * p->columns, p->columns, l->row);
            for (size_t i = 0; i < p->columns && ok; i++) {
                const size_t cell = row * out->in + place(m, i, p->order == COLUMNS_BY_HEAD);
                if (int8) ((int8_t *)whole)[cell] = values[r * p->columns + i];
                else ((float *)whole)[cell] = l->row[i];
                if (p->effective)
                    p->effective[cell] = int8 ? values[r * p->columns + i] * steps[r] *
                                                    (factor ? factor[i] : 1.0f)
                                              : l->row[i];
            }
        }
        if (ok && w && w->dtype == BL_I8)
            ok = (bl_fail(l->error, BL_CONFIG_ERROR,
                          "this converted file holds int8 weights only; open it with "
                          "precision=\"int8\"."),
                  0);
        if (ok && l->writer && !int8) {
            float *plain = bl_malloc(p->rows * p->columns * sizeof *plain);
            if (plain) bl_floats(w, 0, p->rows * p->columns, plain);
            if (!plain || !bl_write_floats(l->writer, full, plain, p->rows, p->columns))
                ok = no_memory(l);
            bl_free(plain);
        }
    }
    if (ok && int8) m->k->pack8(whole, out->out, out->in, packed, sum);
    else if (ok) m->k->pack32(whole, out->in, out->out, out->in, packed);
    out->columns = (bl_columns8){ packed, scale, sum };
    out->floats = packed;
    out->balance = factor;
    out->bias = bias;
    bl_free(whole);
    bl_free(values);
    bl_free(steps);
    return ok;
}

/* ---- names ------------------------------------------------------------------------- */

typedef struct {
    const char *layer, *query, *key, *value, *output, *attention_norm, *up, *down, *output_norm;
    const char *transform, *transform_norm, *decoder, *word_bias;
} names;

static const names families[] = {
    { "encoder.layer.%zu.", "attention.self.query", "attention.self.key", "attention.self.value",
      "attention.output.dense", "attention.output.LayerNorm", "intermediate.dense", "output.dense",
      "output.LayerNorm", "cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm",
      "cls.predictions.decoder.weight", "cls.predictions.bias" },
    { "transformer.layer.%zu.", "attention.q_lin", "attention.k_lin", "attention.v_lin",
      "attention.out_lin", "sa_layer_norm", "ffn.lin1", "ffn.lin2", "output_layer_norm",
      "vocab_transform", "vocab_layer_norm", "vocab_projector.weight", "vocab_projector.bias" },
};

/* The last layer's key and value weights, per head, for bl_layer's folds. */
static int fold(loader *l, const float *query_key, const float *value, bl_layer *out)
{
    bl_model *m = l->m;
    const size_t h = m->hidden, d = m->head, cells = m->width * h;
    float *keys = kept(m, cells * sizeof *keys), *values = kept(m, cells * sizeof *values),
          *turned = bl_malloc(h * d * sizeof *turned);
    if (!keys || !values || !turned) {
        bl_free(turned);
        return no_memory(l);
    }
    for (size_t head = 0; head < m->c.heads; head++) {
        const float *w = query_key + (m->width + head * d) * h;
        for (size_t i = 0; i < h; i++)
            for (size_t j = 0; j < d; j++) turned[i * d + j] = w[j * h + i];
        m->k->pack32(turned, d, h, d, keys + head * h * d);
        m->k->pack32(value + head * d * h, h, d, h, values + head * h * d);
    }
    bl_free(turned);
    out->key_fold = keys;
    out->value_fold = values;
    return 1;
}

static int layer(loader *l, const names *n, size_t index, const bl_norm *before, bl_layer *out)
{
    const bl_config_values *c = &l->m->c;
    char start[64], full[8][LONGEST];
    const char *const parts[] = { n->query,          n->key, n->value, n->output,
                                  n->attention_norm, n->up,  n->down,  n->output_norm };
    snprintf(start, sizeof start, n->layer, index);
    for (size_t i = 0; i < 8; i++) {
        char layer_name[LONGEST];
        join(full[i], join(layer_name, l->prefix, start), parts[i]);
    }
    const int last = index + 1 == c->layers;
    const size_t cells = l->m->width * l->m->hidden;
    float *effective = last ? bl_calloc(3 * cells, sizeof *effective) : NULL;
    if (last && !effective) return no_memory(l);
    const linear_plan query_key = { { full[0], full[1] }, 2,      c->hidden, c->hidden,
                                    ROWS_BY_HEAD,         before, 0,         effective };
    const linear_plan value = {
        { full[2] },  1,      c->hidden, c->hidden,
        ROWS_BY_HEAD, before, 0,         last ? effective + 2 * cells : NULL
    };
    const linear_plan output = { { full[3] },     1,    c->hidden, c->hidden,
                                 COLUMNS_BY_HEAD, NULL, 0,         NULL };
    const linear_plan up = { { full[5] }, 1,     c->intermediate,
                             c->hidden,   PLAIN, &out->attention_norm,
                             0,           NULL };
    const linear_plan down = { { full[6] }, 1, c->hidden, c->intermediate, PLAIN, NULL, 0, NULL };
    int ok = linear(l, &query_key, &out->query_key) && linear(l, &value, &out->value);
    if (ok && last) ok = fold(l, effective, effective + 2 * cells, out);
    bl_free(effective);
    return ok && linear(l, &output, &out->output) && norm(l, full[4], &out->attention_norm) &&
           linear(l, &up, &out->up) && linear(l, &down, &out->down) &&
           norm(l, full[7], &out->output_norm);
}

/* The table of word rows for int8: rows padded, in the mapped file if it can be. */
static int word_table(loader *l, const char *name, const int8_t **values, const float **scale)
{
    bl_model *m = l->m;
    const size_t n = m->c.hidden, rows = m->c.vocabulary, stride = m->hidden;
    const bl_tensor *t = tensor(l, name, rows, n);
    if (!t) return 0;
    float *s = kept(m, bl_pad(rows) * sizeof *s);
    if (!s) return no_memory(l);
    *scale = s;
    if (t->dtype == BL_I8 && n == stride && rows >= 16) {
        char full[LONGEST];
        join(full, name, ".scale");
        const bl_tensor *steps = tensor(l, full, rows, 0);
        if (!steps || steps->dtype == BL_I8 || !floats(l, steps, 0, rows, s)) return 0;
        *values = (const int8_t *)t->data;
        return 1;
    }
    int8_t *v = kept(m, bl_pad(rows) * stride);
    if (!v) return no_memory(l);
    if (!quantized(l, name, rows, n, NULL, v, s)) return 0;
    for (size_t r = rows; n != stride && r-- > 0;) { /* spread the rows, last first */
        memmove(v + r * stride, v + r * n, n);
        memset(v + r * stride + n, 0, stride - n);
    }
    *values = v;
    return 1;
}

static int embeddings(loader *l)
{
    bl_model *m = l->m;
    char full[LONGEST];
    join(full, l->prefix, "embeddings.word_embeddings.weight");
    if (m->info.precision == BL_INT8) {
        if (!word_table(l, full, &m->tables.words, &m->tables.words_scale)) return 0;
    } else if (!(m->tables.words_f32 = matrix(l, full, m->c.vocabulary, m->c.hidden))) {
        return 0;
    }
    join(full, l->prefix, "embeddings.position_embeddings.weight");
    if (!(m->tables.positions = matrix(l, full, m->c.positions, m->c.hidden))) return 0;
    if (m->c.token_types) {
        join(full, l->prefix, "embeddings.token_type_embeddings.weight");
        if (!(m->tables.types = matrix(l, full, m->c.token_types, m->c.hidden))) return 0;
    }
    join(full, l->prefix, "embeddings.LayerNorm");
    return norm(l, full, &m->embedding_norm);
}

static int word_head(loader *l, const names *n, const bl_norm *before)
{
    bl_model *m = l->m;
    const size_t rows = m->c.vocabulary;
    const linear_plan transform = { { n->transform }, 1, m->c.hidden, m->c.hidden, PLAIN,
                                    before,           0, NULL };
    if (!linear(l, &transform, &m->transform) || !norm(l, n->transform_norm, &m->transform_norm))
        return 0;
    const char *bias = bl_find(l->tensors, n->word_bias) ? n->word_bias
                                                         : "cls.predictions.decoder.bias";
    if (!(m->words_bias = matrix(l, bias, rows, 0))) return 0;
    const int own = m->c.untied && bl_find(l->tensors, n->decoder);
    if (m->info.precision == BL_INT8) {
        m->words = m->tables.words;
        m->words_scale = m->tables.words_scale;
        if (own && !word_table(l, n->decoder, &m->words, &m->words_scale)) return 0;
        int32_t *sum = kept(m, bl_pad(rows) * sizeof *sum);
        if (!sum) return no_memory(l);
        if (!symmetric(l, n->decoder, m->words, rows * m->hidden)) return 0;
        m->k->sums8(m->words, rows, m->hidden, sum);
        m->words_sum = sum;
        return 1;
    }
    const float *table = own ? matrix(l, n->decoder, rows, m->c.hidden) : m->tables.words_f32;
    float *packed = table ? kept(m, bl_pad(rows) * m->hidden * sizeof *packed) : NULL;
    if (table && !packed) return no_memory(l);
    if (packed) m->k->pack32(table, m->hidden, rows, m->hidden, packed);
    m->words_packed = packed;
    return packed != NULL;
}

/* The head that the file really has, of those that the architecture could. */
static bl_head head_in(const bl_tensors *t, const names *n, bl_head named)
{
    if (bl_find(t, n->transform[0] == 'c' ? "cls.predictions.transform.dense.weight"
                                          : "vocab_transform.weight") &&
        (named == BL_NO_HEAD || named == BL_WORD_HEAD))
        return BL_WORD_HEAD;
    if (bl_find(t, "qa_outputs.weight")) return BL_ANSWER_HEAD;
    if (bl_find(t, "classifier.weight"))
        return named == BL_TOKEN_HEAD ? BL_TOKEN_HEAD : BL_CLASS_HEAD;
    return BL_NO_HEAD;
}

static int heads(loader *l, const names *n, const bl_norm *last)
{
    bl_model *m = l->m;
    const bl_head head = head_in(l->tensors, n, m->c.head);
    const int distil = m->c.family == BL_DISTILBERT;
    char pooler[LONGEST], full[LONGEST];
    join(pooler, distil ? "" : l->prefix, distil ? "pre_classifier" : "pooler.dense");
    join(full, pooler, ".weight");
    if (bl_find(l->tensors, full)) {
        const linear_plan plan = { { pooler }, 1, m->c.hidden, m->c.hidden, PLAIN, last, 0, NULL };
        if (!linear(l, &plan, &m->pooler)) return 0;
        m->pooler_activation = distil ? BL_RELU : BL_TANH;
        m->info.has_pooler = !distil;
    } else if (head == BL_CLASS_HEAD) {
        return bl_fail(l->error, BL_CONFIG_ERROR,
                       "the model has no tensor %s, which its classifier needs.", full),
               0;
    }
    if (head == BL_WORD_HEAD && !word_head(l, n, last)) return 0;
    if (head == BL_CLASS_HEAD || head == BL_TOKEN_HEAD || head == BL_ANSWER_HEAD) {
        const linear_plan plan = { { head == BL_ANSWER_HEAD ? "qa_outputs" : "classifier" },
                                   1,
                                   m->c.labels,
                                   m->c.hidden,
                                   PLAIN,
                                   NULL,
                                   1,
                                   NULL };
        if (!linear(l, &plan, &m->classifier)) return 0;
    }
    m->info.head = head;
    m->info.labels = (int)(head == BL_NO_HEAD || head == BL_WORD_HEAD ? 0 : m->c.labels);
    return 1;
}

static int build(loader *l)
{
    bl_model *m = l->m;
    const bl_config_values *c = &m->c;
    const names *n = &families[c->family];
    const char *const prefixes[] = { "", "bert.", "distilbert.", "model." };
    size_t longest = c->hidden;
    const size_t others[] = { c->intermediate, c->labels, c->vocabulary, c->positions };
    for (size_t i = 0; i < 4; i++) longest = others[i] > longest ? others[i] : longest;
    m->hidden = bl_pad(c->hidden);
    m->intermediate = bl_pad(c->intermediate);
    m->head = bl_pad(c->hidden / c->heads);
    m->width = m->head * c->heads;
    for (size_t i = 0; i < 4 && !l->prefix; i++) {
        char full[LONGEST];
        join(full, prefixes[i], "embeddings.word_embeddings.weight");
        if (bl_find(l->tensors, full)) l->prefix = prefixes[i];
    }
    if (!l->prefix)
        return bl_fail(l->error, BL_CONFIG_ERROR,
                       "the file holds no embeddings.word_embeddings.weight; it is no BERT "
                       "checkpoint."),
               0;
    m->layers = kept(m, c->layers * sizeof *m->layers);
    l->row = bl_malloc(longest * sizeof *l->row);
    if (!m->layers || !l->row) return no_memory(l);
    const bl_norm *before = &m->embedding_norm;
    int ok = embeddings(l);
    for (size_t i = 0; i < c->layers && ok; i++) {
        ok = layer(l, n, i, before, &m->layers[i]);
        before = &m->layers[i].output_norm;
    }
    return ok && heads(l, n, before);
}

/* ---- opening --------------------------------------------------------------------------- */

static bl_model *create(bl_precision precision, bl_error *error)
{
    const bl_kernels *k = bl_active_isa();
    if (!k) {
        bl_fail(error, BL_ISA_ERROR,
                "BERTLITE_ISA names an instruction set that this machine or this build lacks; "
                "bertlite_fast.available_isas() lists them.");
        return NULL;
    }
    bl_model *m = bl_calloc(1, sizeof *m);
    if (!m) bl_fail(error, BL_MEMORY_ERROR, "there is no memory for the model.");
    else {
        m->k = k;
        m->info.precision = precision;
    }
    return m;
}

/* Read the config, then build; on failure the model is gone. */
static bl_model *finish(bl_model *m, const char *config, size_t config_size,
                        const bl_tensors *tensors, bl_writer *writer, bl_error *error)
{
    loader l = { m, tensors, writer, error, NULL, NULL };
    bl_status status = bl_read_config(config, config_size, &m->c, error);
    if (status == BL_OK) {
        const bl_config_values *c = &m->c;
        const bl_info info = { m->info.precision,
                               (int)c->layers,
                               (int)c->hidden,
                               (int)c->heads,
                               (int)c->intermediate,
                               (int)c->vocabulary,
                               (int)c->positions,
                               (int)c->token_types,
                               0,
                               BL_NO_HEAD,
                               0 };
        m->info = info;
        m->config_size = config_size;
        m->config = kept(m, config_size + 1);
        if (m->config) memcpy(m->config, config, config_size);
        if (m->config ? build(&l) && (bl_read_label_names(m, kept) || no_memory(&l))
                      : no_memory(&l)) {
            bl_free(l.row);
            return m;
        }
    }
    bl_free(l.row);
    bl_close(m);
    return NULL;
}

static bl_model *open_folder(bl_model *m, const char *path, bl_writer *writer, bl_error *error)
{
    char *full = bl_malloc(strlen(path) + 64);
    bl_map config = { NULL, 0, 0 };
    bl_tensors tensors;
    bl_status status = BL_OK;
    memset(&tensors, 0, sizeof tensors);
    if (!full) status = bl_fail(error, BL_MEMORY_ERROR, "there is no memory for the model.");
    if (status == BL_OK) {
        sprintf(full, "%s/config.json", path);
        if (!bl_map_open(&config, full))
            status = bl_fail(error, BL_FILE_ERROR, "%.300s has no readable config.json.", path);
    }
    if (status == BL_OK) {
        sprintf(full, "%s/model.safetensors", path);
        if (bl_is_file(full)) {
            status = bl_map_open(&m->map, full)
                         ? bl_read_safetensors(m->map.data, m->map.size, &tensors, error)
                         : bl_fail(error, BL_FILE_ERROR, "%.300s cannot be read.", full);
        } else {
            sprintf(full, "%s/pytorch_model.bin", path);
            if (bl_is_file(full))
                status = bl_map_open(&m->map, full)
                             ? bl_read_torch(m->map.data, m->map.size, &tensors, error)
                             : bl_fail(error, BL_FILE_ERROR, "%.300s cannot be read.", full);
            else
                status = bl_fail(error, BL_FILE_ERROR,
                                 "%.300s has neither model.safetensors nor pytorch_model.bin (a "
                                 "checkpoint in several parts has to be saved as one).",
                                 path);
        }
    }
    if (status == BL_OK)
        m = finish(m, (const char *)config.data, config.size, &tensors, writer, error);
    else {
        bl_close(m);
        m = NULL;
    }
    bl_tensors_free(&tensors);
    bl_map_close(&config);
    bl_free(full);
    /* all but int8 words was copied */
    const uintptr_t words = m ? (uintptr_t)m->tables.words : 0,
                    start = m ? (uintptr_t)m->map.data : 0;
    if (m && !(words >= start && words < start + m->map.size)) bl_map_close(&m->map);
    return m;
}

/* path (or NULL: from memory) and base say where a base may be. */
static bl_model *open_bytes(bl_model *m, const void *data, size_t size, const char *config,
                            size_t config_size, const char *path, const char *base, bl_error *error)
{
    bl_tensors tensors, shared;
    memset(&shared, 0, sizeof shared);
    bl_status status = bl_read_safetensors(data, size, &tensors, error);
    if (status == BL_OK && !config && !(tensors.converted && tensors.metadata)) {
        status = bl_fail(error, BL_FILE_ERROR,
                         "this is no converted file: it holds no config (open a checkpoint by its "
                         "folder, where config.json is).");
        bl_tensors_free(&tensors);
    }
    if (status == BL_OK && tensors.base) {
        if (path) status = bl_open_base(&tensors, path, base, &m->base, &shared, error);
        else
            status = bl_fail(error, BL_FILE_ERROR,
                             "this file stands on another, %.60s; open it by its path.",
                             tensors.base);
        if (status == BL_OK && !bl_share(&tensors, &shared))
            status = bl_fail(error, BL_MEMORY_ERROR, "there is no memory for the model.");
        if (status != BL_OK) bl_tensors_free(&tensors);
        bl_tensors_free(&shared);
    }
    if (status != BL_OK) {
        bl_close(m);
        return NULL;
    }
    if (!config) {
        config = tensors.metadata;
        config_size = strlen(config);
    }
    m = finish(m, config, config_size, &tensors, NULL, error);
    bl_tensors_free(&tensors);
    return m;
}

bl_model *bl_load(const char *path, const char *base, bl_precision precision, bl_writer *writer,
                  bl_error *error)
{
    bl_model *m = create(precision, error);
    if (!m) return NULL;
    if (bl_is_folder(path)) return open_folder(m, path, writer, error);
    if (!bl_is_file(path) || !bl_map_open(&m->map, path)) {
        bl_fail(error, BL_FILE_ERROR, "%.300s is no folder and no readable file.", path);
        bl_close(m);
        return NULL;
    }
    return open_bytes(m, m->map.data, m->map.size, NULL, 0, path, base, error);
}

bl_model *bl_open(const char *path, bl_precision precision, bl_error *error)
{
    return bl_load(path, NULL, precision, NULL, error);
}
bl_model *bl_open_with_base(const char *path, const char *base, bl_precision precision,
                            bl_error *error)
{
    return bl_load(path, base, precision, NULL, error);
}

bl_model *bl_open_memory(const char *config, size_t config_size, const void *tensors,
                         size_t tensors_size, bl_precision precision, bl_error *error)
{
    bl_model *m = create(precision, error);
    return m ? open_bytes(m, tensors, tensors_size, config, config_size, NULL, NULL, error) : NULL;
}

void bl_close(bl_model *m)
{
    if (!m) return;
    while (m->memory) {
        bl_chunk *next = m->memory->next;
        bl_free_aligned(m->memory);
        m->memory = next;
    }
    bl_map_close(&m->map);
    bl_map_close(&m->base);
    bl_free(m);
}

const bl_info *bl_describe(const bl_model *m) { return &m->info; }

const char *bl_config_json(const bl_model *m, size_t *size)
{
    *size = m->config_size;
    return m->config;
}
