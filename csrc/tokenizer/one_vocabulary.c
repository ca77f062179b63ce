/* one_vocabulary.c: vocabulary.c where every vocabulary is packed. */
#include "vocabulary.h"

/* For keys of hashes, of which there are none. */
const uint8_t bl_key_masks[2 * BL_KEY_SIZE] = { 0 };

int32_t bl_find_piece(const bl_vocabulary *v, const uint8_t *text, size_t size)
{
    return bl_packed_find(&v->packed, text, size);
}

int32_t bl_longest_piece(const bl_vocabulary *v, const uint8_t *text, uint32_t size, int continuing,
                         uint32_t *length)
{
    return bl_packed_longest(&v->packed, text, size, continuing, length);
}

const char *bl_piece_text(const bl_vocabulary *v, uint32_t id, uint32_t *size)
{
    return bl_packed_text(&v->packed, id, size);
}

const char *bl_piece_at(const bl_vocabulary *v, uint32_t n, uint32_t *size, uint32_t *id)
{
    return bl_packed_at(&v->packed, n, size, id);
}
