#include "ngrams_build.h"

#include <string.h>

#include "../error.h"
#include "quantize.h"

enum { KEY_BYTES = 4 };

static bl_status damaged(bl_builder *b)
{
    return bl_fail(b->error, BL_CONFIG_ERROR,
                   "the keys of the model's n-grams are not in rising order; the file is damaged, "
                   "write it again.");
}

static bl_status read_keys(bl_builder *b, const bl_tensor *t, size_t count, uint32_t *keys)
{
    for (size_t i = 0; i < count; i++) {
        keys[i] = (uint32_t)bl_little_endian(t->data + i * KEY_BYTES, KEY_BYTES);
        if (i && keys[i] <= keys[i - 1]) return damaged(b);
    }
    if (!b->writer) return BL_OK;
    return bl_writer_int8(b->writer, "ngrams.keys", (const int8_t *)t->data, count, KEY_BYTES,
                          b->error);
}

bl_status bl_build_ngrams(bl_builder *b)
{
    bl_model *m = b->model;
    bl_ngrams *g = &m->ngrams;
    const bl_tensor *t = bl_find(b->tensors, "ngrams.keys");
    if (!t) return BL_OK;
    const size_t count = t->shape[0], labels = m->c.labels;
    if (t->dtype != BL_I8 || t->rank != 2 || t->shape[1] != KEY_BYTES || count > INT32_MAX)
        return bl_fail(b->error, BL_CONFIG_ERROR,
                       "tensor ngrams.keys is not rows of 4 bytes; the file is damaged, write it "
                       "again.");
    const bl_tensor *weights;
    bl_status status = bl_builder_tensor(b, "ngrams.weight", count, labels, &weights);
    if (status == BL_OK) status = bl_builder_matrix(b, "ngrams.rarity", count, 0, &g->rarity);
    if (status != BL_OK) return status;
    uint32_t *keys = bl_builder_memory(b, count + 1, sizeof *keys);
    float *steps = keys ? bl_builder_memory(b, count + 1, sizeof *steps) : NULL;
    int8_t *table = steps ? bl_builder_memory(b, weights->count + 1, 1) : NULL;
    if (!table) return BL_MEMORY_ERROR;
    status = read_keys(b, t, count, keys);
    if (status == BL_OK)
        status = bl_read_int8(b, "ngrams.weight", count, labels, NULL, table, steps);
    if (status != BL_OK) return status;
    *g = (bl_ngrams){ count, labels, keys, g->rarity, table, steps, NULL };
    return BL_OK;
}
