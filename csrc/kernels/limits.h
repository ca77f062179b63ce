/* limits.h: work whose speed a processor and its memory limit. Whoever calls it reads the clock. */
#ifndef BL_LIMITS_H
#define BL_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#include "bertlite.h"

/* `rounds` times the same product of int8 rows and columns that fit the first-level cache, with
 * the instruction set's own kernel. *products: multiplications with their additions in all. */
bl_status bl_multiply_in_cache(const char *isa, size_t rounds, uint64_t *products, bl_error *error);

/* Reads every byte once, in order. The result depends on all of them. */
uint64_t bl_read_all(const void *data, size_t size);

#endif
