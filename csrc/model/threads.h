/* threads.h: the threads of one call. They exist while the call lasts. */
#ifndef BL_THREADS_H
#define BL_THREADS_H

#include "../platform.h"

enum { BL_MOST_THREADS = 64 };

typedef struct {
    unsigned members;
    bl_atomic_int arrived, round;
} bl_threads;

/* Run work(context, member) for members 0 .. members - 1 and wait for all. The caller
 * is member 0. If the system gives fewer threads, there are fewer members. */
void bl_threads_run(bl_threads *team, unsigned members,
                    void (*work)(void *context, unsigned member), void *context);

/* All members come here before any goes on. */
void bl_barrier(bl_threads *team);

/* Member's share of n things, in whole groups: [*from, *to). */
void bl_thread_range(const bl_threads *team, unsigned member, size_t n, size_t group, size_t *from,
                     size_t *to);
#endif
