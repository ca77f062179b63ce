/* arena.h: the working memory of one call. Blocks are taken one after another and all given
 * back at once; after a call that did not fit, the next one finds a single chunk that does. */
#ifndef BL_ARENA_H
#define BL_ARENA_H

#include "bertlite.h"

/* All blocks are free again. */
void bl_arena_reset(bl_arena *arena);
/* count * size bytes at a multiple of 64, valid until the reset; NULL without memory. */
void *bl_arena_take(bl_arena *arena, size_t count, size_t size);
#endif
