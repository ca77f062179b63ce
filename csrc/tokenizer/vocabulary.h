/* vocabulary.h: word pieces and their ids, as one block of memory that can be mapped from a file.
 *
 *     header | records | by id | lengths | filter | slots
 *
 *     records  for each word piece its id, its length and its text, padded to whole words
 *     by id    the records' offsets in rising order of id
 *     lengths  for every hash of a word piece's first three bytes, which lengths there are
 *     filter   one bit for every hash of a word piece
 *     slots    a hash table with open addressing: a record's offset and some bits of the hash
 *
 * A word is 32 bits in the machine's byte order; offsets of records are counted in words.
 * A word piece "##ing" has two slots: as the text "##ing", and as "ing" inside of a word. Lengths
 * and filter answer most searches for what is not there without touching slots and records.
 *
 * The block may come from a damaged file: bl_vocabulary_read checks where its parts are, and no
 * offset in the table is trusted; each is bounds-checked on use. */
#ifndef BL_VOCABULARY_H
#define BL_VOCABULARY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "bertlite.h"
#include "vocabulary_packed.h"

enum {
    BL_KEY_SIZE = 16, /* bytes in a short key, which is compared in two registers */
    BL_KEY_PAD = 16,  /* bytes behind a text that may be read, whatever they are */
    BL_MAX_WORD_PIECES = 1 << 22,
    BL_LENGTH_BITS = 13 /* of the hash of the first three bytes: 8192 entries of 32 lengths */
};

typedef struct {
    const uint8_t *block, *records, *by_id, *lengths, *filter, *slots;
    size_t size;           /* of the block, in bytes */
    uint32_t count;        /* word pieces with different texts */
    uint32_t last_offset;  /* the largest offset that a record may have */
    uint32_t prefix;       /* bytes in "##" */
    uint32_t longest;      /* bytes in the longest text */
    unsigned slot_shift;   /* a hash shifted by it is the index of a slot, */
    unsigned filter_shift; /* of a bit of the filter */
    uint32_t slot_mask;    /* slots, less one */
    uint32_t offset_mask;  /* the bits of a slot that are an offset; the others are of the hash */
    void *own;             /* the block, if it was allocated here */
    bl_packed packed;      /* of a model in flash; entries NULL: the block above */
} bl_vocabulary;

typedef struct {
    const char *text;
    uint32_t size, id;
} bl_entry;

/* Ids may be any up to INT32_MAX, in any order. Of entries with the same text the last counts. */
bl_status bl_vocabulary_build(bl_vocabulary *v, const bl_entry *entries, size_t count,
                              const char *prefix, bl_error *error);
/* Uses a block that bl_vocabulary_build made; it must outlive v. */
bl_status bl_vocabulary_read(bl_vocabulary *v, const void *block, size_t size, bl_error *error);
/* Uses a packed block, in the same way; v is all zeros, or has what it owns. */
static inline bl_status bl_vocabulary_read_packed(bl_vocabulary *v, const void *block, size_t size,
                                                  bl_error *error)
{
    const bl_status status = bl_packed_read(&v->packed, block, size, error);
    if (status != BL_OK) return status;
    v->block = block;
    v->size = size;
    v->count = v->packed.pieces;
    v->prefix = v->packed.prefix;
    v->longest = v->packed.longest;
    return BL_OK;
}
void bl_vocabulary_free(bl_vocabulary *v);

/* A word piece's id, or -1. */
int32_t bl_find_piece(const bl_vocabulary *v, const uint8_t *text, size_t size);
/* The id of the longest word piece that text begins with, or -1. continuing: only word pieces that
 * have the prefix, without it. BL_KEY_PAD bytes behind text must be readable. */
int32_t bl_longest_piece(const bl_vocabulary *v, const uint8_t *text, uint32_t size, int continuing,
                         uint32_t *length);
/* An id's text; NULL if no word piece has it. */
const char *bl_piece_text(const bl_vocabulary *v, uint32_t id, uint32_t *size);
/* The n-th word piece in rising order of ids; NULL behind the last. */
const char *bl_piece_at(const bl_vocabulary *v, uint32_t n, uint32_t *size, uint32_t *id);

/* ---- inline, for the loop over a text's words, which cannot afford a call ------------- */

static inline uint32_t bl_get32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}
static inline uint64_t bl_get64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
    return v;
}

/* A text of up to BL_KEY_SIZE bytes, with zeros behind it. */
typedef struct {
    uint64_t a, b;
} bl_key;

extern const uint8_t bl_key_masks[2 * BL_KEY_SIZE]; /* 16 bytes of ones, 16 of zeros */

static inline bl_key bl_short_key(const uint8_t *text, uint32_t size)
{
    const uint8_t *mask = bl_key_masks + BL_KEY_SIZE - size;
    const bl_key k = { bl_get64(text) & bl_get64(mask), bl_get64(text + 8) & bl_get64(mask + 8) };
    return k;
}

/* Added to the hash of a text inside of a word, so that "ing" and "##ing" have two. */
#define BL_CONTINUING UINT64_C(0x5851F42D4C957F2D)

/* Multiplication by large odd numbers moves every bit of the key up; slots and filter are indexed
 * by the hash's highest bits. */
static inline uint64_t bl_short_hash(bl_key k, int continuing)
{
    const uint64_t h = k.a * UINT64_C(0x9E3779B97F4A7C15) + k.b * UINT64_C(0xD6E8FEB86659FD93);
    return continuing ? h ^ BL_CONTINUING : h;
}

/* In a record's length: the text begins with the prefix. */
#define BL_HAS_PREFIX UINT32_C(0x80000000)

static inline int bl_may_have(const bl_vocabulary *v, uint64_t hash)
{
    const uint64_t bit = hash >> v->filter_shift;
    return v->filter[bit >> 3] >> (bit & 7) & 1;
}

/* The id of a text of at most BL_KEY_SIZE bytes, or -1. */
static inline int32_t bl_find_short(const bl_vocabulary *v, bl_key k, uint32_t size, int continuing,
                                    uint64_t hash)
{
    const uint32_t skip = continuing ? v->prefix : 0;
    const uint32_t length = continuing ? (size + skip) | BL_HAS_PREFIX : size;
    const uint32_t length_mask = continuing ? ~UINT32_C(0) : ~BL_HAS_PREFIX;
    const uint32_t first = (uint32_t)(hash >> v->slot_shift);
    for (uint32_t tries = 0; tries <= v->slot_mask; tries++) {
        const uint32_t i = (first + tries) & v->slot_mask;
        const uint32_t slot = bl_get32(v->slots + 4 * (size_t)i);
        const uint32_t offset = slot & v->offset_mask;
        if (!slot) return -1;
        if ((slot ^ (uint32_t)(hash >> 16)) & ~v->offset_mask || offset > v->last_offset) continue;
        const uint8_t *record = v->records + 4 * (size_t)offset;
        if ((bl_get32(record + 4) & length_mask) != length) continue;
        const bl_key other = bl_short_key(record + 8 + skip, size);
        if (!((other.a ^ k.a) | (other.b ^ k.b))) return (int32_t)bl_get32(record);
    }
    return -1;
}

#endif
