/* checksum.h: notices damage. Not a defense against someone who wants to deceive. */
#ifndef BL_CHECKSUM_H
#define BL_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

enum { BL_CHECKSUM_LANES = 8, BL_CHECKSUM_BLOCK = 8 * BL_CHECKSUM_LANES };

typedef struct {
    uint64_t lanes[BL_CHECKSUM_LANES];
} bl_checksum;

void bl_checksum_start(bl_checksum *c);
/* Whole blocks: size is a multiple of BL_CHECKSUM_BLOCK. */
void bl_checksum_blocks(bl_checksum *c, const void *data, size_t size);
uint64_t bl_checksum_end(const bl_checksum *c);

/* Of any number of bytes, and of a number that belongs to them. */
uint64_t bl_checksum_of(uint64_t number, const void *data, size_t size);
#endif
