/* vocabulary.h: pieces and their ids, as one block of memory that can be mapped.
 *
 *     header | records, one for each piece | records by id | lengths | filter | slots
 *
 * A record is its id, its length and its text. A slot points at a record, and keeps some
 * bits of the text's hash. A piece "##ing" has two slots: as the text it is, and as "ing"
 * that goes on with a word. Two things say "no" cheaply: for every beginning of three bytes
 * (or rather its hash) which lengths there are, and a filter with a bit set for every hash.
 * The block may come from anywhere: nothing in it is believed without a look at the bounds. */
#ifndef BL_VOCABULARY_H
#define BL_VOCABULARY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "bertlite.h"

enum {
    BL_KEY_PAD = 16, /* bytes that may be read, whatever they are, behind a key */
    BL_MOST_PIECES = 1 << 22,
    BL_LENGTH_BITS = 13 /* of the hash of a beginning */
};

typedef struct {
    const uint8_t *block, *records, *by_id, *lengths, *filter, *slots;
    size_t size;         /* of the block */
    uint32_t pieces;     /* different ones */
    uint32_t last_place; /* where a record may start at most, in words of 4 bytes */
    uint32_t prefix;     /* length of "##" */
    uint32_t longest;    /* longest text worth looking for */
    unsigned slot_shift, filter_shift, place_bits;
    void *own; /* the block, if it is ours */
} bl_vocabulary;

typedef struct {
    const char *text;
    uint32_t size, id;
} bl_entry;

/* Of entries with the same text the last counts. Their ids may be any. */
bl_status bl_vocabulary_build(bl_vocabulary *v, const bl_entry *entries, size_t count,
                              const char *prefix, bl_error *error);
/* A block that bl_vocabulary_build made, read where it stands. */
bl_status bl_vocabulary_read(bl_vocabulary *v, const void *block, size_t size, bl_error *error);
void bl_vocabulary_free(bl_vocabulary *v);

/* A piece's id, or -1. goes_on: text without its "##". BL_KEY_PAD bytes behind it are readable. */
int32_t bl_find_piece(const bl_vocabulary *v, const uint8_t *text, uint32_t size, int goes_on);
/* The longest piece that text begins with; its id, or -1. */
int32_t bl_longest_piece(const bl_vocabulary *v, const uint8_t *text, uint32_t size, int goes_on,
                         uint32_t *length);
/* An id's text; NULL if no piece has it. */
const char *bl_piece_text(const bl_vocabulary *v, uint32_t id, uint32_t *size);
/* The n-th piece in order of ids. */
const char *bl_piece_at(const bl_vocabulary *v, uint32_t n, uint32_t *size, uint32_t *id);

/* ---- for the one loop that cannot afford a call ------------------------------ */

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

/* A key of up to 16 bytes, zeros behind it. */
typedef struct {
    uint64_t a, b;
} bl_key;

extern const uint8_t bl_key_masks[32];

static inline bl_key bl_short_key(const uint8_t *text, uint32_t size)
{
    const uint8_t *mask = bl_key_masks + 16 - size;
    const bl_key k = { bl_get64(text) & bl_get64(mask), bl_get64(text + 8) & bl_get64(mask + 8) };
    return k;
}

#define BL_GOES_ON UINT64_C(0x5851F42D4C957F2D)

static inline uint64_t bl_short_hash(bl_key k, int goes_on)
{
    const uint64_t h = k.a * UINT64_C(0x9E3779B97F4A7C15) + k.b * UINT64_C(0xD6E8FEB86659FD93);
    return goes_on ? h ^ BL_GOES_ON : h;
}

/* In a record's length: its text begins with "##". */
#define BL_HAS_PREFIX UINT32_C(0x80000000)

static inline int bl_may_have(const bl_vocabulary *v, uint64_t hash)
{
    const uint64_t bit = hash >> v->filter_shift;
    return v->filter[bit >> 3] >> (bit & 7) & 1;
}

/* The id of a key of at most 16 bytes, or -1. */
static inline int32_t bl_find_short(const bl_vocabulary *v, bl_key k, uint32_t size, int goes_on,
                                    uint64_t hash)
{
    const uint32_t slots = UINT32_C(1) << (64 - v->slot_shift),
                   place_mask = (UINT32_C(1) << v->place_bits) - 1;
    const uint32_t tag = (uint32_t)(hash >> 16) & ~place_mask, skip = goes_on ? v->prefix : 0;
    const uint32_t length = goes_on ? (size + skip) | BL_HAS_PREFIX : size,
                   length_mask = goes_on ? ~UINT32_C(0) : ~BL_HAS_PREFIX;
    uint32_t i = (uint32_t)(hash >> v->slot_shift);
    for (uint32_t tries = 0; tries < slots; tries++, i = (i + 1) & (slots - 1)) {
        const uint32_t slot = bl_get32(v->slots + 4 * (size_t)i), place = slot & place_mask;
        if (!slot) return -1;
        if ((slot ^ place) != tag || place > v->last_place) continue;
        const uint8_t *record = v->records + 4 * (size_t)place;
        if ((bl_get32(record + 4) & length_mask) != length) continue;
        const bl_key other = bl_short_key(record + 8 + skip, size);
        if (!((other.a ^ k.a) | (other.b ^ k.b))) return (int32_t)bl_get32(record);
    }
    return -1;
}

#endif
