/* layout.c: where everything of a trainer is. The parameters are one array, in the order
 * embeddings, layers, head, so that what is trained is always its end. */
#include <stdio.h>
#include <string.h>

#include "../model/names.h"
#include "state.h"

/* ---- parameters ------------------------------------------------------------------------------ */

typedef struct {
    bl_trainer *t;
    size_t values, packs, entries, blocks;
} plan;

enum { BLOCK = 4096 }; /* floats that are updated at once */

static size_t take_values(plan *p, size_t count, int decays)
{
    const size_t offset = p->values;
    for (size_t at = 0; at < count; at += BLOCK, p->blocks++)
        if (p->t->blocks)
            p->t->blocks[p->blocks] = (bl_train_block){
                .offset = offset + at,
                .count = count - at < BLOCK ? count - at : BLOCK,
                .decays = decays,
            };
    p->values += count;
    return offset;
}

static void add_entry(plan *p, const char *prefix, const char *name, const char *suffix,
                      bl_train_entry entry)
{
    if (p->t->entries) {
        snprintf(entry.name, sizeof entry.name, "%.60s%.70s%.20s", prefix, name, suffix);
        p->t->entries[p->entries] = entry;
    }
    p->entries++;
}

static bl_train_linear take_linear(plan *p, size_t in, size_t out)
{
    bl_train_linear l = { .in = in, .out = out };
    l.weight = take_values(p, in * out, 1);
    l.bias = take_values(p, out, 0);
    l.forward = p->packs;
    l.backward = p->packs + in * out;
    p->packs += 2 * in * out;
    return l;
}

/* rows x columns: real sizes. row: where in the layer's padded rows it begins. */
static void name_linear(plan *p, const bl_train_linear *l, const char *prefix, const char *name,
                        size_t rows, size_t columns, size_t row, int rows_by_head,
                        int columns_by_head)
{
    const bl_train_entry weight = { .offset = l->weight + row * l->in,
                                    .rows = rows,
                                    .columns = columns,
                                    .stride = l->in,
                                    .rows_by_head = rows_by_head,
                                    .columns_by_head = columns_by_head };
    const bl_train_entry bias = { .offset = l->bias + row,
                                  .rows = rows,
                                  .rows_by_head = rows_by_head };
    add_entry(p, prefix, name, ".weight", weight);
    add_entry(p, prefix, name, ".bias", bias);
}

static bl_train_norm take_norm(plan *p, const char *prefix, const char *name)
{
    const size_t n = p->t->c.hidden;
    bl_train_norm norm;
    norm.gain = take_values(p, p->t->hidden, 0);
    norm.shift = take_values(p, p->t->hidden, 0);
    add_entry(p, prefix, name, ".weight", (bl_train_entry){ .offset = norm.gain, .rows = n });
    add_entry(p, prefix, name, ".bias", (bl_train_entry){ .offset = norm.shift, .rows = n });
    return norm;
}

static void plan_embeddings(plan *p, const char *prefix)
{
    bl_trainer *t = p->t;
    const size_t h = t->hidden, n = t->c.hidden;
    add_entry(p, prefix, "embeddings.word_embeddings", ".weight",
              (bl_train_entry){ .rows = t->c.vocabulary, .columns = n, .stride = h, .words = 1 });
    t->positions = take_values(p, t->c.positions * h, 1);
    add_entry(p, prefix, "embeddings.position_embeddings", ".weight",
              (bl_train_entry){
                  .offset = t->positions, .rows = t->c.positions, .columns = n, .stride = h });
    t->types = take_values(p, t->c.token_types * h, 1);
    if (t->c.token_types)
        add_entry(p, prefix, "embeddings.token_type_embeddings", ".weight",
                  (bl_train_entry){
                      .offset = t->types, .rows = t->c.token_types, .columns = n, .stride = h });
    t->embedding_norm = take_norm(p, prefix, "embeddings.LayerNorm");
    if (!t->of_words) return;
    t->word_bias = take_values(p, t->padded_labels, 0); /* here, as it is not trained */
    add_entry(p, "", bl_names_of(t->c.family)->word_bias[0], "",
              (bl_train_entry){ .offset = t->word_bias, .rows = t->c.vocabulary });
}

