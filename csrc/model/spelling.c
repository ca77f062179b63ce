#include "spelling.h"

enum { FILTER_BITS = 5 }; /* of each word */

static int has_bit(const uint8_t *bits, size_t at) { return bits[at / 8] >> at % 8 & 1; }

int bl_is_known_id(const bl_spelling *s, int32_t id)
{
    return (size_t)id < s->id_count && has_bit(s->ids, (size_t)id);
}

int bl_is_known_word(const bl_spelling *s, const char *word, size_t size)
{
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a; its halves give all bits of a word */
    for (size_t i = 0; i < size; i++) hash = (hash ^ (uint8_t)word[i]) * 0x100000001b3u;
    const uint32_t first = (uint32_t)(hash >> 32), step = (uint32_t)hash | 1;
    for (uint32_t i = 0; i < FILTER_BITS; i++)
        if (!has_bit(s->known, (uint32_t)(first + i * step) % s->known_bits)) return 0;
    return 1;
}
