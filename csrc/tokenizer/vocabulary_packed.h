/* vocabulary_packed.h: word pieces and their ids in a third of the space that vocabulary.h takes,
 * for flash: sorted texts, searched byte by byte. A word takes ten times as long, which is little
 * beside the encoder where there is no operating system.
 *
 *     header | bases | ends | sorted | texts
 *
 *     bases   for every 256 ids, where the first one's text begins
 *     ends    for each id, where its text ends: behind the base of its 256
 *     sorted  the ids in the order of their texts
 *     texts   one behind the other, by id; an id without a word piece has an empty one
 *
 * Bases have 32 bits, ends and ids 16, little-endian. What a damaged block says is checked on
 * use. */
#ifndef BL_VOCABULARY_PACKED_H
#define BL_VOCABULARY_PACKED_H

#include <stddef.h>
#include <stdint.h>

#include "bertlite.h"

/* One word each, but for the prefix's text at the end. */
enum {
    BL_PACKED_MAGIC,
    BL_PACKED_IDS, /* 1 above the last, at most BL_PACKED_MOST_IDS */
    BL_PACKED_PIECES,
    BL_PACKED_TEXTS, /* bytes of them */
    BL_PACKED_PREFIX,
    BL_PACKED_LONGEST,
    BL_PACKED_WORDS,
    BL_PACKED_PREFIX_AT = 4 * BL_PACKED_WORDS,
    BL_PACKED_MOST_PREFIX = 64,
    BL_PACKED_HEADER = BL_PACKED_PREFIX_AT + BL_PACKED_MOST_PREFIX,
    BL_PACKED_MAGIC_WORD = 0x31504C42, /* "BLP1" */
    BL_PACKED_GROUP = 256,             /* ids that share a base */
    BL_PACKED_MOST_IDS = 1 << 16
};

typedef struct {
    const uint8_t *prefix_text, *bases, *ends, *sorted;
    const char *texts;
    uint32_t ids, pieces, text_bytes, prefix, longest;
} bl_packed;

/* Uses a block of bl_packed_build's, which must outlive v. */
bl_status bl_packed_read(bl_packed *v, const void *block, size_t size, bl_error *error);
/* As the functions of vocabulary.h. */
int32_t bl_packed_find(const bl_packed *v, const uint8_t *text, size_t size);
int32_t bl_packed_longest(const bl_packed *v, const uint8_t *text, uint32_t size, int continuing,
                          uint32_t *length);
const char *bl_packed_text(const bl_packed *v, uint32_t id, uint32_t *size);
const char *bl_packed_at(const bl_packed *v, uint32_t n, uint32_t *size, uint32_t *id);

#endif
