/* added_tokens.h: tokens that are found in the text as they stand, before it is cut into words. */
#ifndef BL_ADDED_TOKENS_H
#define BL_ADDED_TOKENS_H

#include <stddef.h>
#include <stdint.h>

enum { BL_MOST_ADDED_SIZE = 1000 }; /* bytes in one */

typedef struct {
    char *text;
    uint32_t size;
    int32_t id;
    uint8_t single_word, lstrip, rstrip, normalized, special;
    uint8_t *pattern; /* what is looked for: the text, normalized if the token asks for that */
    uint32_t pattern_size;
} bl_added;

/* Some of them, in the order of their patterns. */
typedef struct {
    const bl_added **items;
    uint32_t count, longest;
    uint8_t first[256]; /* is there one that begins with this byte? */
    int only;           /* the byte that all begin with, or -1 */
} bl_added_set;

/* Takes the members whose `normalized` is as given; 0 without memory, -1 if two have the same
 * pattern or one has none. */
int bl_added_collect(bl_added_set *set, const bl_added *all, size_t count, int normalized);
void bl_added_forget(bl_added_set *set);

/* The longest one that text begins with. */
const bl_added *bl_added_match(const bl_added_set *set, const uint8_t *text, size_t size);
/* Where at or after `at` one may begin; `end` if nowhere. */
size_t bl_added_candidate(const bl_added_set *set, const uint8_t *text, size_t at, size_t end);
#endif
