/* weights.c: parameters from an open model, and to and from the tensors that files hold. */
#include <string.h>

#include "state.h"

/* Rows [from, from + count) of a layer packed as gemm32 takes it. */
static void unpack_linear(bl_trainer *t, const bl_linear *l, size_t from, size_t count,
                          const bl_train_linear *out, size_t row)
{
    for (size_t r = 0; r < count; r++) {
        const size_t c = from + r;
        float *w = t->values + out->weight + (row + r) * out->in;
        for (size_t i = 0; i < out->in; i++)
            w[i] = l->floats[c / 16 * 16 * l->in + i * 16 + c % 16];
        t->values[out->bias + row + r] = l->bias[c];
    }
}

static void copy_norm(bl_trainer *t, const bl_norm *from, bl_train_norm to)
{
    memcpy(t->values + to.gain, from->gain, t->hidden * sizeof(float));
    memcpy(t->values + to.shift, from->shift, t->hidden * sizeof(float));
}

/* About normal, mean 0 and standard deviation 0.02, as transformers begins new layers: the sum of
 * twelve uniform values has a variance of 1. */
static float begin_value(uint64_t *state)
{
    int64_t sum = 0;
    for (int i = 0; i < 12; i++) sum += (int64_t)(bl_training_random(state) >> 40);
    return (float)((double)(sum - 6 * (1 << 24)) / (1 << 24) * 0.02);
}

static void begin_linear(bl_trainer *t, const bl_train_linear *l, size_t rows, uint64_t *state)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < t->c.hidden; i++)
            t->values[l->weight + r * l->in + i] = begin_value(state);
}

static int has_same_labels(const bl_trainer *t, const bl_model *start)
{
    return start->info.head == t->o.head && start->c.labels == t->label_count &&
           start->classes_from_mean == t->from_mean;
}

void bl_trainer_unpack(bl_trainer *t, const bl_model *start)
{
    const size_t h = t->hidden, w = t->width;
    const bl_tables *tables = &start->tables;
    uint64_t state = t->o.seed ^ 0x6865616473u; /* not that of the batches' order */
    memcpy(t->words, tables->words_f32, t->c.vocabulary * h * sizeof(float));
    memcpy(t->values + t->positions, tables->positions, t->c.positions * h * sizeof(float));
    if (t->c.token_types)
        memcpy(t->values + t->types, tables->types, t->c.token_types * h * sizeof(float));
    copy_norm(t, &start->embedding_norm, t->embedding_norm);
    for (size_t i = 0; i < t->c.layers; i++) {
        const bl_layer *from = &start->layers[i];
        const bl_train_layer *to = &t->layers[i];
        unpack_linear(t, &from->query_key, 0, w, &to->query, 0);
        unpack_linear(t, &from->query_key, w, w, &to->key_value, 0);
        unpack_linear(t, &from->value, 0, w, &to->key_value, w);
        unpack_linear(t, &from->output, 0, h, &to->output, 0);
        unpack_linear(t, &from->up, 0, t->intermediate, &to->up, 0);
        unpack_linear(t, &from->down, 0, h, &to->down, 0);
        copy_norm(t, &from->attention_norm, to->norm1);
        copy_norm(t, &from->output_norm, to->norm2);
    }
    t->packs_are_stale = 1;
    if (t->has_pooler && start->pooler.floats)
        unpack_linear(t, &start->pooler, 0, h, &t->pooler, 0);
    else if (t->has_pooler) begin_linear(t, &t->pooler, t->c.hidden, &state);
    if (t->of_words) {
        unpack_linear(t, &start->transform, 0, h, &t->pooler, 0);
        copy_norm(t, &start->transform_norm, t->word_norm);
        memcpy(t->values + t->word_bias, start->words_bias, t->c.vocabulary * sizeof(float));
        t->k->pack_transposed(t->words, h, t->c.vocabulary, h, t->word_pack);
    }
    if (t->o.head == BL_NO_HEAD || t->of_words) return;
    if (has_same_labels(t, start))
        unpack_linear(t, &start->classifier, 0, t->padded_labels, &t->classifier, 0);
    else begin_linear(t, &t->classifier, t->label_count, &state);
}

/* ---- tensors --------------------------------------------------------------------------------- */

static size_t padded_index(const bl_trainer *t, size_t i, int by_head)
{
    const size_t d = t->c.hidden / t->c.heads;
    return by_head ? i / d * t->head + i % d : i;
}

static size_t cell(const bl_trainer *t, const bl_train_entry *e, size_t row, size_t column)
{
    const size_t r = padded_index(t, row, e->rows_by_head);
    return e->columns ? r * e->stride + padded_index(t, column, e->columns_by_head) : r;
}

size_t bl_trainer_tensors(const bl_trainer *t) { return t->entry_count; }

void bl_trainer_tensor(const bl_trainer *t, size_t index, bl_training_tensor *out)
{
    const bl_train_entry *e = &t->entries[index];
    memcpy(out->name, e->name, sizeof out->name);
    out->rows = e->rows;
    out->columns = e->columns;
    out->is_trained = e->words ? t->o.trained == BL_TRAIN_ALL : e->offset >= t->trained_from;
}

