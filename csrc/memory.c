#if !defined _WIN32 && !defined _GNU_SOURCE
#define _GNU_SOURCE /* posix_memalign */
#endif
#include "memory.h"

#include <stdlib.h>

#ifdef _WIN32
#include <malloc.h>
#endif

enum { ALIGNMENT = 64 };

#ifdef BL_FAIL_ALLOCATIONS
long bl_allocations_left = -1;
long bl_allocation_count;
int bl_fail_only_one;
long bl_allocations_failed;

static int allowed(void)
{
    bl_allocation_count++;
    if (bl_allocations_left < 0) return 1;
    if (bl_allocations_left > 0) {
        bl_allocations_left--;
        return 1;
    }
    if (bl_fail_only_one) bl_allocations_left = -1;
    bl_allocations_failed++;
    return 0;
}
#else
static int allowed(void) { return 1; }
#endif

void *bl_malloc(size_t size) { return allowed() ? malloc(size ? size : 1) : NULL; }

void *bl_calloc(size_t count, size_t size)
{
    return allowed() ? calloc(count ? count : 1, size ? size : 1) : NULL;
}

void *bl_realloc(void *memory, size_t size)
{
    return allowed() ? realloc(memory, size ? size : 1) : NULL;
}

void bl_free(void *memory) { free(memory); }

#ifdef _WIN32
void *bl_malloc_aligned(size_t size)
{
    return allowed() ? _aligned_malloc(size ? size : 1, ALIGNMENT) : NULL;
}
void bl_free_aligned(void *memory) { _aligned_free(memory); }
#else
void *bl_malloc_aligned(size_t size)
{
    void *memory = NULL;
    if (!allowed() || posix_memalign(&memory, ALIGNMENT, size ? size : 1)) return NULL;
    return memory;
}
void bl_free_aligned(void *memory) { free(memory); }
#endif
