/* added_tokens.h: tokens such as [MASK] that are searched for in a text as they are, before it is
 * split into words. */
#ifndef BL_ADDED_TOKENS_H
#define BL_ADDED_TOKENS_H

#include <stddef.h>
#include <stdint.h>

#include "bertlite.h"

typedef struct {
    char *text;
    uint32_t size;
    int32_t id;
    uint8_t single_word; /* only between characters that are not part of a word */
    uint8_t lstrip;      /* absorbs the spaces before it */
    uint8_t rstrip;      /* absorbs the spaces after it */
    uint8_t normalized;  /* searched for in the normalized text */
    uint8_t special;
    uint8_t *pattern; /* what is searched for: the text, normalized if the token asks for it */
    uint32_t pattern_size;
} bl_added;

/* Some of the added tokens, sorted by pattern. */
typedef struct {
    const bl_added **items;
    uint32_t count;
    uint32_t longest;   /* bytes in the longest pattern */
    uint8_t first[256]; /* whether a pattern begins with this byte */
    int only_first;     /* the byte that all patterns begin with, or -1 */
} bl_added_set;

/* An empty set with memory for its items, to which tokens are added in the order of patterns. */
void bl_added_start(bl_added_set *set, const bl_added **items);
void bl_added_insert(bl_added_set *set, const bl_added *token);

/* The set of those tokens whose `normalized` is as given. It points into all. On failure, too,
 * bl_added_free may be called. */
bl_status bl_added_collect(bl_added_set *set, const bl_added *all, size_t count, int normalized,
                           bl_error *error);
void bl_added_free(bl_added_set *set);

/* The longest token that text begins with, or NULL. */
const bl_added *bl_added_match(const bl_added_set *set, const uint8_t *text, size_t size);
/* The first position from `at` on where one may begin; `end` if there is none. */
size_t bl_added_candidate(const bl_added_set *set, const uint8_t *text, size_t at, size_t end);
#endif
