#include "vocabulary.h"

#include <stdlib.h>

#include "../files/tensors.h"
#include "../platform.h"
#include "../memory.h"
#include "../error.h"

/* The first bytes of a block, as 32-bit words. */
enum {
    MAGIC,
    BYTE_ORDER_MARK,
    PIECES,
    RECORDS,
    LAST_PLACE,
    BY_ID,
    LENGTHS,
    FILTER,
    SLOTS,
    END,
    SLOT_BITS,
    FILTER_BITS,
    PLACE_BITS,
    PREFIX,
    LONGEST,
    WORDS = 16
};
enum {
    HEADER = 4 * WORDS,
    MAGIC_WORD = 0x31564C42 /* BLV1 */,
    ORDER_WORD = 0x01020304,
    MOST_PREFIX = 64,
    TAIL = 8 + MOST_PREFIX + 2 * BL_KEY_PAD
};

const uint8_t bl_key_masks[32] = { 255, 255, 255, 255, 255, 255, 255, 255,
                                   255, 255, 255, 255, 255, 255, 255, 255 };

static unsigned highest(uint32_t bits)
{
#if defined __GNUC__
    return 31u - (unsigned)__builtin_clz(bits);
#else
    unsigned n = 0;
    while (bits >>= 1) n++;
    return n;
#endif
}

static uint64_t hash_of(const uint8_t *text, uint32_t size, int goes_on)
{
    uint64_t h = 0;
    for (; size > 16; size -= 16, text += 16) {
        const uint64_t part = bl_short_hash(bl_short_key(text, 16), 0);
        h = (h << 29 | h >> 35) ^ part;
        h += h >> 31; /* or blocks that repeat would cancel out */
    }
    return ((h << 29 | h >> 35) ^ bl_short_hash(bl_short_key(text, size), 0)) ^
           (goes_on ? BL_GOES_ON : 0);
}

static void put32(uint8_t *p, uint32_t v) { memcpy(p, &v, 4); }

static int same_text(const bl_vocabulary *v, uint32_t place, const uint8_t *text, uint32_t size,
                     int goes_on)
{
    if (place > v->last_place) return 0;
    const uint8_t *record = v->records + 4 * (size_t)place;
    const uint32_t length = bl_get32(record + 4), skip = goes_on ? v->prefix : 0;
    if (goes_on ? length != ((size + skip) | BL_HAS_PREFIX) : (length & ~BL_HAS_PREFIX) != size)
        return 0;
    return size + skip <= 4 * (size_t)(v->last_place - place) + BL_KEY_PAD &&
           !memcmp(record + 8 + skip, text, size);
}

static int32_t find(const bl_vocabulary *v, const uint8_t *text, uint32_t size, int goes_on,
                    uint64_t hash, uint32_t *slot_at)
{
    const uint32_t slots = UINT32_C(1) << (64 - v->slot_shift),
                   place_mask = (UINT32_C(1) << v->place_bits) - 1;
    uint32_t i = (uint32_t)(hash >> v->slot_shift);
    for (uint32_t tries = 0; tries < slots; tries++, i = (i + 1) & (slots - 1)) {
        const uint32_t slot = bl_get32(v->slots + 4 * (size_t)i), place = slot & place_mask;
        if (slot_at) *slot_at = i;
        if (!slot) return -1;
        if ((slot ^ place) == ((uint32_t)(hash >> 16) & ~place_mask) &&
            same_text(v, place, text, size, goes_on))
            return (int32_t)bl_get32(v->records + 4 * (size_t)place);
    }
    return -1;
}

int32_t bl_find_piece(const bl_vocabulary *v, const uint8_t *text, uint32_t size, int goes_on)
{
    return size > v->longest ? -1
                             : find(v, text, size, goes_on, hash_of(text, size, goes_on), NULL);
}

/* Where the lengths stand of pieces that begin with these three bytes: bit n - 1 for n of them. */
static size_t beginning(const uint8_t *text, int goes_on)
{
    const uint32_t hash = ((bl_get32(text) & 0xFFFFFF) * 2 + (uint32_t)goes_on) *
                          UINT32_C(0x9E3779B1);
    return 4 * (size_t)(hash >> (32 - BL_LENGTH_BITS));
}

