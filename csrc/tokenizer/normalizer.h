/* normalizer.h: a text as its normalized characters, each with the bytes it came from.
 *
 * The order of the steps is the original's: drop controls, spaces around ideographs,
 * decompose and drop accents, lowercase. A reader is a plain value: copy it to look ahead. */
#ifndef BL_NORMALIZER_H
#define BL_NORMALIZER_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint8_t clean, split_chinese, strip_accents, lowercase;
} bl_rules;

typedef struct {
    uint32_t c, from, to, traits;
} bl_glyph;

typedef struct {
    const uint8_t *text, *at, *end;
    bl_rules rules;
    uint8_t next, count; /* what is left of queue */
    bl_glyph queue[4];
    /* NFD sorts runs of characters that have combining classes. Where one of them will stay,
     * the run is read in that order: once for every class in it. */
    const uint8_t *starter; /* where the last character began that is sure to have no class */
    struct {
        const uint8_t *first, *end, *at; /* at: NULL outside runs */
        const uint8_t *origin;           /* the next character whose place is taken */
        uint32_t from, to;               /* the place taken last */
        uint8_t skip,
            part; /* of first's decomposition: what stands before the run; of at's: what has been read */
        uint8_t now, later; /* the class being read; the least above it so far */
    } run;
} bl_reader;

/* Reads text[from, to); places count from text. */
bl_reader bl_reader_start(bl_rules rules, const uint8_t *text, size_t from, size_t to);
int bl_reader_next(bl_reader *r, bl_glyph *g); /* 0 at the end */

/* The rest of the character just read has been read too, so `at` is where the next begins. */
static inline int bl_reader_between(const bl_reader *r)
{
    return r->next == r->count && !r->run.at;
}
#endif
