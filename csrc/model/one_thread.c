/* one_thread.c: threads.h where there are none. */
#include "threads.h"

void bl_threads_run(bl_threads *threads, unsigned count,
                    void (*work)(void *context, unsigned thread), void *context)
{
    (void)count;
    threads->count = 1;
    work(context, 0);
}

void bl_barrier(bl_threads *threads) { (void)threads; }
