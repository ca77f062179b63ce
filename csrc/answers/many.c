/* many.c: many texts, shared among threads. Each thread takes the next text that nobody has, so
 * that long ones make no difference, and keeps the answer: a copy in memory of its own. */
#include <string.h>

#include "../arena.h"
#include "../error.h"
#include "../memory.h"
#include "../model/threads.h"
#include "../platform.h"

enum {
    SETS = 2, /* of results: the caller reads one while the other is made */
    MOST_TEXTS = INT32_MAX / 2
};

/* What one thread has. */
typedef struct {
    bl_session session, slots;
    bl_arena *kept[SETS];
    bl_thread thread;
    bl_many *many;
} lane;

struct bl_many {
    bl_task task;
    int has_slots;
    const void *options;
    const bl_text *texts;
    size_t count;
    bl_result *results[SETS];
    size_t capacity[SETS];
    unsigned set; /* that is made, or was last */
    bl_atomic_int next;
    unsigned lanes, running; /* running: threads that were started and not joined */
    lane lane[];
};

static const bl_error no_memory_for_error = { BL_MEMORY_ERROR,
                                              "there is not enough memory for an answer." };

/* A copy; NULL without memory. */
static const void *keep(bl_arena *kept, const void *from, size_t count, size_t size)
{
    void *copy = bl_arena_take(kept, count, size);
    if (copy && count) memcpy(copy, from, count * size);
    return copy;
}
#define KEEP(list, count) (list) = keep(kept, list, count, sizeof *(list))

static int keep_answer(bl_task task, bl_result *r, bl_arena *kept)
{
    switch (task) {
    case BL_CLASSIFY: KEEP(r->labels.items, r->labels.count); return r->labels.items != NULL;
    case BL_FIND_ENTITIES:
        KEEP(r->entities.items, r->entities.count);
        KEEP(r->entities.tokens, r->entities.token_count);
        return r->entities.items && r->entities.tokens;
    case BL_READ_COMMANDS:
        KEEP(r->commands.items, r->commands.count);
        KEEP(r->commands.values, r->commands.value_count);
        return r->commands.items && r->commands.values;
    case BL_ANSWER_QUESTION:
        KEEP(r->answers.items, r->answers.count);
        return r->answers.items != NULL;
    case BL_FILL_MASK:
        KEEP(r->filled.ids, r->filled.id_count);
        KEEP(r->filled.masks, r->filled.mask_count);
        KEEP(r->filled.words, r->filled.mask_count * r->filled.words_per_mask);
        return r->filled.ids && r->filled.masks && r->filled.words;
    case BL_EMBED:
        r->vectors.rows =
            keep(kept, r->vectors.rows, r->vectors.count, r->vectors.width * sizeof(float));
        return r->vectors.rows != NULL;
    }
    return 0;
}

static bl_status answer(const bl_many *m, const lane *l, const bl_text *text, bl_result *r,
                        bl_error *error)
{
    const bl_session *s = &l->session;
    switch (m->task) {
    case BL_CLASSIFY: return bl_classify(s, text, m->options, &r->labels, error);
    case BL_FIND_ENTITIES: return bl_find_entities(s, text, m->options, &r->entities, error);
    case BL_READ_COMMANDS:
        return bl_read_commands(s, m->has_slots ? &l->slots : NULL, text, m->options, &r->commands,
                                error);
    case BL_ANSWER_QUESTION: return bl_answer_question(s, text, m->options, &r->answers, error);
    case BL_FILL_MASK: return bl_fill_mask(s, text, m->options, &r->filled, error);
    case BL_EMBED: return bl_embed(s, text, m->options, &r->vectors, error);
    }
    return BL_OK; /* bl_many_create refuses other tasks */
}

/* The next text's answer; 0 if there is no text left. */
static int answer_next(bl_many *m, lane *l)
{
    /* looked at first, so that a caller who asks again and again does not count it up */
    if ((size_t)bl_load_int(&m->next) >= m->count) return 0;
    const size_t i = (size_t)bl_fetch_add(&m->next, 1);
    if (i >= m->count) return 0;
    bl_result *r = m->results[m->set] + i;
    bl_arena *kept = l->kept[m->set];
    bl_error error;
    bl_status status = answer(m, l, m->texts + i, r, &error);
    if (status == BL_OK && !keep_answer(m->task, r, kept))
        status = bl_no_memory(&error, "an answer");
    if (status == BL_OK) return 1;
    r->error = keep(kept, &error, 1, sizeof error);
    if (!r->error) r->error = &no_memory_for_error;
    return 1;
}

