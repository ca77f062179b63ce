#include "unicode.h"

#include "unicode_tables.inc"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* By binary search, the index of the last item whose member is <= c; 0 if none is. */
#define LAST_UP_TO(table, member, c, result)                                                       \
    do {                                                                                           \
        size_t low = 0, count = LENGTH(table);                                                     \
        while (count > 1) {                                                                        \
            const size_t half = count / 2;                                                         \
            if ((table)[low + half].member <= (c)) low += half;                                    \
            count -= half;                                                                         \
        }                                                                                          \
        (result) = low;                                                                            \
    } while (0)

unsigned bl_decompose(uint32_t c, uint32_t out[4])
{
    size_t i;
    if (c - 0xAC00 < 11172) { /* a Hangul syllable: 19 initials, 21 vowels, 27 finals or none */
        const uint32_t s = c - 0xAC00;
        out[0] = 0x1100 + s / (21 * 28);
        out[1] = 0x1161 + s / 28 % 21;
        out[2] = 0x11A7 + s % 28;
        return s % 28 ? 3 : 2;
    }
    if (c < NEAR) {
        if (!near_decompositions[c]) {
            out[0] = c;
            return 1;
        }
        i = near_decompositions[c] - 1u;
    } else {
        LAST_UP_TO(decompositions, code, c, i);
        if (decompositions[i].code != c) {
            out[0] = c;
            return 1;
        }
    }
    for (unsigned k = 0; k < decompositions[i].count; k++)
        out[k] = decomposed[decompositions[i].at + k];
    return decompositions[i].count;
}

unsigned bl_lower(uint32_t c, uint32_t out[2])
{
    size_t i;
    out[0] = c;
    if (c == 0x130) { /* I with a dot above: the only one that becomes two characters */
        out[0] = 'i';
        out[1] = 0x307;
        return 2;
    }
    if (c < CASED) {
        out[0] = small_letters[c];
        return 1;
    }
    LAST_UP_TO(lowercase, first, c, i);
    if (lowercase[i].first <= c && c <= lowercase[i].last &&
        (c - lowercase[i].first) % (uint32_t)lowercase[i].step == 0)
        out[0] = (uint32_t)((int32_t)c + lowercase[i].difference);
    return 1;
}

unsigned bl_combining(uint32_t c)
{
    size_t i;
    LAST_UP_TO(classes, first, c, i);
    return classes[i].first <= c && c <= classes[i].last ? classes[i].combining : 0;
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
