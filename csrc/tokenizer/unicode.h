/* unicode.h: the Unicode properties that BERT's normalization needs, and UTF-8.
 *
 * The tables in unicode_tables.inc are made by tools/unicode_tables.py from the versions of
 * Unicode that Hugging Face's tokenizers use, so that every code point is treated alike. */
#ifndef BL_UNICODE_H
#define BL_UNICODE_H

#include <stddef.h>
#include <stdint.h>

enum {
    BL_DROP = 1, /* control, format, private use, NUL, U+FFFD */
    BL_SPACE = 2,
    BL_PUNCTUATION = 4,
    BL_MARK = 8,   /* a nonspacing mark: an accent */
    BL_MOVES = 16, /* not a mark, but it has a combining class, so NFD may reorder it */
    BL_DECOMPOSES = 32,
    BL_LOWERS = 64,
    BL_WORD_CHAR = 128 /* what a regular expression's \w matches */
};

/* The traits of a code point, as a sum of the values above. */
#if defined BL_LATIN1 || defined BL_FREESTANDING
unsigned bl_traits(uint32_t c);
#else
extern const uint8_t bl_trait_top[], bl_trait_leaves[];
extern const uint16_t bl_trait_middle[];

/* Equal blocks are stored once. */
static inline unsigned bl_traits(uint32_t c)
{
    if (c >= 0x110000) return 0;
    const size_t middle = 32 * (size_t)bl_trait_top[c >> 9] + (c >> 4) % 32;
    return bl_trait_leaves[16 * (size_t)bl_trait_middle[middle] + c % 16];
}
#endif

/* The canonical decomposition, without nonspacing marks if it has anything else; c itself if it has
 * none. Returns its length, 4 at most. */
unsigned bl_decompose(uint32_t c, uint32_t out[4]);
/* The lowercase, c itself if it has none; returns its length, 2 at most. */
unsigned bl_lower(uint32_t c, uint32_t out[2]);
unsigned bl_combining(uint32_t c); /* the canonical combining class */

/* CJK ideographs by BERT's definition. Its own list leaves out 2B820..2B91F, and so do transformers
 * and tokenizers. */
static inline int bl_is_chinese(uint32_t c)
{
    return c >= 0x3400 && (c <= 0x4DBF || (c >= 0x4E00 && c <= 0x9FFF) ||
                           (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x2A6DF) ||
                           (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) ||
                           (c >= 0x2B920 && c <= 0x2CEAF) || (c >= 0x2F800 && c <= 0x2FA1F));
}

/* Whether a byte of UTF-8 begins a character. */
static inline int bl_begins_character(uint8_t byte) { return (byte & 0xC0) != 0x80; }

/* The character at p < end and its length in bytes; U+FFFD of length 1 where the bytes are not
 * UTF-8. */
static inline unsigned bl_decode(const uint8_t *p, const uint8_t *end, uint32_t *c)
{
    const size_t n = (size_t)(end - p);
#define FOLLOWS(i) (n > (i) && (p[i] & 0xC0) == 0x80)
    if (p[0] < 0x80) {
        *c = p[0];
        return 1;
    }
    if (p[0] >= 0xC2 && p[0] < 0xE0 && FOLLOWS(1)) {
        *c = (p[0] & 31u) << 6 | (p[1] & 63u);
        return 2;
    }
    if ((p[0] & 0xF0) == 0xE0 && FOLLOWS(1) && FOLLOWS(2)) {
        *c = (p[0] & 15u) << 12 | (p[1] & 63u) << 6 | (p[2] & 63u);
        if (*c >= 0x800 && (*c < 0xD800 || *c > 0xDFFF)) return 3;
    } else if (p[0] >= 0xF0 && p[0] < 0xF5 && FOLLOWS(1) && FOLLOWS(2) && FOLLOWS(3)) {
        *c = (p[0] & 7u) << 18 | (p[1] & 63u) << 12 | (p[2] & 63u) << 6 | (p[3] & 63u);
        if (*c >= 0x10000 && *c < 0x110000) return 4;
    }
#undef FOLLOWS
    *c = 0xFFFD;
    return 1;
}

/* c as UTF-8; returns the length. */
static inline unsigned bl_encode(uint32_t c, uint8_t out[4])
{
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (uint8_t)(0xC0 | c >> 6);
        out[1] = (uint8_t)(0x80 | (c & 63));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (uint8_t)(0xE0 | c >> 12);
        out[1] = (uint8_t)(0x80 | (c >> 6 & 63));
        out[2] = (uint8_t)(0x80 | (c & 63));
        return 3;
    }
    out[0] = (uint8_t)(0xF0 | c >> 18);
    out[1] = (uint8_t)(0x80 | (c >> 12 & 63));
    out[2] = (uint8_t)(0x80 | (c >> 6 & 63));
    out[3] = (uint8_t)(0x80 | (c & 63));
    return 4;
}

/* The character that ends before text[at], at > 0. */
uint32_t bl_character_before(const uint8_t *text, size_t at);
/* The end of the spaces that begin at text[at]. */
size_t bl_skip_spaces(const uint8_t *text, size_t at, size_t end);
/* The start of the spaces that end before text[at]. */
size_t bl_skip_spaces_back(const uint8_t *text, size_t at);

#endif
