#include "spelling.h"

#include <string.h>

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

/* ---- its order ------------------------------------------------------------------------------ */

/* The length and the key of the entry at *at, which goes on behind it; 0 at the end. */
static size_t next_key(const uint8_t *words, size_t size, size_t *at, uint32_t *key)
{
    if (*at == size) return 0;
    const size_t length = words[*at] & BL_SPELLED_LENGTH;
    *key = bl_spelling_ends((const char *)words + *at + 1, length) | (uint32_t)*at;
    *at += 2 + length + words[*at + 1 + length];
    return length;
}

/* places, as in an order; returns how many entries there are. */
static size_t find_places(const uint8_t *words, size_t size,
                          uint32_t places[BL_SPELLED_LONGEST + 2])
{
    uint32_t key, counts[BL_SPELLED_LONGEST + 1] = { 0 };
    for (size_t at = 0, length; (length = next_key(words, size, &at, &key)) > 0;) counts[length]++;
    places[0] = 0;
    for (size_t i = 0; i <= BL_SPELLED_LONGEST; i++) places[i + 1] = places[i] + counts[i];
    return places[BL_SPELLED_LONGEST + 1];
}

size_t bl_spelling_order_size(const uint8_t *words, size_t size)
{
    uint32_t places[BL_SPELLED_LONGEST + 2];
    const size_t count = find_places(words, size, places);
    return sizeof(bl_spelling_order) + count * sizeof(uint32_t);
}

void bl_order_spelling(const uint8_t *words, size_t size, bl_spelling_order *order)
{
    uint32_t key, next[BL_SPELLED_LONGEST + 2];
    find_places(words, size, order->places);
    memcpy(next, order->places, sizeof next);
    for (size_t at = 0, length; (length = next_key(words, size, &at, &key)) > 0;)
        order->keys[next[length]++] = key;
}

int bl_is_spelling_order(const uint8_t *words, size_t size, const bl_spelling_order *order,
                         size_t order_size)
{
    uint32_t key, next[BL_SPELLED_LONGEST + 2];
    const size_t count = find_places(words, size, next);
    if (order_size != sizeof *order + count * sizeof *order->keys ||
        memcmp(order->places, next, sizeof next) != 0)
        return 0;
    for (size_t at = 0, length; (length = next_key(words, size, &at, &key)) > 0;)
        if (order->keys[next[length]++] != key) return 0;
    return 1;
}

/* ---- its groups ----------------------------------------------------------------------------- */

size_t bl_spelling_places(const uint8_t *lengths, size_t count,
                          uint32_t places[BL_SPELLED_LONGEST + 2])
{
    uint32_t size = 0;
    memset(places, 0, (BL_SPELLED_LONGEST + 2) * sizeof *places);
    for (size_t i = 0; i < count; i++) {
        const uint32_t length = lengths[i] & BL_SPELLED_LENGTH;
        if (!length || length > BL_SPELLED_LONGEST) return SIZE_MAX;
        places[length + 1] += length;
    }
    for (size_t i = 0; i < BL_SPELLED_LONGEST + 2; i++) places[i] = size += places[i];
    return size;
}

int bl_are_spelling_groups(const bl_spelling_groups *g)
{
    uint32_t places[BL_SPELLED_LONGEST + 2];
    if (bl_spelling_places(g->lengths, g->count, places) != g->size ||
        memcmp(places, g->places, sizeof places) != 0)
        return 0;
    for (size_t i = 0; i < g->size; i++)
        if (!is_spelled(g->letters[i])) return 0;
    return 1;
}

/* ---- known words ---------------------------------------------------------------------------- */

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
