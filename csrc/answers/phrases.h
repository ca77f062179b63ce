/* phrases.h: where a phrase of a text begins and ends as people would write it: numbers, names with
 * a title, addresses and brackets stay whole, and what only surrounds it is left out. */
#ifndef BL_PHRASES_H
#define BL_PHRASES_H

#include <stddef.h>
#include <stdint.h>

#include "bertlite.h"

/* A text and its tokens, with offsets in bytes. */
typedef struct {
    const char *text;
    size_t size;
    const bl_offset *tokens;
    size_t count;
    uint8_t *found; /* for each token 0, or 1 more than what bl_is_one_phrase found; or NULL */
} bl_phrase_text;

/* Whether tokens k and k + 1 are parts of one number or abbreviation: "1,200", "9:15", "p.m." */
int bl_is_one_number(const bl_phrase_text *t, size_t k);
/* Whether they are parts of what is written as one: also "touch-screen", "$5", "5 kg", "Ms. Rao",
 * "rao@example.com", but not "Africa's". */
int bl_is_one_phrase(const bl_phrase_text *t, size_t k);
/* Whether a byte lies in an address of mail or of the web. */
int bl_is_in_address(const char *text, size_t size, size_t at);
/* Makes tokens [*a, *b] a whole phrase inside [first, last): of whole words, without marks and
 * articles around it, with both of two brackets or quotes or none. Of
 * cells of a table, "2 | $18.99", it is what they have of the last. */
void bl_make_phrase(const bl_phrase_text *t, size_t first, size_t last, size_t *a, size_t *b);
#endif
