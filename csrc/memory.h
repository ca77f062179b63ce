/* memory.h: every allocation of the core comes through here, so that a test can make any of
 * them fail (BL_FAIL_ALLOCATIONS), and a build without a heap has one file to replace. */
#ifndef BL_MEMORY_H
#define BL_MEMORY_H

#include <stddef.h>

void *bl_malloc(size_t size);
void *bl_calloc(size_t count, size_t size);
void *bl_realloc(void *memory, size_t size);
void bl_free(void *memory);

/* At a multiple of 64 bytes. */
void *bl_malloc_aligned(size_t size);
void bl_free_aligned(void *memory);

#ifdef BL_FAIL_ALLOCATIONS
/* Allocations from now on that succeed before one fails; -1: none fails. */
extern long bl_allocations_left;
/* Allocations since the program began. */
extern long bl_allocation_count;
/* Whether only that one fails, and not all after it. */
extern int bl_fail_only_one;
/* Allocations that failed since it was set to 0. */
extern long bl_allocations_failed;
#endif
#endif
