#include "../error.h"
#include "vocabulary_layout.h"

const uint8_t bl_key_masks[2 * BL_KEY_SIZE] = { 255, 255, 255, 255, 255, 255, 255, 255,
                                                255, 255, 255, 255, 255, 255, 255, 255 };

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
    const uint32_t tag = (uint32_t)(hash >> 16) & ~v->offset_mask;
    uint32_t i = (uint32_t)(hash >> v->slot_shift);
    for (uint32_t tries = 0; tries <= v->slot_mask; tries++) {
        const uint32_t slot = bl_get32(v->slots + 4 * (size_t)i);
        const uint32_t offset = slot & v->offset_mask;
        if (slot_at) *slot_at = i;
        if (!slot) return -1;
        if ((slot ^ offset) == tag && record_is(v, offset, text, size, continuing))
            return (int32_t)bl_get32(v->records + 4 * (size_t)offset);
        i = (i + 1) & v->slot_mask;
    }
    return -1;
}

int32_t bl_vocabulary_find(const bl_vocabulary *v, const uint8_t *text, uint32_t size,
                           int continuing, uint64_t hash, uint32_t *slot_at)
{
    return find(v, text, size, continuing, hash, slot_at);
}

int32_t bl_find_piece(const bl_vocabulary *v, const uint8_t *text, size_t size)
{
    if (v->packed.entries) return bl_packed_find(&v->packed, text, size);
    if (size > v->longest) return -1;
    const uint32_t length = (uint32_t)size;
    return find(v, text, length, 0, hash_exact(text, length), NULL);
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
    if (v->packed.entries) return bl_packed_longest(&v->packed, text, size, continuing, length);
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
    if (v->packed.entries) return bl_packed_at(&v->packed, n, size, id);
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
    if (v->packed.entries) return bl_packed_text(&v->packed, id, size);
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

void bl_vocabulary_locate(bl_vocabulary *v, const uint8_t *block)
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
    v->slot_mask = (UINT32_C(1) << bl_get32(block + 4 * SLOT_BITS)) - 1;
    v->filter_shift = 64 - bl_get32(block + 4 * FILTER_BITS);
    v->offset_mask = (UINT32_C(1) << bl_get32(block + 4 * OFFSET_BITS)) - 1;
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
    bl_vocabulary_locate(v, b);
    return BL_OK;
}
