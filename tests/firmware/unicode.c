/* unicode.c: what every code point is and becomes, as bytes on standard output. Compiled with and
 * without BL_FREESTANDING, whose tables are others, by tests/test_unicode.py. */
#include <stdio.h>

#include "tokenizer/unicode.h"

int main(void)
{
    for (uint32_t c = 0; c <= 0x110000; c++) {
        uint32_t parts[4] = { 0 }, lower[2] = { 0 };
        const uint32_t counts[4] = { bl_traits(c), bl_combining(c), bl_decompose(c, parts),
                                     bl_lower(c, lower) };
        fwrite(counts, sizeof counts, 1, stdout);
        fwrite(parts, sizeof *parts, counts[2], stdout);
        fwrite(lower, sizeof *lower, counts[3], stdout);
    }
    return 0;
}