static void plan_layer(plan *p, const char *prefix, const bl_names *names, size_t index)
{
    bl_trainer *t = p->t;
    bl_train_layer spare, *l = t->layers ? &t->layers[index] : &spare;
    const size_t h = t->hidden, n = t->c.hidden, w = t->width, i = t->c.intermediate;
    char start[160];
    snprintf(start, sizeof start, "%.20s%.30s%zu.", prefix, names->layer, index);
    l->query = take_linear(p, h, w);
    name_linear(p, &l->query, start, names->query, n, n, 0, 1, 0);
    l->key_value = take_linear(p, h, 2 * w);
    name_linear(p, &l->key_value, start, names->key, n, n, 0, 1, 0);
    name_linear(p, &l->key_value, start, names->value, n, n, w, 1, 0);
    l->output = take_linear(p, w, h);
    name_linear(p, &l->output, start, names->output, n, n, 0, 0, 1);
    l->norm1 = take_norm(p, start, names->attention_norm);
    l->up = take_linear(p, h, t->intermediate);
    name_linear(p, &l->up, start, names->up, i, n, 0, 0, 0);
    l->down = take_linear(p, t->intermediate, h);
    name_linear(p, &l->down, start, names->down, n, i, 0, 0, 0);
    l->norm2 = take_norm(p, start, names->output_norm);
}

static void plan_parameters(plan *p)
{
    bl_trainer *t = p->t;
    const bl_names *names = bl_names_of(t->c.family);
    const char *prefix = t->c.family == BL_DISTILBERT ? "distilbert." : "bert.";
    const size_t n = t->c.hidden;
    plan_embeddings(p, prefix);
    const size_t layers = p->values;
    for (size_t i = 0; i < t->c.layers; i++) plan_layer(p, prefix, names, i);
    const size_t head = p->values;
    if (t->has_pooler) {
        t->pooler = take_linear(p, t->hidden, t->hidden);
        name_linear(p, &t->pooler, names->pooler_has_prefix ? prefix : "", names->pooler, n, n, 0,
                    0, 0);
    }
    if (t->of_words) {
        t->pooler = take_linear(p, t->hidden, t->hidden);
        name_linear(p, &t->pooler, "", names->transform, n, n, 0, 0, 0);
        t->word_norm = take_norm(p, "", names->transform_norm);
    }
    const char *name = t->o.head == BL_ANSWER_HEAD ? "qa_outputs" : "classifier";
    const int has_head = t->o.head != BL_NO_HEAD && !t->of_words;
    t->classifier = take_linear(p, t->hidden, has_head ? t->padded_labels : 0);
    if (has_head) name_linear(p, &t->classifier, "", name, t->label_count, n, 0, 0, 0);
    t->count = p->values;
    t->trained_from = t->o.trained == BL_TRAIN_ALL       ? 0
                      : t->o.trained == BL_TRAIN_ENCODER ? layers
                                                         : head;
    t->entry_count = p->entries;
    t->block_count = p->blocks;
}

/* ---- memory ---------------------------------------------------------------------------------- */

typedef struct {
    char *start;
    size_t size;
} region;

static void *take(region *r, size_t count, size_t size)
{
    void *at = r->start ? r->start + r->size : NULL;
    r->size += (count * size + 63) / 64 * 64;
    return at;
}
#define TAKE(pointer, count) (pointer) = take(r, (count), sizeof *(pointer))

static void take_layer(bl_trainer *t, region *r, size_t index)
{
    bl_train_layer spare = { 0 }, *l = t->layers ? &t->layers[index] : &spare;
    const size_t h = t->hidden, w = t->width, all = t->o.tokens;
    l->few = t->has_pooler && index + 1 == t->c.layers;
    const size_t rows = l->few ? t->o.texts : all;
    TAKE(l->query_row, rows * w);
    TAKE(l->key_row, all * 2 * w);
    TAKE(l->weights, rows * t->c.heads * bl_pad(t->o.length));
    TAKE(l->context, rows * w);
    TAKE(l->normal1, rows * h);
    TAKE(l->inverse1, rows);
    TAKE(l->middle, rows * h);
    TAKE(l->active, rows * t->intermediate);
    TAKE(l->slope, rows * t->intermediate);
    TAKE(l->normal2, rows * h);
    TAKE(l->inverse2, rows);
    TAKE(l->out, rows * h);
    TAKE(l->d_out, rows * h);
    TAKE(l->d_down, rows * h);
    TAKE(l->d_middle, rows * h);
    TAKE(l->d_output, rows * h);
    l->in = index ? t->layers ? t->layers[index - 1].out : NULL : l->in;
    if (!index) TAKE(l->in, all * h);
    l->row_in = l->in;
    if (l->few) TAKE(l->row_in, rows * h);
}

