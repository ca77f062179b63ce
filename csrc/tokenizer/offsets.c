/* offsets.c: from offsets in bytes to offsets in characters. */
#include "tokenizer.h"
#include "unicode.h"

/* The characters of text[0, byte), counted on from the last byte asked for. */
typedef struct {
    const uint8_t *text;
    size_t size, byte, character;
} character_counter;

static uint32_t count_to(character_counter *c, size_t byte)
{
    if (byte < c->byte) c->byte = c->character = 0;
    if (byte > c->size) byte = c->size;
    for (; c->byte < byte; c->byte++) c->character += (size_t)bl_begins_character(c->text[c->byte]);
    return (uint32_t)c->character;
}

void bl_offsets_in_characters(const char *text, size_t size, bl_offset *offsets, size_t count)
{
    /* Starts and ends both rise from token to token, so with a counter each this is linear. */
    character_counter start = { (const uint8_t *)text, size, 0, 0 };
    character_counter end = start;
    for (size_t i = 0; i < count; i++) {
        offsets[i].start = count_to(&start, offsets[i].start);
        offsets[i].end = count_to(&end, offsets[i].end);
    }
}
