/* normalizer.h: a text as its normalized characters, each with the bytes that it came from.
 *
 * The order of the steps is that of tokenizers' BertNormalizer: drop control characters, put
 * spaces around ideographs, decompose (NFD) and drop accents, lowercase. A normalizer is a plain
 * value that reads the text once: copy it to look ahead. */
#ifndef BL_NORMALIZER_H
#define BL_NORMALIZER_H

#include <stddef.h>
#include <stdint.h>

#include "unicode.h"

/* Which steps are done. */
typedef struct {
    uint8_t clean, split_chinese, strip_accents, lowercase;
} bl_rules;

typedef struct {
    uint32_t c;
    uint32_t from, to; /* bytes of the text that it came from */
    uint32_t traits;   /* see unicode.h */
} bl_character;

/* NFD sorts a run of characters that have combining classes by these classes. Where one of the
 * run's characters is not an accent and stays, the run is read in that order: once for every
 * class in it. */
typedef struct {
    const uint8_t *first, *end;
    const uint8_t *at;     /* the character being read; NULL outside of runs */
    const uint8_t *origin; /* the next character whose offsets are handed out */
    uint32_t from, to;     /* the offsets handed out last */
    uint8_t skip;          /* parts of the first character's decomposition that precede the run */
    uint8_t part;          /* parts of the decomposition at `at` that have been read */
    uint8_t now;           /* the class being read */
    uint8_t later;         /* the least class above it so far */
} bl_class_run;

typedef struct {
    const uint8_t *text, *at, *end;
    bl_rules rules;
    uint8_t next, count; /* queue[next, count) has been made, but not yet returned */
    bl_character queue[4];
    const uint8_t *starter; /* start of the last character that is known to have no class */
    bl_class_run run;
} bl_normalizer;

/* Reads text[from, to), at most INT32_MAX bytes; offsets count from text. */
bl_normalizer bl_normalizer_start(bl_rules rules, const uint8_t *text, size_t from, size_t to);
int bl_normalizer_next(bl_normalizer *norm, bl_character *ch); /* 0 at the end */

/* Whether all that the characters read so far become has been returned: `at` is then where the
 * next character begins. */
static inline int bl_normalizer_is_between(const bl_normalizer *norm)
{
    return norm->next == norm->count && !norm->run.at;
}

/* Traits of characters that, by these rules, may not become one character by themselves. */
static inline unsigned bl_hard_traits(bl_rules rules)
{
    return (rules.clean ? BL_DROP : 0u) | (rules.strip_accents ? BL_MARK | BL_MOVES : 0u);
}

/* Reads the character at p < end in fewer steps than a normalizer, if it becomes one character,
 * whatever surrounds it; its bytes, or 0: it needs a normalizer. hard: bl_hard_traits. An ideograph
 * that gets spaces around it is said to be punctuation, which also is a word of its own. */
static inline unsigned bl_read_simple(bl_rules rules, unsigned hard, const uint8_t *p,
                                      const uint8_t *end, bl_character *ch)
{
    uint32_t c, parts[4];
    const unsigned n = bl_decode(p, end, &c);
    unsigned traits = bl_traits(c);
    if (traits & hard) return 0;
    const unsigned alone = rules.split_chinese && bl_is_chinese(c) ? BL_PUNCTUATION : 0;
    if (traits & BL_SPACE && rules.clean) {
        c = ' ';
        traits = BL_SPACE;
    }
    if (traits & BL_DECOMPOSES && rules.strip_accents) {
        if (bl_decompose(c, parts) != 1) return 0;
        c = parts[0];
        traits = bl_traits(c);
        if (traits & hard) return 0;
    }
    if (traits & BL_LOWERS && rules.lowercase) {
        if (bl_lower(c, parts) != 1) return 0;
        c = parts[0];
    }
    ch->c = c;
    ch->traits = traits | alone;
    return n;
}
#endif