static void take_head(bl_trainer *t, region *r)
{
    const size_t texts = t->o.texts, h = t->hidden, rows = t->of_tokens ? t->o.tokens : texts;
    TAKE(t->dropped, rows * h);
    if (!t->of_words) {
        TAKE(t->logits, rows * t->padded_labels);
        TAKE(t->d_logits, rows * t->padded_labels);
    }
    if (t->of_words) {
        TAKE(t->pooled, rows * h);
        TAKE(t->pooled_slope, rows * h);
        TAKE(t->d_pooled, rows * h);
        TAKE(t->d_word, rows * h);
        TAKE(t->word_inverse, rows);
        TAKE(t->word_pack, t->padded_labels * h);
    }
    if (t->of_tokens) {
        const bl_train_layer *last = t->layers ? &t->layers[t->c.layers - 1] : NULL;
        t->pooled_in = last ? last->out : NULL;
        t->d_pooled_in = last ? last->d_out : NULL;
    } else {
        TAKE(t->pooled_in, texts * h);
        TAKE(t->d_pooled_in, texts * h);
        TAKE(t->pooled, texts * h);
        TAKE(t->pooled_slope, texts * h);
        TAKE(t->d_pooled, texts * h);
    }
    TAKE(t->losses, texts);
    if (bl_is_between(t)) {
        TAKE(t->units, texts * h);
        TAKE(t->d_units, texts * h);
        TAKE(t->lengths, texts);
        TAKE(t->pair_scores, bl_pad(texts));
        TAKE(t->pair_mask, bl_pad(texts));
    }
    TAKE(t->weight_at, texts + 1);
    TAKE(t->chunks, texts + 1);
}

static void take_scratch(bl_trainer *t, region *r)
{
    const size_t longest = bl_pad(t->o.length);
    for (unsigned i = 0; i < t->o.threads; i++) {
        struct bl_train_scratch *s = &t->scratch[i];
        TAKE(s->keys, longest * t->head);
        TAKE(s->scores, longest * longest);
        TAKE(s->kept, longest * longest);
        TAKE(s->d_query, longest * t->head);
        TAKE(s->mask, longest);
        TAKE(s->up, BL_TRAIN_TILE * t->intermediate);
        if (!t->of_words) continue;
        TAKE(s->word_rows, BL_WORD_TILE * t->hidden);
        TAKE(s->word_logits, BL_WORD_TILE * t->padded_labels);
    }
}

static void take_parameters(bl_trainer *t, region *r, const plan *p)
{
    const size_t trained = t->count - t->trained_from;
    TAKE(t->values, t->count);
    TAKE(t->gradients, trained);
    TAKE(t->m, trained);
    TAKE(t->v, trained);
    TAKE(t->packs, p->packs);
    TAKE(t->entries, p->entries);
    TAKE(t->blocks, p->blocks);
    TAKE(t->block_squares, p->blocks);
    TAKE(t->class_weights, t->padded_labels);
    TAKE(t->label_mask, t->padded_labels);
    TAKE(t->real, t->hidden);
    const size_t table = t->c.vocabulary * t->hidden;
    TAKE(t->words, table);
    if (t->o.trained != BL_TRAIN_ALL) return;
    TAKE(t->word_gradients, table + t->hidden);
    TAKE(t->word_m, table + t->hidden);
    TAKE(t->word_v, table + t->hidden);
    TAKE(t->slot, t->c.vocabulary);
    TAKE(t->touched, t->c.vocabulary);
    TAKE(t->is_touched, t->c.vocabulary);
}

