#include "checksum.h"

#include <string.h>

static const uint64_t multiplier = 0x9E3779B97F4A7C15u;

/* Each step is a bijection of the lane, so a single damaged word always changes the result. The
 * rotation brings high bits down, where the next product spreads them again. */
static inline uint64_t step(uint64_t lane, uint64_t word)
{
    const uint64_t product = (lane ^ word) * multiplier;
    return product << 29 | product >> 35;
}

void bl_checksum_start(bl_checksum *c)
{
    for (size_t i = 0; i < BL_CHECKSUM_LANES; i++) c->lanes[i] = i + 1;
}

void bl_checksum_blocks(bl_checksum *c, const void *data, size_t size)
{
    const unsigned char *p = data;
    uint64_t lanes[BL_CHECKSUM_LANES], words[BL_CHECKSUM_LANES];
    memcpy(lanes, c->lanes, sizeof lanes);
    for (; size; p += sizeof words, size -= sizeof words) {
        memcpy(words, p, sizeof words);
        for (size_t i = 0; i < BL_CHECKSUM_LANES; i++) lanes[i] = step(lanes[i], words[i]);
    }
    memcpy(c->lanes, lanes, sizeof lanes);
}

uint64_t bl_checksum_end(const bl_checksum *c)
{
    uint64_t all = 0;
    for (size_t i = 0; i < BL_CHECKSUM_LANES; i++) all = step(all, c->lanes[i]);
    return all ^ all >> 32;
}

uint64_t bl_checksum_of(uint64_t number, const void *data, size_t size)
{
    unsigned char last[BL_CHECKSUM_BLOCK] = { 0 };
    const size_t whole = size - size % BL_CHECKSUM_BLOCK;
    bl_checksum c;
    bl_checksum_start(&c);
    c.lanes[0] ^= number;
    c.lanes[1] ^= size;
    if (whole) bl_checksum_blocks(&c, data, whole);
    if (size > whole) memcpy(last, (const unsigned char *)data + whole, size - whole);
    bl_checksum_blocks(&c, last, sizeof last);
    return bl_checksum_end(&c);
}