int32_t bl_longest_piece(const bl_vocabulary *v, const uint8_t *text, uint32_t size, int goes_on,
                         uint32_t *length)
{
    int32_t id;
    if (size > v->longest) size = v->longest;
    for (; size > 16; size--) {
        const uint64_t hash = hash_of(text, size, goes_on);
        if (bl_may_have(v, hash) && (id = find(v, text, size, goes_on, hash, NULL)) >= 0)
            return *length = size, id;
    }
    uint32_t lengths = 0;
    if (size >= 3)
        lengths = bl_get32(v->lengths + beginning(text, goes_on)) & ((UINT32_C(1) << size) - 1) &
                  ~UINT32_C(3);
    /* Beginnings shorter than that are worth a look without asking, where a character ends. */
    lengths |= (text[0] < 0x80 ? 3 : text[0] < 0xE0 ? 2 : 0) & ((UINT32_C(1) << size) - 1);
    while (lengths) {
        size = highest(lengths) + 1;
        lengths ^= UINT32_C(1) << (size - 1);
        const bl_key k = bl_short_key(text, size);
        const uint64_t hash = bl_short_hash(k, goes_on);
        if (bl_may_have(v, hash) && (id = bl_find_short(v, k, size, goes_on, hash)) >= 0)
            return *length = size, id;
    }
    return -1;
}

const char *bl_piece_at(const bl_vocabulary *v, uint32_t n, uint32_t *size, uint32_t *id)
{
    if (n >= v->pieces) return NULL;
    const uint32_t place = bl_get32(v->by_id + 4 * (size_t)n);
    if (place > v->last_place) return NULL;
    const uint8_t *record = v->records + 4 * (size_t)place;
    *id = bl_get32(record);
    *size = bl_get32(record + 4) & ~BL_HAS_PREFIX;
    return *size <= 4 * (size_t)(v->last_place - place) + BL_KEY_PAD ? (const char *)record + 8
                                                                     : NULL;
}

const char *bl_piece_text(const bl_vocabulary *v, uint32_t id, uint32_t *size)
{
    uint32_t other, low = 0, count = v->pieces;
    const char *text = bl_piece_at(v, id, size, &other); /* usually the ids are 0, 1, 2, ... */
    if (text && other == id) return text;
    while (count > 1) {
        const uint32_t half = count / 2;
        if (!bl_piece_at(v, low + half, size, &other)) return NULL;
        if (other <= id) low += half;
        count -= half;
    }
    text = bl_piece_at(v, low, size, &other);
    return text && other == id ? text : NULL;
}

static unsigned bits_for(uint64_t n)
{
    unsigned bits = 0;
    while (UINT64_C(1) << bits < n) bits++;
    return bits;
}

static void locate(bl_vocabulary *v, const uint8_t *block)
{
    v->block = block;
    v->size = bl_get32(block + 4 * END);
    v->records = block + bl_get32(block + 4 * RECORDS);
    v->by_id = block + bl_get32(block + 4 * BY_ID);
    v->lengths = block + bl_get32(block + 4 * LENGTHS);
    v->filter = block + bl_get32(block + 4 * FILTER);
    v->slots = block + bl_get32(block + 4 * SLOTS);
    v->pieces = bl_get32(block + 4 * PIECES);
    v->last_place = bl_get32(block + 4 * LAST_PLACE);
    v->slot_shift = 64 - bl_get32(block + 4 * SLOT_BITS);
    v->filter_shift = 64 - bl_get32(block + 4 * FILTER_BITS);
    v->place_bits = bl_get32(block + 4 * PLACE_BITS);
    v->prefix = bl_get32(block + 4 * PREFIX);
    v->longest = bl_get32(block + 4 * LONGEST);
}

