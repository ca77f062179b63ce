/* vocabulary_layout.h: what a vocabulary's block looks like inside, for the two files that read and
 * build one. */
#ifndef BL_VOCABULARY_LAYOUT_H
#define BL_VOCABULARY_LAYOUT_H

#include "vocabulary.h"

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
static inline uint64_t hash_padded(const uint8_t *text, uint32_t size, int continuing)
{
    return hash_with_tail(text, size, NULL, continuing);
}

/* The offset in v->lengths of the word that belongs to a text's first three bytes: its bit n - 1 is
 * set if a word piece of n bytes has that hash. */
static inline size_t lengths_offset(const uint8_t *text, int continuing)
{
    const uint32_t beginning = bl_get32(text) & 0xFFFFFF;
    const uint32_t hash = (beginning * 2 + (uint32_t)continuing) * UINT32_C(0x9E3779B1);
    return 4 * (size_t)(hash >> (32 - BL_LENGTH_BITS));
}

/* A text's id, or -1. *slot_at: the slot that it has, or where a new one belongs. */
int32_t bl_vocabulary_find(const bl_vocabulary *v, const uint8_t *text, uint32_t size,
                           int continuing, uint64_t hash, uint32_t *slot_at);
/* Set v's fields from the header of a block that has been checked. */
void bl_vocabulary_locate(bl_vocabulary *v, const uint8_t *block);

#endif
