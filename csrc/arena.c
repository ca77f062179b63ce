#include "arena.h"

#include <stdint.h>

#include "memory.h"

enum { ALIGNMENT = 64, SMALLEST_CHUNK = 1 << 14 };

typedef struct chunk {
    struct chunk *previous;
    size_t size, used; /* both with this header */
} chunk;

struct bl_arena {
    chunk *last;
};

static size_t aligned(size_t size) { return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT; }

bl_arena *bl_arena_create(void) { return bl_calloc(1, sizeof(bl_arena)); }

static void free_chunks(bl_arena *arena)
{
    while (arena->last) {
        chunk *previous = arena->last->previous;
        bl_free_aligned(arena->last);
        arena->last = previous;
    }
}

void bl_arena_free(bl_arena *arena)
{
    if (!arena) return;
    free_chunks(arena);
    bl_free(arena);
}

size_t bl_arena_size(const bl_arena *arena)
{
    size_t size = 0;
    for (const chunk *c = arena->last; c; c = c->previous) size += c->size;
    return size;
}

/* A new last chunk; 0 without memory. */
static int grow(bl_arena *arena, size_t size)
{
    chunk *c = bl_malloc_aligned(size);
    if (!c) return 0;
    c->previous = arena->last;
    c->size = size;
    c->used = aligned(sizeof *c);
    arena->last = c;
    return 1;
}

void bl_arena_reset(bl_arena *arena)
{
    if (!arena->last) return;
    if (arena->last->previous) { /* the call did not fit: one chunk for the next */
        const size_t size = bl_arena_size(arena);
        free_chunks(arena);
        if (!grow(arena, size)) return; /* bl_arena_take will try again */
    }
    arena->last->used = aligned(sizeof(chunk));
}

void *bl_arena_take(bl_arena *arena, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / 4 / size) return NULL;
    const size_t need = aligned(count * size);
    chunk *c = arena->last;
    if (!c || c->size - c->used < need) {
        const size_t whole = aligned(sizeof(chunk)) + need;
        if (!grow(arena, whole < SMALLEST_CHUNK ? SMALLEST_CHUNK : whole)) return NULL;
        c = arena->last;
    }
    void *block = (char *)c + c->used;
    c->used += need;
    return block;
}
