/* vocabulary_build.c: a vocabulary's block from its word pieces. */
#include <stdlib.h>

#include "../error.h"
#include "../memory.h"
#include "vocabulary_layout.h"

static void put32(uint8_t *p, uint32_t v) { memcpy(p, &v, 4); }

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
    bl_vocabulary_locate(v, block);
    v->own = block;
    return BL_OK;
}

/* Fill slot i, the filter's bit and the length of a text whose record is at `offset`. */
static void put_slot(bl_vocabulary *v, uint32_t i, uint64_t hash, uint32_t offset,
                     const uint8_t *text, uint32_t size, int continuing)
{
    const uint32_t offset_mask = v->offset_mask;
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
    if (bl_vocabulary_find(v, text, e->size, 0, hash, &slot) >= 0) {
        const uint32_t offset_mask = v->offset_mask;
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
        bl_vocabulary_find(v, rest, rest_size, 1, hash, &slot);
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