bl_status bl_vocabulary_read(bl_vocabulary *v, const void *block, size_t size, bl_error *error)
{
    const uint8_t *b = block;
    uint32_t h[WORDS];
    memset(v, 0, sizeof *v);
    if (size < HEADER || bl_get32(b) != MAGIC_WORD || bl_get32(b + 4) != ORDER_WORD)
        return bl_fail(error, BL_FILE_ERROR,
                       "the file's table of words is not one; convert the model again.");
    memcpy(h, b, HEADER);
    const uint64_t records = h[RECORDS], by_id = h[BY_ID], lengths = h[LENGTHS], filter = h[FILTER],
                   slots = h[SLOTS], end = h[END];
    const int fits = h[SLOT_BITS] >= 1 && h[SLOT_BITS] < 30 && h[FILTER_BITS] >= 3 &&
                     h[FILTER_BITS] < 34 && h[PLACE_BITS] < 32 && h[PREFIX] <= MOST_PREFIX &&
                     end == size && records == HEADER &&
                     records + 4 * (uint64_t)h[LAST_PLACE] + TAIL <= by_id &&
                     by_id + 4 * (uint64_t)h[PIECES] <= lengths &&
                     lengths + (4 << BL_LENGTH_BITS) <= filter &&
                     filter + ((UINT64_C(1) << h[FILTER_BITS]) >> 3) <= slots &&
                     slots + (UINT64_C(4) << h[SLOT_BITS]) <= end;
    if (!fits)
        return bl_fail(error, BL_FILE_ERROR,
                       "the file's table of words is damaged; convert the model again.");
    locate(v, b);
    return BL_OK;
}

