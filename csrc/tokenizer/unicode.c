#include "unicode.h"

#include "unicode_tables.inc"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* By binary search, the index of the last item that is <= c; 0 if none is. `item` is one's value. */
#define LAST_UP_TO(table, item, c, result)                                                         \
    do {                                                                                           \
        size_t low = 0, count = LENGTH(table);                                                     \
        while (count > 1) {                                                                        \
            const size_t half = count / 2;                                                         \
            if ((table)[low + half] item <= (c)) low += half;                                      \
            count -= half;                                                                         \
        }                                                                                          \
        (result) = low;                                                                            \
    } while (0)

enum { LONG_VALUES = 0x800, MORE_SHIFT = 31 };

unsigned bl_decompose(uint32_t c, uint32_t out[4])
{
    if (c - 0xAC00 < 11172) { /* a Hangul syllable: 19 initials, 21 vowels, 27 finals or none */
        const uint32_t s = c - 0xAC00;
        out[0] = 0x1100 + s / (21 * 28);
        out[1] = 0x1161 + s / 28 % 21;
        out[2] = 0x11A7 + s % 28;
        return s % 28 ? 3 : 2;
    }
    uint32_t value = 0;
    if (c < LAST_DECOMPOSED) {
        const size_t middle = 16 * (size_t)decomposition_top[c >> 8] + (c >> 4) % 16;
        value = decomposition_leaves[16 * (size_t)decomposition_middle[middle] + c % 16];
    }
    out[0] = value ? value : c;
    if (value - LONG >= LONG_VALUES) return 1;
    unsigned n = 0;
    const uint32_t *part = long_decompositions + (value - LONG);
    do out[n++] = *part & 0x1FFFFF;
    while (*part++ >> MORE_SHIFT);
    return n;
}

unsigned bl_lower(uint32_t c, uint32_t out[2])
{
    size_t i;
    out[0] = c;
    if (c < 0x80) {
        out[0] = c - 'A' < 26 ? c | 0x20 : c;
        return 1;
    }
    if (c == 0x130) { /* I with a dot above: the only one that becomes two characters */
        out[0] = 'i';
        out[1] = 0x307;
        return 2;
    }
    LAST_UP_TO(lowercase, .first, c, i);
    const uint32_t distance = c - lowercase[i].first, step = lowercase[i].step;
    if (distance <= step * lowercase[i].more && distance % step == 0) /* within 65,536 of another */
        out[0] = (c & ~UINT32_C(0xFFFF)) | ((c + lowercase[i].difference) & 0xFFFF);
    return 1;
}

unsigned bl_combining(uint32_t c)
{
    size_t i;
    LAST_UP_TO(classes, , (c << 11 | 0x7FF), i);
    return c - (classes[i] >> 11) <= (classes[i] & 7) ? classes[i] >> 3 & 0xFF : 0;
}

int bl_is_chinese(uint32_t c)
{
    /* BERT's own list leaves out 2B820..2B91F, and so do transformers and tokenizers. */
    return c >= 0x3400 && (c <= 0x4DBF || (c >= 0x4E00 && c <= 0x9FFF) ||
                           (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x2A6DF) ||
                           (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) ||
                           (c >= 0x2B920 && c <= 0x2CEAF) || (c >= 0x2F800 && c <= 0x2FA1F));
}

uint32_t bl_character_before(const uint8_t *text, size_t at)
{
    size_t from = at - 1;
    uint32_t c;
    while (from > 0 && at - from < 4 && !bl_begins_character(text[from])) from--;
    bl_decode(text + from, text + at, &c);
    return c;
}

size_t bl_skip_spaces(const uint8_t *text, size_t at, size_t end)
{
    while (at < end) {
        uint32_t c;
        const unsigned n = bl_decode(text + at, text + end, &c);
        if (!(bl_traits(c) & BL_SPACE)) break;
        at += n;
    }
    return at;
}

size_t bl_skip_spaces_back(const uint8_t *text, size_t at)
{
    while (at > 0) {
        const uint32_t c = bl_character_before(text, at);
        uint8_t bytes[4];
        if (!(bl_traits(c) & BL_SPACE)) break;
        at -= bl_encode(c, bytes);
    }
    return at;
}