/* Rows that no batch had have the gradient 0, as slot 0 has. */
static void read_word_gradients(const bl_trainer *t, float *out)
{
    for (size_t word = 0; word < t->c.vocabulary; word++, out += t->c.hidden)
        memcpy(out, t->word_gradients + bl_train_slot_of(t, word), t->c.hidden * sizeof *out);
}

void bl_trainer_read(const bl_trainer *t, size_t index, bl_tensor_part part, float *out)
{
    const bl_train_entry *e = &t->entries[index];
    if (e->words && part == BL_GRADIENTS) {
        read_word_gradients(t, out);
        return;
    }
    const float *from = part == BL_VALUES ? e->words ? t->words : t->values + e->offset
                                          : t->gradients + (e->offset - t->trained_from);
    const size_t columns = e->columns ? e->columns : 1;
    for (size_t r = 0; r < e->rows; r++)
        for (size_t c = 0; c < columns; c++) *out++ = from[cell(t, e, r, c)];
}

void bl_trainer_write(bl_trainer *t, size_t index, const float *values)
{
    const bl_train_entry *e = &t->entries[index];
    float *to = e->words ? t->words : t->values + e->offset;
    const size_t columns = e->columns ? e->columns : 1;
    for (size_t r = 0; r < e->rows; r++)
        for (size_t c = 0; c < columns; c++) to[cell(t, e, r, c)] = *values++;
    t->packs_are_stale = 1;
}

/* ---- state ----------------------------------------------------------------------------------- */

typedef struct {
    uint64_t updates;
    double beta1_power, beta2_power;
} progress;

typedef struct {
    void *data;
    size_t size;
} part;

enum { MOST_PARTS = 4 };

static size_t table_size(const bl_trainer *t)
{
    return t->c.vocabulary * t->hidden * sizeof(float);
}

static int has_word_moments(const bl_trainer *t, int optimizer)
{
    return optimizer && t->o.trained == BL_TRAIN_ALL;
}

static size_t list_parts(const bl_trainer *t, int optimizer, part parts[MOST_PARTS])
{
    const size_t trained = (t->count - t->trained_from) * sizeof(float);
    size_t n = 0;
    parts[n++] = (part){ t->values + t->trained_from, trained };
    if (t->o.trained == BL_TRAIN_ALL) parts[n++] = (part){ t->words, table_size(t) };
    if (!optimizer) return n;
    parts[n++] = (part){ t->m, trained };
    parts[n++] = (part){ t->v, trained };
    return n;
}

size_t bl_trainer_state_size(const bl_trainer *t, int optimizer)
{
    part parts[MOST_PARTS];
    size_t size = sizeof(progress) + (has_word_moments(t, optimizer) ? 2 * table_size(t) : 0);
    for (size_t n = list_parts(t, optimizer, parts); n-- > 0;) size += parts[n].size;
    return size;
}

void bl_trainer_save_state(const bl_trainer *t, int optimizer, void *out)
{
    part parts[MOST_PARTS];
    const progress p = { t->updates, t->beta1_power, t->beta2_power };
    char *at = out;
    memcpy(at, &p, sizeof p);
    at += sizeof p;
    const size_t n = list_parts(t, optimizer, parts);
    for (size_t i = 0; i < n; at += parts[i++].size) memcpy(at, parts[i].data, parts[i].size);
    const size_t row = t->hidden * sizeof(float);
    for (size_t word = 0; has_word_moments(t, optimizer) && word < t->c.vocabulary; word++) {
        const size_t slot = bl_train_slot_of(t, word);
        memcpy(at + word * row, t->word_m + slot, row);
        memcpy(at + word * row + table_size(t), t->word_v + slot, row);
    }
}

static int is_zero(const char *from, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (from[i]) return 0;
    return 1;
}

/* Only rows that have moments get a slot. */
static void load_word_moments(bl_trainer *t, const char *m, const char *v)
{
    const size_t row = t->hidden * sizeof(float);
    for (size_t word = 0; word < t->c.vocabulary; word++, m += row, v += row) {
        if (!t->slot[word] && is_zero(m, row) && is_zero(v, row)) continue;
        const size_t slot = bl_train_slot(t, word);
        memcpy(t->word_m + slot, m, row);
        memcpy(t->word_v + slot, v, row);
    }
}

void bl_trainer_load_state(bl_trainer *t, int optimizer, const void *state)
{
    part parts[MOST_PARTS];
    progress p;
    const char *at = state;
    memcpy(&p, at, sizeof p);
    at += sizeof p;
    if (optimizer) {
        t->updates = p.updates;
        t->beta1_power = p.beta1_power;
        t->beta2_power = p.beta2_power;
    }
    const size_t n = list_parts(t, optimizer, parts);
    for (size_t i = 0; i < n; at += parts[i++].size) memcpy(parts[i].data, at, parts[i].size);
    if (has_word_moments(t, optimizer)) load_word_moments(t, at, at + table_size(t));
    t->packs_are_stale = 1;
}
