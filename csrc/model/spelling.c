#include "spelling.h"

static int is_spelled(uint8_t c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

/* What is meant may have spaces. */
int bl_is_spelling_list(const uint8_t *words, size_t size)
{
    for (size_t at = 0; at < size;) {
        for (int meant = 0; meant < 2; meant++) {
            if (at == size) return 0;
            const size_t length = meant ? words[at] : words[at] & BL_SPELLED_LENGTH;
            if (length > BL_SPELLED_LONGEST || (!meant && !length) || length > size - ++at)
                return 0;
            for (size_t end = at + length; at < end; at++)
                if (!is_spelled(words[at]) && !(meant && words[at] == ' ')) return 0;
        }
    }
    return 1;
}

static int has_bit(const uint8_t *bits, size_t at) { return bits[at / 8] >> at % 8 & 1; }

int bl_is_known_id(const bl_spelling *s, int32_t id)
{
    return (size_t)id < s->id_count && has_bit(s->ids, (size_t)id);
}

void bl_filter_bits(const bl_spelling *s, const char *word, size_t size,
                    uint32_t bits[BL_FILTER_BITS])
{
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a; its halves give all bits of a word */
    for (size_t i = 0; i < size; i++) hash = (hash ^ (uint8_t)word[i]) * 0x100000001b3u;
    const uint32_t first = (uint32_t)(hash >> 32), step = (uint32_t)hash | 1;
    for (uint32_t i = 0; i < BL_FILTER_BITS; i++)
        bits[i] = (uint32_t)((uint32_t)(first + i * step) % s->known_bits);
}

int bl_is_known_word(const bl_spelling *s, const char *word, size_t size)
{
    uint32_t bits[BL_FILTER_BITS];
    bl_filter_bits(s, word, size, bits);
    for (int i = 0; i < BL_FILTER_BITS; i++)
        if (!has_bit(s->known, bits[i])) return 0;
    return 1;
}
