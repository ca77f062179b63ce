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
    s.id_count = ids * 8;
    s.known_bits = known * 8;
    b->model->spelling = s;
    return BL_OK;
}
