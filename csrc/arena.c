#include "arena.h"

#include <stdint.h>

#include "sizes.h"

enum { SMALLEST_CHUNK = 1 << 14 };

static size_t aligned(size_t size)
{
    return (size + BL_ALIGNMENT - 1) / BL_ALIGNMENT * BL_ALIGNMENT;
}

size_t bl_arena_size(const bl_arena *arena)
{
    size_t size = 0;
    for (const bl_arena_chunk *c = arena->last; c; c = c->previous) size += c->size;
    return size;
}

size_t bl_arena_most(const bl_arena *arena) { return arena->most; }

static void begin_chunk(bl_arena *arena, bl_arena_chunk *c, size_t size)
{
    c->previous = arena->last;
    c->size = size;
    c->used = aligned(sizeof *c);
    arena->last = c;
}

int bl_arena_fix(bl_arena *arena, void *memory, size_t size)
{
    *arena = (bl_arena){ 0 };
    if (size < aligned(sizeof(bl_arena_chunk))) return 0;
    begin_chunk(arena, memory, size);
    return 1;
}

/* A new last chunk; 0 without memory. */
static int grow(bl_arena *arena, size_t size)
{
    bl_arena_chunk *c = arena->allocate ? arena->allocate(size) : NULL;
    if (!c) return 0;
    begin_chunk(arena, c, size);
    return 1;
}

void bl_arena_reset(bl_arena *arena)
{
    if (!arena->last) return;
    if (arena->last->previous) { /* the call did not fit: one chunk for the next */
        const size_t size = bl_arena_size(arena);
        arena->release(arena->last);
        arena->last = NULL;
        if (!grow(arena, size)) return; /* bl_arena_take will try again */
    }
    arena->last->used = aligned(sizeof(bl_arena_chunk));
}

void *bl_arena_take(bl_arena *arena, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / 4 / size) return NULL;
    const size_t need = aligned(count * size);
    bl_arena_chunk *c = arena->last;
    if (!c || c->size - c->used < need) {
        const size_t whole = aligned(sizeof(bl_arena_chunk)) + need;
        if (!grow(arena, whole < SMALLEST_CHUNK ? SMALLEST_CHUNK : whole)) return NULL;
        c = arena->last;
    }
    void *block = (char *)c + c->used;
    c->used += need;
    if (c->used > arena->most) arena->most = c->used;
    return block;
}
