#include "unicode.h"

#ifdef BL_LATIN1
#include "unicode_latin1.inc"
#else
#include "unicode_all.inc"
#endif

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