static int by_id(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* The records' places, ordered by id. */
static int order(bl_vocabulary *v, uint8_t *list)
{
    int sorted = 1;
    for (uint32_t i = 1; i < v->pieces && sorted; i++)
        sorted = bl_get32(v->records + 4 * (size_t)bl_get32(list + 4 * (size_t)i - 4)) <
                 bl_get32(v->records + 4 * (size_t)bl_get32(list + 4 * (size_t)i));
    if (sorted) return 1;
    uint64_t *keys = bl_malloc(v->pieces * sizeof *keys);
    if (!keys) return 0;
    for (uint32_t i = 0; i < v->pieces; i++) {
        const uint32_t place = bl_get32(list + 4 * (size_t)i);
        keys[i] = (uint64_t)bl_get32(v->records + 4 * (size_t)place) << 32 | place;
    }
    qsort(keys, v->pieces, sizeof *keys, by_id);
    for (uint32_t i = 0; i < v->pieces; i++) put32(list + 4 * (size_t)i, (uint32_t)keys[i]);
    bl_free(keys);
    return 1;
}

static void put_slot(bl_vocabulary *v, uint32_t i, uint64_t hash, uint32_t place,
                     const uint8_t *text, uint32_t size, int goes_on)
{
    if (size >= 3 && size <= 16) {
        uint8_t *lengths = (uint8_t *)v->lengths + beginning(text, goes_on);
        put32(lengths, bl_get32(lengths) | UINT32_C(1) << (size - 1));
    }
    const uint64_t bit = hash >> v->filter_shift;
    put32((uint8_t *)v->slots + 4 * (size_t)i,
          ((uint32_t)(hash >> 16) & ~((UINT32_C(1) << v->place_bits) - 1)) | place);
    ((uint8_t *)v->filter)[bit >> 3] |= (uint8_t)(1u << (bit & 7));
}

bl_status bl_vocabulary_build(bl_vocabulary *v, const bl_entry *entries, size_t count,
                              const char *prefix, bl_error *error)
{
    const size_t prefix_size = strlen(prefix);
    uint64_t records = 4, keys = count;
    uint32_t longest = 0;
    memset(v, 0, sizeof *v);
    if (count > BL_MOST_PIECES)
        return bl_fail(error, BL_CONFIG_ERROR,
                       "the vocabulary has %zu pieces; up to %d can be used.", count,
                       BL_MOST_PIECES);
    if (prefix_size > MOST_PREFIX)
        return bl_fail(error, BL_CONFIG_ERROR,
                       "the prefix of continuing pieces has %zu bytes; up to %d can be used.",
                       prefix_size, MOST_PREFIX);
    for (size_t i = 0; i < count; i++) {
        if (entries[i].id > INT32_MAX)
            return bl_fail(error, BL_CONFIG_ERROR,
                           "the vocabulary has the id %lu; they have to fit 31 bits.",
                           (unsigned long)entries[i].id);
        if (entries[i].size > longest) longest = entries[i].size;
        keys += entries[i].size >= prefix_size && !memcmp(entries[i].text, prefix, prefix_size);
        records += 8 + (entries[i].size + UINT64_C(3)) / 4 * 4;
    }
    const unsigned slot_bits = bits_for(keys * 8 / 5 + 2), filter_bits = bits_for(keys * 6 + 8),
                   place_bits = bits_for(records / 4 + 1);
    const uint64_t at_ids = HEADER + records + TAIL, at_lengths = at_ids + 4 * (uint64_t)count,
                   at_filter = at_lengths + (4 << BL_LENGTH_BITS),
                   at_slots = at_filter + (UINT64_C(1) << filter_bits) / 8,
                   end = at_slots + (UINT64_C(4) << slot_bits);
    if (end > INT32_MAX)
        return bl_fail(error, BL_CONFIG_ERROR, "the vocabulary's table would be larger than 2 GB.");
    uint8_t *block = bl_malloc_aligned((size_t)end);
    if (!block) return bl_fail(error, BL_MEMORY_ERROR, "there is no memory for the vocabulary.");
    memset(block, 0, (size_t)end);
    const uint32_t header[WORDS] = { MAGIC_WORD,
                                     ORDER_WORD,
                                     0,
                                     HEADER,
                                     (uint32_t)(records / 4),
                                     (uint32_t)at_ids,
                                     (uint32_t)at_lengths,
                                     (uint32_t)at_filter,
                                     (uint32_t)at_slots,
                                     (uint32_t)end,
                                     slot_bits,
                                     filter_bits,
                                     place_bits,
                                     (uint32_t)prefix_size,
                                     longest };
    memcpy(block, header, sizeof header);
    locate(v, block);
    v->own = block;

    uint8_t *next = block + HEADER + 4; /* place 0 means none */
    for (size_t i = 0; i < count; i++) {
        const uint32_t size = entries[i].size, place = (uint32_t)((next - v->records) / 4);
        const int continues = size >= prefix_size && !memcmp(entries[i].text, prefix, prefix_size);
        put32(next, entries[i].id);
        put32(next + 4, size | (continues ? BL_HAS_PREFIX : 0));
        memcpy(next + 8, entries[i].text,
               size); /* hashed from here, where bytes behind it may be read */
        uint32_t slot = 0;
        uint64_t hash = hash_of(next + 8, size, 0);
        if (find(v, next + 8, size, 0, hash, &slot) >= 0) {
            const uint32_t earlier = bl_get32(v->slots + 4 * (size_t)slot) &
                                     ((UINT32_C(1) << place_bits) - 1);
            put32((uint8_t *)v->records + 4 * (size_t)earlier, entries[i].id);
            memset(next, 0, 8 + (size_t)size);
            continue;
        }
        put_slot(v, slot, hash, place, next + 8, size, 0);
        if (continues) {
            const uint32_t rest = size - (uint32_t)prefix_size;
            hash = hash_of(next + 8 + prefix_size, rest, 1);
            find(v, next + 8 + prefix_size, rest, 1, hash, &slot);
            put_slot(v, slot, hash, place, next + 8 + prefix_size, rest, 1);
        }
        put32((uint8_t *)v->by_id + 4 * (size_t)v->pieces++, place);
        next += 8 + (size + 3) / 4 * 4;
    }
    put32(block + 4 * PIECES, v->pieces);
    if (!order(v, (uint8_t *)v->by_id)) {
        bl_vocabulary_free(v);
        return bl_fail(error, BL_MEMORY_ERROR, "there is no memory for the vocabulary.");
    }
    return BL_OK;
}

void bl_vocabulary_free(bl_vocabulary *v)
{
    bl_free_aligned(v->own);
    memset(v, 0, sizeof *v);
}
