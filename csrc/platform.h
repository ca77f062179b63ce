/* platform.h: what differs between systems and compilers, and nothing else. */
#ifndef BL_PLATFORM_H
#define BL_PLATFORM_H

#include <stddef.h>
#include <stdint.h>

#include "bertlite.h"

/* ---- atomics: two words, sequentially consistent ------------------------- */
#if defined _MSC_VER && !defined __clang__
#include <intrin.h>
typedef volatile long bl_atomic_int;
typedef void *volatile bl_atomic_pointer;
static inline long bl_fetch_add(bl_atomic_int *p, long v) { return _InterlockedExchangeAdd(p, v); }
static inline long bl_load_int(bl_atomic_int *p) { return _InterlockedExchangeAdd(p, 0); }
static inline void bl_store_int(bl_atomic_int *p, long v) { _InterlockedExchange(p, v); }
static inline void *bl_load_pointer(bl_atomic_pointer *p)
{
    return _InterlockedCompareExchangePointer(p, NULL, NULL);
}
static inline void bl_store_pointer(bl_atomic_pointer *p, const void *v)
{
    _InterlockedExchangePointer(p, (void *)v);
}
static inline void *bl_swap_pointer(bl_atomic_pointer *p, void *v)
{
    return _InterlockedExchangePointer(p, v);
}
#else
typedef int bl_atomic_int;
typedef void *bl_atomic_pointer;
static inline long bl_fetch_add(bl_atomic_int *p, int v)
{
    return __atomic_fetch_add(p, v, __ATOMIC_SEQ_CST);
}
static inline long bl_load_int(bl_atomic_int *p) { return __atomic_load_n(p, __ATOMIC_SEQ_CST); }
static inline void bl_store_int(bl_atomic_int *p, int v)
{
    __atomic_store_n(p, v, __ATOMIC_SEQ_CST);
}
static inline void *bl_load_pointer(bl_atomic_pointer *p)
{
    return __atomic_load_n(p, __ATOMIC_SEQ_CST);
}
static inline void bl_store_pointer(bl_atomic_pointer *p, const void *v)
{
    __atomic_store_n(p, (void *)(uintptr_t)v, __ATOMIC_SEQ_CST);
}
static inline void *bl_swap_pointer(bl_atomic_pointer *p, void *v)
{
    return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);
}
#endif

/* ---- threads: only ever started when a caller asks ------------------------- */
typedef struct bl_thread bl_thread;
struct bl_thread {
    uintptr_t handle;
    void (*work)(void *);
    void *argument;
};
int bl_thread_start(bl_thread *t, void (*work)(void *), void *argument); /* 0 on failure */
void bl_thread_join(bl_thread *t);
void bl_yield(void);

/* ---- files -------------------------------------------------------------------- */
typedef struct {
    const unsigned char *data;
    size_t size;
    uintptr_t handle;
} bl_map;
/* Map a file read-only. An empty file maps to size 0. */
bl_status bl_map_file(bl_map *map, const char *path, bl_error *error);
void bl_map_close(bl_map *map);
/* Pages of [from, from + size) will not be needed again soon. */
void bl_map_release(const bl_map *map, const void *from, size_t size);
int bl_is_folder(const char *path);
int bl_is_file(const char *path);
/* Whether both paths lead to one file that exists, whatever it is called in them. */
int bl_is_same_file(const char *a, const char *b);

/* The file at path "cannot be <action>", for the reason that the system gave last: a file error,
 * or a memory error if the system had no memory. */
bl_status bl_system_error(bl_error *error, const char *path, const char *action);

#ifdef _WIN32
/* A path in the system's encoding; paths are UTF-8. NULL without memory. */
wchar_t *bl_wide_path(const char *path);
#endif
#endif
