#include "ngrams.h"

#include <stdlib.h>
#include <string.h>

#include "../error.h"
#include "../memory.h"
#include "kernels.h"
#include "logarithm.h"
#include "trainer.h"

static size_t padded(size_t n) { return (n + 15) / 16 * 16; }

/* ---- which n-grams -------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The keys in out become distinct, in rising order; their number. */
static size_t sort_distinct(uint32_t *keys, size_t count)
{
    size_t distinct = 0;
    qsort(keys, count, sizeof *keys, by_value);
    for (size_t i = 0; i < count; i++)
        if (!i || keys[i] != keys[i - 1]) keys[distinct++] = keys[i];
    return distinct;
}

/* Each text's keys, each once, one text behind the other. */
static size_t list_keys(const bl_ngram_texts *t, const size_t *rows, size_t count, uint32_t *out)
{
    size_t at = 0;
    for (size_t r = 0; r < count; r++) {
        const size_t from = t->start[rows[r]], to = t->start[rows[r] + 1];
        const size_t first = at;
        for (size_t i = from; i < to; i++) {
            out[at++] = bl_ngram_key(t->ids[i], -1);
            if (i + 1 < to) out[at++] = bl_ngram_key(t->ids[i], t->ids[i + 1]);
        }
        at = first + sort_distinct(out + first, at - first);
    }
    return at;
}

/* Those of the sorted keys that stand there `fewest` times; keys and counts: where to write them,
 * or NULL. Their number. */
static size_t keep_frequent(const uint32_t *sorted, size_t count, size_t fewest, uint32_t *keys,
                            float *times)
{
    size_t kept = 0;
    for (size_t i = 0; i < count;) {
        const uint32_t key = sorted[i];
        size_t end = i + 1;
        while (end < count && sorted[end] == key) end++;
        if (end - i >= fewest) {
            if (keys) keys[kept] = key;
            if (times) times[kept] = (float)(end - i);
            kept++;
        }
        i = end;
    }
    return kept;
}

/* 1 + log((1 + texts) / (1 + texts that have it)) */
static float rarity_of(float times, size_t texts)
{
    return (float)(1.0 - bl_logarithm((1.0 + (double)times) / (1.0 + (double)texts)));
}

static bl_status choose(const bl_ngram_texts *t, const size_t *rows, size_t count,
                        const bl_ngram_options *o, bl_ngram_model *m, bl_error *error)
{
    size_t tokens = 0, fewest = o->fewest ? o->fewest : 1, kept;
    for (size_t r = 0; r < count; r++) tokens += t->start[rows[r] + 1] - t->start[rows[r]];
    uint32_t *listed = bl_malloc((2 * tokens + 1) * sizeof *listed);
    if (!listed) return bl_no_memory(error, "the n-grams");
    const size_t all = list_keys(t, rows, count, listed);
    qsort(listed, all, sizeof *listed, by_value);
    while ((kept = keep_frequent(listed, all, fewest, NULL, NULL)) > o->most) fewest++;
    m->keys = bl_malloc((kept + 1) * sizeof *m->keys);
    m->rarity = bl_malloc((kept + 1) * sizeof *m->rarity);
    m->stride = padded(o->labels);
    m->weights = bl_calloc(kept + 1, m->stride * sizeof *m->weights);
    const int has_memory = m->keys && m->rarity && m->weights;
    if (has_memory) {
        keep_frequent(listed, all, fewest, m->keys, m->rarity);
        for (size_t i = 0; i < kept; i++) m->rarity[i] = rarity_of(m->rarity[i], count);
        m->of = (bl_ngrams){ kept, o->labels, m->keys, m->rarity, NULL, NULL, NULL };
    }
    bl_free(listed);
    return has_memory ? BL_OK : bl_no_memory(error, "the n-grams");
}

/* ---- their weights -------------------------------------------------------------------------- */

/* What each text has, found once. */
typedef struct {
    size_t *start;
    int32_t *rows;
    float *values;
    uint32_t *order;
    float *scores, *mask;
} learning;

static void add_times(float factor, const float *x, size_t n, float *out)
{
    for (size_t i = 0; i < n; i++) out[i] += factor * x[i];
}

static void shuffle(uint32_t *order, size_t count, uint64_t *state)
{
    for (size_t i = count; i > 1; i--) {
        const size_t j = (size_t)(bl_training_random(state) % i);
        const uint32_t other = order[j];
        order[j] = order[i - 1];
        order[i - 1] = other;
    }
}

static void sum_scores(const bl_ngram_model *m, const int32_t *rows, const float *values,
                       size_t count, float *scores)
{
    memset(scores, 0, m->stride * sizeof *scores);
    for (size_t i = 0; i < count; i++)
        add_times(values[i], m->weights + (size_t)rows[i] * m->stride, m->stride, scores);
}

/* One step down the gradient of one text's loss. */
static void learn_text(bl_ngram_model *m, learning *l, size_t text, size_t label, float rate)
{
    const size_t from = l->start[text], count = l->start[text + 1] - from;
    sum_scores(m, l->rows + from, l->values + from, count, l->scores);
    bl_training_kernels_for("generic")->softmax(l->scores, 1, m->stride, 1.0f, l->mask);
    l->scores[label] -= 1.0f;
    for (size_t i = 0; i < count; i++)
        add_times(-rate * l->values[from + i], l->scores, m->of.labels,
                  m->weights + (size_t)l->rows[from + i] * m->stride);
}

