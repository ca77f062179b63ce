/* arena_heap.c: arenas that grow. */
#include "arena.h"
#include "memory.h"

static bl_arena_chunk *allocate(size_t size) { return bl_malloc_aligned(size); }

static void release(bl_arena_chunk *last)
{
    while (last) {
        bl_arena_chunk *previous = last->previous;
        bl_free_aligned(last);
        last = previous;
    }
}

bl_arena *bl_arena_create(void)
{
    bl_arena *arena = bl_calloc(1, sizeof *arena);
    if (!arena) return NULL;
    arena->allocate = allocate;
    arena->release = release;
    return arena;
}

void bl_arena_free(bl_arena *arena)
{
    if (!arena) return;
    release(arena->last);
    bl_free(arena);
}