size_t bl_trainer_lay_out(bl_trainer *t, char *memory)
{
    region whole = { memory, 0 }, *r = &whole;
    plan p = { .t = t };
    const size_t all = t->o.tokens, h = t->hidden;
    t->layers = NULL;
    t->entries = NULL;
    t->blocks = NULL;
    plan_parameters(&p); /* sizes only */
    TAKE(t->layers, t->c.layers);
    take_parameters(t, r, &p);
    TAKE(t->normal0, all * h);
    TAKE(t->inverse0, all);
    TAKE(t->d_embedding, all * h);
    TAKE(t->d_normal0, all * h);
    TAKE(t->d_context, all * t->width);
    TAKE(t->d_row_context, t->o.texts * t->width);
    TAKE(t->d_row_in, t->o.texts * h);
    for (size_t i = 0; i < t->c.layers; i++) take_layer(t, r, i);
    take_head(t, r);
    take_scratch(t, r);
    TAKE(t->jobs, bl_trainer_most_jobs(t));
    if (memory) {
        p = (plan){ .t = t };
        plan_parameters(&p);
    }
    return whole.size;
}

/* ---- jobs ------------------------------------------------------------------------------------ */

enum { JOB_ROWS = 16 };

static void list_linear(bl_trainer *t, const bl_train_linear *l, const float *d, const float *x,
                        int of_texts)
{
    for (size_t row = 0; row < l->out; row += JOB_ROWS) {
        bl_train_job job = { .kind = BL_WEIGHT_JOB,
                             .d = d + row,
                             .x = x,
                             .d_stride = l->out,
                             .x_stride = l->in,
                             .depth_of_texts = (size_t)of_texts,
                             .columns = l->in,
                             .gradient = l->weight + row * l->in };
        t->jobs[t->job_count++] = job;
        job.kind = BL_BIAS_JOB;
        job.gradient = l->bias + row;
        t->jobs[t->job_count++] = job;
    }
}

static void list_norm(bl_trainer *t, const bl_train_norm *norm, const float *d, const float *x,
                      int of_texts)
{
    for (size_t column = 0; column < t->hidden; column += JOB_ROWS)
        t->jobs[t->job_count++] = (bl_train_job){ .kind = BL_NORM_JOB,
                                                  .d = d + column,
                                                  .x = x + column,
                                                  .d_stride = t->hidden,
                                                  .x_stride = t->hidden,
                                                  .depth_of_texts = (size_t)of_texts,
                                                  .gradient = norm->shift + column,
                                                  .gradient2 = norm->gain + column };
}

size_t bl_trainer_most_jobs(const bl_trainer *t)
{
    const size_t outs = 3 * t->width + 2 * t->hidden + t->intermediate;
    return t->c.layers * (2 * outs + 2 * t->hidden) / JOB_ROWS +
           (2 * (t->hidden + t->padded_labels) + t->hidden) / JOB_ROWS;
}

void bl_trainer_list_jobs(bl_trainer *t)
{
    t->job_count = 0;
    for (size_t i = t->c.layers; i-- > 0 && t->o.trained != BL_TRAIN_HEAD;) {
        const bl_train_layer *l = &t->layers[i];
        list_linear(t, &l->down, l->d_down, l->active, l->few);
        list_linear(t, &l->up, l->slope, l->middle, l->few);
        list_linear(t, &l->key_value, l->key_row, l->in, 0);
        list_linear(t, &l->query, l->query_row, l->row_in, l->few);
        list_linear(t, &l->output, l->d_output, l->context, l->few);
        list_norm(t, &l->norm2, l->d_out, l->normal2, l->few);
        list_norm(t, &l->norm1, l->d_middle, l->normal1, l->few);
    }
    if (t->of_words) {
        list_linear(t, &t->pooler, t->d_pooled, t->pooled_in, 0);
        list_norm(t, &t->word_norm, t->d_word, t->pooled, 0);
        return;
    }
    list_linear(t, &t->classifier, t->d_logits, t->dropped, !t->of_tokens);
    if (t->has_pooler) list_linear(t, &t->pooler, t->d_pooled, t->pooled_in, 1);
    if (t->o.trained == BL_TRAIN_ALL)
        list_norm(t, &t->embedding_norm, t->d_embedding, t->normal0, 0);
}