static void answer_all(void *argument)
{
    lane *l = argument;
    while (answer_next(l->many, l)) continue;
}

static int open_lane(lane *l, bl_many *m, const bl_session *session, const bl_session *slots)
{
    l->many = m;
    l->session = *session;
    l->session.arena = bl_arena_create();
    if (slots) l->slots = *slots;
    l->slots.arena = slots ? bl_arena_create() : NULL;
    for (int i = 0; i < SETS; i++) l->kept[i] = bl_arena_create();
    return l->session.arena && (!slots || l->slots.arena) && l->kept[0] && l->kept[1];
}

bl_many *bl_many_create(bl_task task, const bl_session *session, const bl_session *slots,
                        const void *options, unsigned threads, bl_error *error)
{
    if (task > BL_EMBED) {
        bl_fail(error, BL_INPUT_ERROR, "%d is no task; give one of bl_task.", (int)task);
        return NULL;
    }
    threads = threads < 1 ? 1 : threads > BL_MOST_THREADS ? BL_MOST_THREADS : threads;
    bl_many *m = bl_calloc(1, sizeof *m + threads * sizeof *m->lane);
    int opened = m != NULL;
    if (m) {
        m->task = task;
        m->options = options;
        m->has_slots = slots != NULL;
        for (; m->lanes < threads && opened; m->lanes++)
            opened = open_lane(m->lane + m->lanes, m, session, slots);
    }
    if (opened) return m;
    bl_no_memory(error, "the threads");
    bl_many_free(m);
    return NULL;
}

static void join(bl_many *m)
{
    for (; m->running; m->running--) bl_thread_join(&m->lane[m->running].thread);
}

bl_status bl_many_start(bl_many *m, const bl_text *texts, size_t count, bl_error *error)
{
    if (count > MOST_TEXTS || count > SIZE_MAX / 4 / sizeof(bl_result))
        return bl_fail(error, BL_INPUT_ERROR, "%zu texts are too many at once; give fewer.", count);
    bl_many_stop(m);
    const unsigned set = (m->set + 1) % SETS;
    if (count > m->capacity[set]) {
        bl_result *results = bl_realloc(m->results[set], count * sizeof *results);
        if (!results) return bl_no_memory(error, "the answers");
        m->results[set] = results;
        m->capacity[set] = count;
    }
    if (count) memset(m->results[set], 0, count * sizeof **m->results);
    for (unsigned i = 0; i < m->lanes; i++) bl_arena_reset(m->lane[i].kept[set]);
    m->set = set;
    m->texts = texts;
    m->count = count;
    bl_store_int(&m->next, 0);
    /* lane 0 is the caller's. Fewer threads than asked for are no error. */
    while (m->running + 1 < m->lanes && m->running + 1 < count &&
           bl_thread_start(&m->lane[m->running + 1].thread, answer_all, m->lane + m->running + 1))
        m->running++;
    return BL_OK;
}

int bl_many_work(bl_many *m, size_t most)
{
    for (size_t i = 0; i < most; i++)
        if (!answer_next(m, m->lane)) {
            join(m);
            return 0;
        }
    return 1;
}

const bl_result *bl_many_results(const bl_many *m) { return m->results[m->set]; }

void bl_many_stop(bl_many *m)
{
    bl_store_int(&m->next, MOST_TEXTS);
    join(m);
}

void bl_many_free(bl_many *m)
{
    if (!m) return;
    bl_many_stop(m);
    for (unsigned i = 0; i < m->lanes; i++) {
        bl_arena_free(m->lane[i].session.arena);
        bl_arena_free(m->lane[i].slots.arena);
        for (int set = 0; set < SETS; set++) bl_arena_free(m->lane[i].kept[set]);
    }
    for (int set = 0; set < SETS; set++) bl_free(m->results[set]);
    bl_free(m);
}
