#include "threads.h"

typedef struct {
    bl_thread thread;
    void (*work)(void *, unsigned);
    void *context;
    unsigned member;
    bl_threads *team;
} helper;

static void enter(void *p)
{
    helper *h = p;
    while (!bl_load_int(&h->team->round)) bl_yield(); /* until the team's size is known */
    h->work(h->context, h->member);
}

void bl_threads_run(bl_threads *team, unsigned members, void (*work)(void *, unsigned),
                    void *context)
{
    team->members = 1;
    team->arrived = 0;
    team->round = 0;
    if (members <= 1) {
        work(context, 0);
        return;
    }
    helper helpers[BL_MOST_THREADS];
    if (members > BL_MOST_THREADS) members = BL_MOST_THREADS;
    for (unsigned i = 1; i < members; i++) {
        helper h = { { 0, NULL, NULL }, work, context, i, team };
        helpers[i] = h;
        if (!bl_thread_start(&helpers[i].thread, enter, &helpers[i])) break;
        team->members++;
    }
    bl_store_int(&team->round, 1);
    work(context, 0);
    for (unsigned i = 1; i < team->members; i++) bl_thread_join(&helpers[i].thread);
}

void bl_barrier(bl_threads *team)
{
    if (team->members == 1) return;
    const long round = bl_load_int(&team->round);
    if (bl_fetch_add(&team->arrived, 1) + 1 == (long)team->members) {
        bl_store_int(&team->arrived, 0);
        bl_store_int(&team->round, (int)round + 1);
        return;
    }
    for (int spins = 0; bl_load_int(&team->round) == round; spins++)
        if (spins > 2000) bl_yield(); /* the others may be waiting for this core */
}

void bl_thread_range(const bl_threads *team, unsigned member, size_t n, size_t group, size_t *from,
                     size_t *to)
{
    const size_t groups = (n + group - 1) / group, each = groups / team->members,
                 left = groups % team->members;
    const size_t first = member * each + (member < left ? member : left);
    *from = first * group;
    *to = (first + each + (member < left)) * group;
    if (*from > n) *from = n;
    if (*to > n) *to = n;
}
