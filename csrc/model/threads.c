#include "threads.h"

enum { SPINS_BEFORE_YIELD = 2000 };

typedef struct {
    bl_thread thread;
    void (*work)(void *, unsigned);
    void *context;
    unsigned index;
    bl_threads *threads;
} helper;

static void enter(void *p)
{
    helper *h = p;
    while (!bl_load_int(&h->threads->round)) bl_yield(); /* until the count is known */
    h->work(h->context, h->index);
}

void bl_threads_run(bl_threads *threads, unsigned count, void (*work)(void *, unsigned),
                    void *context)
{
    threads->count = 1;
    threads->arrived = 0;
    threads->round = 0;
    if (count <= 1) {
        work(context, 0);
        return;
    }
    helper helpers[BL_MOST_THREADS];
    if (count > BL_MOST_THREADS) count = BL_MOST_THREADS;
    for (unsigned i = 1; i < count; i++) {
        helpers[i] = (helper){ .work = work, .context = context, .index = i, .threads = threads };
        if (!bl_thread_start(&helpers[i].thread, enter, &helpers[i])) break;
        threads->count++;
    }
    bl_store_int(&threads->round, 1);
    work(context, 0);
    for (unsigned i = 1; i < threads->count; i++) bl_thread_join(&helpers[i].thread);
}

void bl_barrier(bl_threads *threads)
{
    if (threads->count == 1) return;
    const long round = bl_load_int(&threads->round);
    if (bl_fetch_add(&threads->arrived, 1) + 1 == (long)threads->count) {
        bl_store_int(&threads->arrived, 0);
        bl_store_int(&threads->round, (int)round + 1);
        return;
    }
    for (int spins = 0; bl_load_int(&threads->round) == round; spins++)
        if (spins > SPINS_BEFORE_YIELD) bl_yield(); /* the others may be waiting for this core */
}
