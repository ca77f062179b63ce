#include "vocabulary.h"

#include <stdlib.h>

#include "../error.h"
#include "../memory.h"

/* The header: one word each. Parts are at byte offsets from the block's start. */
enum {
    MAGIC,
    BYTE_ORDER_MARK,
    PIECES,
    RECORDS,
    LAST_OFFSET,
    BY_ID,
    LENGTHS,
    FILTER,
    SLOTS,
    END,
    SLOT_BITS,
    FILTER_BITS,
    OFFSET_BITS,
    PREFIX,
    LONGEST,
    HEADER_WORDS = 16
};

enum {
    HEADER = 4 * HEADER_WORDS,
    MAGIC_WORD = 0x31564C42, /* "BLV1" in the memory of a little-endian machine */
    ORDER_WORD = 0x01020304,
    MAX_PREFIX = 64,
    RECORD_HEAD = 8, /* the id and the length before a record's text */
    /* Bytes behind the largest offset that a record may have, so that a key can be read there
     * before its length is known: the head, the prefix, which is skipped, and the key. The second
     * BL_KEY_PAD is a margin. */
    TAIL = RECORD_HEAD + MAX_PREFIX + 2 * BL_KEY_PAD
};

const uint8_t bl_key_masks[2 * BL_KEY_SIZE] = { 255, 255, 255, 255, 255, 255, 255, 255,
                                                255, 255, 255, 255, 255, 255, 255, 255 };

static void put32(uint8_t *p, uint32_t v) { memcpy(p, &v, 4); }

/* ---- searching ------------------------------------------------------------------------ */

/* The index of the highest bit that is set. */
static unsigned highest_bit(uint32_t bits)
{
#if defined __GNUC__
    return 31u - (unsigned)__builtin_clz(bits);
#else
    unsigned n = 0;
    while (bits >>= 1) n++;
    return n;
#endif
}

/* The hash of a text whose last 1 to 16 bytes are at tail too, where a whole key can be read.
 * Texts of up to 16 bytes have the hash of bl_short_hash. */
static inline uint64_t hash_with_tail(const uint8_t *text, uint32_t size, const uint8_t *tail,
                                      int continuing)
{
    uint64_t h = 0;
    for (; size > BL_KEY_SIZE; size -= BL_KEY_SIZE) {
        const uint64_t part = bl_short_hash(bl_short_key(text, BL_KEY_SIZE), 0);
        h = (h << 29 | h >> 35) ^ part;
        h += h >> 31; /* or keys that repeat would cancel each other out */
        text += BL_KEY_SIZE;
    }
    const bl_key last = bl_short_key(tail ? tail : text, size);
    return ((h << 29 | h >> 35) ^ bl_short_hash(last, 0)) ^ (continuing ? BL_CONTINUING : 0);
}

/* The hash of a text behind which BL_KEY_PAD bytes can be read. */
static uint64_t hash_padded(const uint8_t *text, uint32_t size, int continuing)
{
    return hash_with_tail(text, size, NULL, continuing);
}

/* The hash of a text behind which nothing can be read. */
static uint64_t hash_exact(const uint8_t *text, uint32_t size)
{
    uint8_t tail[BL_KEY_SIZE] = { 0 };
    const uint32_t tail_size = size ? (size - 1) % BL_KEY_SIZE + 1 : 0;
    memcpy(tail, text + size - tail_size, tail_size);
    return hash_with_tail(text, size, tail, 0);
}

static int record_is(const bl_vocabulary *v, uint32_t offset, const uint8_t *text, uint32_t size,
                     int continuing)
{
    if (offset > v->last_offset) return 0;
    const uint8_t *record = v->records + 4 * (size_t)offset;
    const uint32_t length = bl_get32(record + 4);
    const uint32_t skip = continuing ? v->prefix : 0;
    if (continuing && length != ((size + skip) | BL_HAS_PREFIX)) return 0;
    if (!continuing && (length & ~BL_HAS_PREFIX) != size) return 0;
    if (size + skip > 4 * (size_t)(v->last_offset - offset) + BL_KEY_PAD) return 0;
    return !memcmp(record + RECORD_HEAD + skip, text, size);
}

