/* threads.h: the threads of one call. They exist while the call lasts. */
#ifndef BL_THREADS_H
#define BL_THREADS_H

#include "../platform.h"
#include "../sizes.h"

typedef struct {
    unsigned count;
    bl_atomic_int arrived; /* at the barrier */
    bl_atomic_int round;   /* barriers passed, and one; 0 until the count is known */
} bl_threads;

/* Runs work(context, thread) for thread 0 .. count - 1 and waits for all. The caller is thread 0.
 * If the system gives fewer threads, the count is smaller. */
void bl_threads_run(bl_threads *threads, unsigned count,
                    void (*work)(void *context, unsigned thread), void *context);

/* Returns once every thread has arrived. */
void bl_barrier(bl_threads *threads);

/* A thread's part of n things, in whole groups: [*from, *to). */
static inline void bl_thread_range(const bl_threads *threads, unsigned thread, size_t n,
                                   size_t group, size_t *from, size_t *to)
{
    const size_t groups = (n + group - 1) / group, each = groups / threads->count,
                 left = groups % threads->count;
    const size_t first = thread * each + (thread < left ? thread : left);
    *from = first * group;
    *to = (first + each + (thread < left)) * group;
    if (*from > n) *from = n;
    if (*to > n) *to = n;
}
#endif