static void learn(bl_ngram_model *m, learning *l, const bl_ngram_texts *t, const size_t *rows,
                  size_t count, const bl_ngram_options *o)
{
    const double steps = (double)o->epochs * (double)count;
    uint64_t state = o->seed ^ 0x6E6772616D73u;
    size_t step = 0;
    for (size_t i = 0; i < count; i++) l->order[i] = (uint32_t)i;
    for (size_t epoch = 0; epoch < o->epochs; epoch++) {
        shuffle(l->order, count, &state);
        for (size_t i = 0; i < count; i++, step++) {
            const size_t label = (size_t)t->labels[rows[l->order[i]]];
            const double share = 1.0 - (double)step / steps;
            const float weight = o->class_weights ? o->class_weights[label] : 1.0f;
            learn_text(m, l, l->order[i], label, (float)((double)o->rate * share) * weight);
        }
    }
}

static void free_learning(learning *l)
{
    bl_free(l->start);
    bl_free(l->rows);
    bl_free(l->values);
    bl_free(l->order);
    bl_free(l->scores);
    bl_free(l->mask);
}

static bl_status prepare(const bl_ngram_model *m, learning *l, const bl_ngram_texts *t,
                         const size_t *rows, size_t count, bl_error *error)
{
    size_t tokens = 0;
    for (size_t r = 0; r < count; r++) tokens += t->start[rows[r] + 1] - t->start[rows[r]];
    l->start = bl_malloc((count + 1) * sizeof *l->start);
    l->rows = bl_malloc((2 * tokens + 1) * sizeof *l->rows);
    l->values = bl_malloc((2 * tokens + 1) * sizeof *l->values);
    l->order = bl_malloc((count + 1) * sizeof *l->order);
    l->scores = bl_malloc(m->stride * sizeof *l->scores);
    l->mask = bl_malloc(m->stride * sizeof *l->mask);
    if (!l->start || !l->rows || !l->values || !l->order || !l->scores || !l->mask)
        return bl_no_memory(error, "the n-grams");
    l->start[0] = 0;
    for (size_t r = 0; r < count; r++) {
        const size_t from = t->start[rows[r]], size = t->start[rows[r] + 1] - from;
        const size_t at = l->start[r];
        l->start[r + 1] = at +
                          bl_ngrams_of(&m->of, t->ids + from, size, l->rows + at, l->values + at);
    }
    for (size_t c = 0; c < m->stride; c++) l->mask[c] = c < m->of.labels ? 0.0f : -1e30f;
    return BL_OK;
}

/* ---- the interface -------------------------------------------------------------------------- */

static bl_status check(const bl_ngram_texts *t, const size_t *rows, size_t count,
                       const bl_ngram_options *o, bl_error *error)
{
    if (!o->labels || o->labels > 65536 || count > UINT32_MAX)
        return bl_fail(error, BL_INPUT_ERROR,
                       "n-grams of %zu texts cannot be learned for %zu labels; give fewer.", count,
                       o->labels);
    for (size_t r = 0; r < count; r++) {
        const int32_t label = rows[r] < t->texts ? t->labels[rows[r]] : -1;
        if (label < 0 || (size_t)label >= o->labels)
            return bl_fail(error, BL_INPUT_ERROR,
                           "row %zu has the label %d, but there are %zu texts and %zu labels.",
                           rows[r], (int)label, t->texts, o->labels);
    }
    return BL_OK;
}

bl_status bl_ngram_learn(const bl_ngram_texts *texts, const size_t *rows, size_t count,
                         const bl_ngram_options *options, bl_ngram_model *out, bl_error *error)
{
    learning l = { 0 };
    memset(out, 0, sizeof *out);
    bl_status status = check(texts, rows, count, options, error);
    if (status == BL_OK) status = choose(texts, rows, count, options, out, error);
    if (status == BL_OK) status = prepare(out, &l, texts, rows, count, error);
    if (status == BL_OK) learn(out, &l, texts, rows, count, options);
    else bl_ngram_free(out);
    free_learning(&l);
    return status;
}

bl_status bl_ngram_score(const bl_ngram_model *m, const bl_ngram_texts *texts, const size_t *rows,
                         size_t count, float *logits, bl_error *error)
{
    learning l = { 0 };
    bl_status status = BL_OK;
    for (size_t r = 0; r < count && status == BL_OK; r++)
        if (rows[r] >= texts->texts)
            status = bl_fail(error, BL_INPUT_ERROR, "row %zu is not one of the %zu texts.", rows[r],
                             texts->texts);
    if (status == BL_OK) status = prepare(m, &l, texts, rows, count, error);
    for (size_t r = 0; r < count && status == BL_OK; r++) {
        const size_t from = l.start[r];
        sum_scores(m, l.rows + from, l.values + from, l.start[r + 1] - from, l.scores);
        memcpy(logits + r * m->of.labels, l.scores, m->of.labels * sizeof *logits);
    }
    free_learning(&l);
    return status;
}

void bl_ngram_free(bl_ngram_model *m)
{
    bl_free(m->keys);
    bl_free(m->rarity);
    bl_free(m->weights);
    memset(m, 0, sizeof *m);
}