/* A text's id, or -1. *slot_at (or NULL): the slot that it has, or where a new one belongs. */
static int32_t find(const bl_vocabulary *v, const uint8_t *text, uint32_t size, int continuing,
                    uint64_t hash, uint32_t *slot_at)
{
    const uint32_t slots = UINT32_C(1) << (64 - v->slot_shift);
    const uint32_t offset_mask = (UINT32_C(1) << v->offset_bits) - 1;
    const uint32_t tag = (uint32_t)(hash >> 16) & ~offset_mask;
    uint32_t i = (uint32_t)(hash >> v->slot_shift);
    for (uint32_t tries = 0; tries < slots; tries++) {
        const uint32_t slot = bl_get32(v->slots + 4 * (size_t)i);
        const uint32_t offset = slot & offset_mask;
        if (slot_at) *slot_at = i;
        if (!slot) return -1;
        if ((slot ^ offset) == tag && record_is(v, offset, text, size, continuing))
            return (int32_t)bl_get32(v->records + 4 * (size_t)offset);
        i = (i + 1) & (slots - 1);
    }
    return -1;
}

int32_t bl_find_piece(const bl_vocabulary *v, const uint8_t *text, size_t size)
{
    if (size > v->longest) return -1;
    const uint32_t length = (uint32_t)size;
    return find(v, text, length, 0, hash_exact(text, length), NULL);
}

/* The offset in v->lengths of the word that belongs to a text's first three bytes: its bit n - 1 is
 * set if a word piece of n bytes has that hash. */
static size_t lengths_offset(const uint8_t *text, int continuing)
{
    const uint32_t beginning = bl_get32(text) & 0xFFFFFF;
    const uint32_t hash = (beginning * 2 + (uint32_t)continuing) * UINT32_C(0x9E3779B1);
    return 4 * (size_t)(hash >> (32 - BL_LENGTH_BITS));
}

/* The lengths up to `size` (at most 16) that a word piece which text begins with may have. */
static uint32_t possible_lengths(const bl_vocabulary *v, const uint8_t *text, uint32_t size,
                                 int continuing)
{
    const uint32_t up_to_size = (UINT32_C(1) << size) - 1;
    uint32_t lengths = 0;
    if (size >= 3)
        lengths = bl_get32(v->lengths + lengths_offset(text, continuing)) & up_to_size & ~3u;
    /* Lengths 1 and 2 are always worth a search, where a character ends there. */
    return lengths | ((text[0] < 0x80 ? 3 : text[0] < 0xE0 ? 2 : 0) & up_to_size);
}

int32_t bl_longest_piece(const bl_vocabulary *v, const uint8_t *text, uint32_t size, int continuing,
                         uint32_t *length)
{
    if (size > v->longest) size = v->longest;
    for (; size > BL_KEY_SIZE; size--) {
        const uint64_t hash = hash_padded(text, size, continuing);
        if (!bl_may_have(v, hash)) continue;
        const int32_t id = find(v, text, size, continuing, hash, NULL);
        if (id >= 0) {
            *length = size;
            return id;
        }
    }
    uint32_t lengths = possible_lengths(v, text, size, continuing);
    while (lengths) {
        const uint32_t longest = highest_bit(lengths) + 1;
        lengths ^= UINT32_C(1) << (longest - 1);
        const bl_key k = bl_short_key(text, longest);
        const uint64_t hash = bl_short_hash(k, continuing);
        if (!bl_may_have(v, hash)) continue;
        const int32_t id = bl_find_short(v, k, longest, continuing, hash);
        if (id >= 0) {
            *length = longest;
            return id;
        }
    }
    return -1;
}

const char *bl_piece_at(const bl_vocabulary *v, uint32_t n, uint32_t *size, uint32_t *id)
{
    if (n >= v->count) return NULL;
    const uint32_t offset = bl_get32(v->by_id + 4 * (size_t)n);
    if (offset > v->last_offset) return NULL;
    const uint8_t *record = v->records + 4 * (size_t)offset;
    *id = bl_get32(record);
    *size = bl_get32(record + 4) & ~BL_HAS_PREFIX;
    if (*size > 4 * (size_t)(v->last_offset - offset) + BL_KEY_PAD) return NULL;
    return (const char *)record + RECORD_HEAD;
}

