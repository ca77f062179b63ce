/* arena.h: the working memory of one call. Blocks are taken one after another and all given
 * back at once; after a call that did not fit, the next one finds a single chunk that does.
 *
 * arena_heap.c makes arenas that grow. A fixed one has the memory that it was given. */
#ifndef BL_ARENA_H
#define BL_ARENA_H

#include "bertlite.h"

typedef struct bl_arena_chunk bl_arena_chunk;
struct bl_arena_chunk {
    bl_arena_chunk *previous;
    size_t size, used; /* both with this header */
};

struct bl_arena {
    bl_arena_chunk *last;
    size_t most; /* bytes of a fixed one that have been in use */
    /* A chunk of `size` bytes, or NULL; and all given back. NULL: the arena is fixed. */
    bl_arena_chunk *(*allocate)(size_t size);
    void (*release)(bl_arena_chunk *last);
};

/* An arena in memory that begins at a multiple of BL_ALIGNMENT; 0 if it is too small for any. */
int bl_arena_fix(bl_arena *arena, void *memory, size_t size);
/* All blocks are free again. */
void bl_arena_reset(bl_arena *arena);
/* count * size bytes at a multiple of BL_ALIGNMENT, valid until the reset; NULL without memory. */
void *bl_arena_take(bl_arena *arena, size_t count, size_t size);
#endif
