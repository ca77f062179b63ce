#include "unicode.h"

#ifdef BL_LATIN1
#include "unicode_latin1.inc"
#else
#include "unicode_all.inc"
#endif

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