const char *bl_piece_text(const bl_vocabulary *v, uint32_t id, uint32_t *size)
{
    uint32_t other;
    uint32_t low = 0;
    uint32_t count = v->count;
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

/* ---- reading a block ------------------------------------------------------------------- */

/* Set v's fields from the header of a block that has been checked. */
static void locate(bl_vocabulary *v, const uint8_t *block)
{
    v->block = block;
    v->size = bl_get32(block + 4 * END);
    v->records = block + bl_get32(block + 4 * RECORDS);
    v->by_id = block + bl_get32(block + 4 * BY_ID);
    v->lengths = block + bl_get32(block + 4 * LENGTHS);
    v->filter = block + bl_get32(block + 4 * FILTER);
    v->slots = block + bl_get32(block + 4 * SLOTS);
    v->count = bl_get32(block + 4 * PIECES);
    v->last_offset = bl_get32(block + 4 * LAST_OFFSET);
    v->slot_shift = 64 - bl_get32(block + 4 * SLOT_BITS);
    v->filter_shift = 64 - bl_get32(block + 4 * FILTER_BITS);
    v->offset_bits = bl_get32(block + 4 * OFFSET_BITS);
    v->prefix = bl_get32(block + 4 * PREFIX);
    v->longest = bl_get32(block + 4 * LONGEST);
}

/* Whether a header's numbers can be used, and its parts follow each other within `size` bytes. */
static int header_fits(const uint32_t h[HEADER_WORDS], size_t size)
{
    if (h[SLOT_BITS] < 1 || h[SLOT_BITS] >= 30) return 0;
    if (h[FILTER_BITS] < 3 || h[FILTER_BITS] >= 34) return 0;
    if (h[OFFSET_BITS] >= 32) return 0;
    if (h[PREFIX] > MAX_PREFIX) return 0;
    if (h[END] != size) return 0;
    if (h[RECORDS] != HEADER) return 0;
    if (HEADER + 4 * (uint64_t)h[LAST_OFFSET] + TAIL > h[BY_ID]) return 0;
    if (h[BY_ID] + 4 * (uint64_t)h[PIECES] > h[LENGTHS]) return 0;
    if (h[LENGTHS] + (UINT64_C(4) << BL_LENGTH_BITS) > h[FILTER]) return 0;
    if (h[FILTER] + (UINT64_C(1) << h[FILTER_BITS]) / 8 > h[SLOTS]) return 0;
    return h[SLOTS] + (UINT64_C(4) << h[SLOT_BITS]) <= h[END];
}

bl_status bl_vocabulary_read(bl_vocabulary *v, const void *block, size_t size, bl_error *error)
{
    const uint8_t *b = block;
    uint32_t h[HEADER_WORDS];
    memset(v, 0, sizeof *v);
    if (size < HEADER || bl_get32(b) != MAGIC_WORD || bl_get32(b + 4) != ORDER_WORD)
        return bl_fail(error, BL_FILE_ERROR,
                       "the file's vocabulary does not begin as one of this version does; convert "
                       "the model again.");
    memcpy(h, b, HEADER);
    if (!header_fits(h, size))
        return bl_fail(error, BL_FILE_ERROR,
                       "the file's vocabulary is damaged: its parts do not fit its %zu bytes; "
                       "convert the model again.",
                       size);
    locate(v, b);
    return BL_OK;
}

/* ---- building a block ------------------------------------------------------------------ */

static int by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a;
    const uint64_t y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static uint32_t id_at(const bl_vocabulary *v, uint32_t n)
{
    return bl_get32(v->records + 4 * (size_t)bl_get32(v->by_id + 4 * (size_t)n));
}

/* Sort the records' offsets by id; usually they are sorted already. */
static bl_status sort_by_id(bl_vocabulary *v, bl_error *error)
{
    uint8_t *offsets = (uint8_t *)v->by_id;
    int sorted = 1;
    for (uint32_t i = 1; i < v->count && sorted; i++) sorted = id_at(v, i - 1) < id_at(v, i);
    if (sorted) return BL_OK;
    uint64_t *keys = bl_malloc(v->count * sizeof *keys);
    if (!keys) return bl_no_memory(error, "the vocabulary");
    for (uint32_t i = 0; i < v->count; i++)
        keys[i] = (uint64_t)id_at(v, i) << 32 | bl_get32(offsets + 4 * (size_t)i);
    qsort(keys, v->count, sizeof *keys, by_value);
    for (uint32_t i = 0; i < v->count; i++) put32(offsets + 4 * (size_t)i, (uint32_t)keys[i]);
    bl_free(keys);
    return BL_OK;
}

/* How many bits number n things. */
static unsigned bits_for(uint64_t n)
{
    unsigned bits = 0;
    while (UINT64_C(1) << bits < n) bits++;
    return bits;
}

static int has_prefix(const bl_entry *e, const char *prefix, size_t prefix_size)
{
    return e->size >= prefix_size && !memcmp(e->text, prefix, prefix_size);
}

/* The bytes of a record: whole words. */
static size_t record_size(uint32_t text_size)
{
    return RECORD_HEAD + ((size_t)text_size + 3) / 4 * 4;
}

/* What the entries need: bytes of records, slots, and the longest text. */
typedef struct {
    uint64_t records, keys;
    uint32_t longest;
} needs;

static bl_status measure(const bl_entry *entries, size_t count, const char *prefix, needs *out,
                         bl_error *error)
{
    const size_t prefix_size = strlen(prefix);
    *out = (needs){ .records = 4 /* offset 0 is unused: an empty slot is 0 */, .keys = count };
    if (count > BL_MAX_WORD_PIECES)
        return bl_fail(error, BL_CONFIG_ERROR,
                       "the vocabulary has %zu word pieces; up to %d can be used.", count,
                       BL_MAX_WORD_PIECES);
    if (prefix_size > MAX_PREFIX)
        return bl_fail(error, BL_CONFIG_ERROR,
                       "the prefix of continuing word pieces has %zu bytes; up to %d can be used.",
                       prefix_size, MAX_PREFIX);
    for (size_t i = 0; i < count; i++) {
        if (entries[i].id > INT32_MAX)
            return bl_fail(error, BL_CONFIG_ERROR,
                           "the vocabulary has the id %lu; ids up to %ld can be used.",
                           (unsigned long)entries[i].id, (long)INT32_MAX);
        if (entries[i].size > out->longest) out->longest = entries[i].size;
        out->keys += (unsigned)has_prefix(&entries[i], prefix, prefix_size);
        out->records += record_size(entries[i].size);
    }
    return BL_OK;
}

/* Allocate an empty block for the entries and write its header. */
static bl_status allocate(bl_vocabulary *v, const needs *n, size_t count, size_t prefix_size,
                          bl_error *error)
{
    /* At most 5 of 8 slots are used, so that few are tried; 2 more, so that one is always empty. */
    const unsigned slot_bits = bits_for(n->keys * 8 / 5 + 2);
    /* 6 bits of the filter for each key: it lets at most one in six through that is not there.
     * 8 more, so that it has a byte. */
    const unsigned filter_bits = bits_for(n->keys * 6 + 8);
    const unsigned offset_bits = bits_for(n->records / 4 + 1);
    const uint64_t by_id = HEADER + n->records + TAIL;
    const uint64_t lengths = by_id + 4 * (uint64_t)count;
    const uint64_t filter = lengths + (UINT64_C(4) << BL_LENGTH_BITS);
    const uint64_t slots = filter + (UINT64_C(1) << filter_bits) / 8;
    const uint64_t end = slots + (UINT64_C(4) << slot_bits);
    if (end > INT32_MAX)
        return bl_fail(error, BL_CONFIG_ERROR,
                       "the vocabulary would take %llu bytes of memory; up to %ld can be used.",
                       (unsigned long long)end, (long)INT32_MAX);
    uint8_t *block = bl_malloc_aligned((size_t)end);
    if (!block) return bl_no_memory(error, "the vocabulary");
    memset(block, 0, (size_t)end);
    const uint32_t header[HEADER_WORDS] = {
        [MAGIC] = MAGIC_WORD,
        [BYTE_ORDER_MARK] = ORDER_WORD,
        [PIECES] = 0, /* counted as they are added */
        [RECORDS] = HEADER,
        [LAST_OFFSET] = (uint32_t)(n->records / 4),
        [BY_ID] = (uint32_t)by_id,
        [LENGTHS] = (uint32_t)lengths,
        [FILTER] = (uint32_t)filter,
        [SLOTS] = (uint32_t)slots,
        [END] = (uint32_t)end,
        [SLOT_BITS] = slot_bits,
        [FILTER_BITS] = filter_bits,
        [OFFSET_BITS] = offset_bits,
        [PREFIX] = (uint32_t)prefix_size,
        [LONGEST] = n->longest,
    };
    memcpy(block, header, sizeof header);
    locate(v, block);
    v->own = block;
    return BL_OK;
}

/* Fill slot i, the filter's bit and the length of a text whose record is at `offset`. */
static void put_slot(bl_vocabulary *v, uint32_t i, uint64_t hash, uint32_t offset,
                     const uint8_t *text, uint32_t size, int continuing)
{
    const uint32_t offset_mask = (UINT32_C(1) << v->offset_bits) - 1;
    const uint64_t bit = hash >> v->filter_shift;
    if (size >= 3 && size <= BL_KEY_SIZE) {
        uint8_t *lengths = (uint8_t *)v->lengths + lengths_offset(text, continuing);
        put32(lengths, bl_get32(lengths) | UINT32_C(1) << (size - 1));
    }
    put32((uint8_t *)v->slots + 4 * (size_t)i, ((uint32_t)(hash >> 16) & ~offset_mask) | offset);
    ((uint8_t *)v->filter)[bit >> 3] |= (uint8_t)(1u << (bit & 7));
}

/* Write an entry's record at `record`; returns its bytes, 0 if an earlier one has the same text. */
static size_t add_record(bl_vocabulary *v, uint8_t *record, const bl_entry *e, int continues)
{
    const uint32_t offset = (uint32_t)((record - v->records) / 4);
    /* Hashed in the block, where BL_KEY_PAD bytes behind it can be read. */
    uint8_t *text = record + RECORD_HEAD;
    uint32_t slot = 0;
    put32(record, e->id);
    put32(record + 4, e->size | (continues ? BL_HAS_PREFIX : 0));
    memcpy(text, e->text, e->size);
    uint64_t hash = hash_padded(text, e->size, 0);
    if (find(v, text, e->size, 0, hash, &slot) >= 0) {
        const uint32_t offset_mask = (UINT32_C(1) << v->offset_bits) - 1;
        const uint32_t earlier = bl_get32(v->slots + 4 * (size_t)slot) & offset_mask;
        put32((uint8_t *)v->records + 4 * (size_t)earlier, e->id);
        memset(record, 0, RECORD_HEAD + (size_t)e->size);
        return 0;
    }
    put_slot(v, slot, hash, offset, text, e->size, 0);
    if (continues) {
        const uint8_t *rest = text + v->prefix;
        const uint32_t rest_size = e->size - v->prefix;
        hash = hash_padded(rest, rest_size, 1);
        find(v, rest, rest_size, 1, hash, &slot);
        put_slot(v, slot, hash, offset, rest, rest_size, 1);
    }
    put32((uint8_t *)v->by_id + 4 * (size_t)v->count++, offset);
    return record_size(e->size);
}

bl_status bl_vocabulary_build(bl_vocabulary *v, const bl_entry *entries, size_t count,
                              const char *prefix, bl_error *error)
{
    const size_t prefix_size = strlen(prefix);
    needs n;
    memset(v, 0, sizeof *v);
    bl_status status = measure(entries, count, prefix, &n, error);
    if (status == BL_OK) status = allocate(v, &n, count, prefix_size, error);
    if (status != BL_OK) return status;
    uint8_t *block = v->own;
    uint8_t *next = block + HEADER + 4; /* behind the unused word at offset 0 */
    for (size_t i = 0; i < count; i++)
        next += add_record(v, next, &entries[i], has_prefix(&entries[i], prefix, prefix_size));
    put32(block + 4 * PIECES, v->count);
    status = sort_by_id(v, error);
    if (status != BL_OK) bl_vocabulary_free(v);
    return status;
}

void bl_vocabulary_free(bl_vocabulary *v)
{
    bl_free_aligned(v->own);
    memset(v, 0, sizeof *v);
}
