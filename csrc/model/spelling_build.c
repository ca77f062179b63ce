#include "spelling_build.h"

#include <string.h>

#include "../error.h"
#include "spelling.h"

static bl_status read_bytes(bl_builder *b, const char *name, const uint8_t **out, size_t *size)
{
    const bl_tensor *t = bl_find(b->tensors, name);
    if (!t || t->dtype != BL_I8 || t->rank != 2 || t->shape[1] != 1 || !t->shape[0])
        return bl_fail(b->error, BL_CONFIG_ERROR,
                       "tensor %s is missing or not rows of one byte; the file is damaged, write "
                       "it again.",
                       name);
    *size = t->shape[0];
    uint8_t *bytes = bl_builder_memory(b, *size, 1);
    if (!bytes) return BL_MEMORY_ERROR;
    memcpy(bytes, t->data, *size);
    *out = bytes;
    if (!b->writer) return BL_OK;
    return bl_writer_int8(b->writer, name, (const int8_t *)t->data, *size, 1, b->error);
}

enum { FIRST = 26, LAST = 20 }; /* where a key has its letters */

/* The keys of an order by one of their letters; NULL without memory. */
static const bl_spelling_index *make_index(bl_builder *b, const bl_spelling_order *order,
                                           int letter)
{
    const uint32_t count = order->places[BL_SPELLED_LONGEST + 1];
    bl_spelling_index *index = bl_builder_memory(b, sizeof *index + count * sizeof *index->keys, 1);
    uint32_t end = 0;
    if (!index) return NULL;
    for (size_t size = 0; size <= BL_SPELLED_LONGEST; size++) {
        uint32_t next[BL_SPELLED_LETTERS] = { 0 };
        const uint32_t from = order->places[size], to = order->places[size + 1];
        for (uint32_t i = from; i < to; i++) next[order->keys[i] >> letter & 63]++;
        for (size_t c = 0; c < BL_SPELLED_LETTERS; c++) {
            const uint32_t some = next[c];
            index->places[size * BL_SPELLED_LETTERS + c] = next[c] = end;
            end += some;
        }
        for (uint32_t i = from; i < to; i++)
            index->keys[next[order->keys[i] >> letter & 63]++] = order->keys[i];
    }
    index->places[(BL_SPELLED_LONGEST + 1) * BL_SPELLED_LETTERS] = end;
    return index;
}

bl_status bl_build_spelling(bl_builder *b)
{
    bl_spelling s = { 0 };
    size_t ids = 0, known = 0;
    if (!bl_find(b->tensors, "spelling.words")) return BL_OK;
    bl_status status = read_bytes(b, "spelling.words", &s.words, &s.words_size);
    if (status == BL_OK) status = read_bytes(b, "spelling.ids", &s.ids, &ids);
    if (status == BL_OK) status = read_bytes(b, "spelling.known", &s.known, &known);
    if (status != BL_OK) return status;
    if (!bl_is_spelling_list(s.words, s.words_size))
        return bl_fail(b->error, BL_CONFIG_ERROR,
                       "tensor spelling.words is not a list of words; the file is damaged, write "
                       "it again.");
    if (s.words_size >= BL_SPELLED_WORDS)
        return bl_fail(
            b->error, BL_CONFIG_ERROR,
            "tensor spelling.words has %zu bytes; expected less than %d. Write a shorter "
            "list.",
            s.words_size, BL_SPELLED_WORDS);
    bl_spelling_order *order =
        bl_builder_memory(b, bl_spelling_order_size(s.words, s.words_size), 1);
    if (!order) return BL_MEMORY_ERROR;
    bl_order_spelling(s.words, s.words_size, order);
    s.order = order;
    s.by_first = make_index(b, order, FIRST);
    s.by_last = s.by_first ? make_index(b, order, LAST) : NULL;
    if (!s.by_last) return BL_MEMORY_ERROR;
    s.id_count = ids * 8;
    s.known_bits = known * 8;
    b->model->spelling = s;
    return BL_OK;
}
