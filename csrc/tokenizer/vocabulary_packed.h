/* vocabulary_packed.h: word pieces and their ids in a tenth of the space that vocabulary.h takes,
 * for flash: sorted texts, each without what it shares with the one before. A word takes ten times
 * as long, which is little beside the encoder where there is no operating system.
 *
 *     header | starts | entries | ids | ranks
 *
 *     starts   for every 32 word pieces, where their entries begin
 *     entries  a byte with two numbers of 4 bits: how many bytes a text shares with the one before
 *              (the first of 32: none), and how many more it has. 15 says: and as many more as the
 *              next byte says. Then those bytes
 *     ids      the word pieces' ids, in the order of their texts
 *     ranks    for each id, its place in that order
 *
 * Starts have 32 bits, ids and ranks 16, little-endian. Without the last two parts, an id is the
 * place in the order. What a damaged block says is checked on use. */
#ifndef BL_VOCABULARY_PACKED_H
#define BL_VOCABULARY_PACKED_H

#include <stddef.h>
#include <stdint.h>

#include "bertlite.h"

/* One word each, but for the prefix's text at the end. */
enum {
    BL_PACKED_MAGIC,
    BL_PACKED_IDS, /* 1 above the last, at most BL_PACKED_MOST_IDS; 0: they are the order */
    BL_PACKED_PIECES,
    BL_PACKED_ENTRIES, /* bytes of them, to a multiple of 2 */
    BL_PACKED_PREFIX,
    BL_PACKED_LONGEST,
    BL_PACKED_WORDS,
    BL_PACKED_PREFIX_AT = 4 * BL_PACKED_WORDS,
    BL_PACKED_MOST_PREFIX = 64,
    BL_PACKED_HEADER = BL_PACKED_PREFIX_AT + BL_PACKED_MOST_PREFIX,
    BL_PACKED_MAGIC_WORD = 0x32504C42, /* "BLP2" */
    BL_PACKED_GROUP = 32,              /* word pieces that share a start */
    BL_PACKED_MOST_BYTES = 255,        /* of a word piece */
    BL_PACKED_MOST_IDS = (1 << 16) - 1,
    BL_PACKED_NO_RANK = BL_PACKED_MOST_IDS,
    BL_PACKED_ESCAPE = 15
};

typedef struct {
    const uint8_t *prefix_text, *starts, *entries;
    const uint8_t *ids, *ranks; /* NULL: an id is the place in the order */
    uint32_t id_count, pieces, entry_bytes, prefix, longest;
    char *text; /* room for the longest, which bl_packed_text needs; or NULL */
} bl_packed;

/* Uses a block of bl_packed_build's, which must outlive v. */
bl_status bl_packed_read(bl_packed *v, const void *block, size_t size, bl_error *error);
/* As the functions of vocabulary.h, but that a text is there only until the next is asked for. */
int32_t bl_packed_find(const bl_packed *v, const uint8_t *text, size_t size);
int32_t bl_packed_longest(const bl_packed *v, const uint8_t *text, uint32_t size, int continuing,
                          uint32_t *length);
const char *bl_packed_text(const bl_packed *v, uint32_t id, uint32_t *size);
const char *bl_packed_at(const bl_packed *v, uint32_t n, uint32_t *size, uint32_t *id);

#endif
