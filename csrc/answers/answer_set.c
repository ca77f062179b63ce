#include "answer_set.h"

#include <string.h>

#include "../tokenizer/unicode.h"

enum {
    FIRST_SLOTS = 256,
    HASHED = 256,       /* characters of an answer that its hash is made of */
    KEPT_AT_MOST = 2048 /* or twice as many as are wanted, if that is more */
};

/* ---- text without its case --------------------------------------------------------------- */

typedef struct {
    const uint8_t *at, *end;
    uint32_t pending; /* the second character of a lowercase of two, or 0 */
} folded;

static folded fold(const char *context, uint32_t start, uint32_t end)
{
    return (folded){ (const uint8_t *)context + start, (const uint8_t *)context + end, 0 };
}

/* The next character; 0 at the end. */
static int next_folded(folded *f, uint32_t *c)
{
    enum { FINAL_SIGMA = 0x3C2, SIGMA = 0x3C3 };
    uint32_t lower[2];
    if (f->pending) {
        *c = f->pending;
        f->pending = 0;
        return 1;
    }
    if (f->at == f->end) return 0;
    f->at += bl_decode(f->at, f->end, c);
    if (bl_lower(*c, lower) == 2) f->pending = lower[1];
    *c = lower[0] == FINAL_SIGMA ? SIGMA : lower[0];
    return 1;
}

static uint32_t hash_of(const char *context, uint32_t start, uint32_t end)
{
    folded f = fold(context, start, end);
    uint32_t hash = 2166136261u, c;
    for (int i = 0; i < HASHED && next_folded(&f, &c); i++) hash = (hash ^ c) * 16777619u;
    return hash;
}

static int same_text(const char *context, const bl_found_answer *a, uint32_t start, uint32_t end)
{
    if (a->start == start && a->end == end) return 1;
    folded f = fold(context, a->start, a->end), g = fold(context, start, end);
    uint32_t x, y;
    for (;;) {
        const int more = next_folded(&f, &x);
        if (more != next_folded(&g, &y)) return 0;
        if (!more) return 1;
        if (x != y) return 0;
    }
}

/* ---- the hash table ------------------------------------------------------------------------ */

static bl_found_answer *answer_at(const bl_answer_set *set, size_t i)
{
    return (bl_found_answer *)set->answers.items + i;
}

static void index_all(bl_answer_set *set)
{
    const size_t mask = set->slot_count - 1;
    memset(set->slots, 0, set->slot_count * sizeof *set->slots);
    for (size_t i = 0; i < set->answers.count; i++) {
        size_t slot = answer_at(set, i)->hash & mask;
        while (set->slots[slot]) slot = (slot + 1) & mask;
        set->slots[slot] = (uint32_t)i + 1;
    }
}

/* Slots for one answer more, at most half of them in use. */
static int grow_slots(bl_answer_set *set)
{
    if (2 * (set->answers.count + 1) <= set->slot_count) return 1;
    const size_t count = set->slot_count ? 2 * set->slot_count : FIRST_SLOTS;
    uint32_t *slots = bl_arena_take(set->arena, count, sizeof *slots);
    if (!slots || set->answers.count >= INT32_MAX) return 0;
    set->slots = slots;
    set->slot_count = count;
    index_all(set);
    return 1;
}

/* The slot of an answer's text, or the empty one where it belongs. */
static uint32_t *find_slot(const bl_answer_set *set, uint32_t hash, uint32_t start, uint32_t end)
{
    const size_t mask = set->slot_count - 1;
    size_t slot = hash & mask;
    for (; set->slots[slot]; slot = (slot + 1) & mask) {
        const bl_found_answer *a = answer_at(set, set->slots[slot] - 1);
        if (a->hash == hash && same_text(set->context, a, start, end)) break;
    }
    return &set->slots[slot];
}

/* ---- answers -------------------------------------------------------------------------------- */

void bl_answer_set_start(bl_answer_set *set, bl_arena *arena, const char *context, size_t top_k,
                         int sum_windows)
{
    memset(set, 0, sizeof *set);
    set->arena = arena;
    set->context = context;
    set->top_k = top_k;
    set->sum_windows = sum_windows;
    set->answers.item_size = sizeof(bl_found_answer);
}

int bl_answer_set_add(bl_answer_set *set, size_t window, uint32_t start, uint32_t end, float score)
{
    if (!grow_slots(set)) return 0;
    const uint32_t hash = hash_of(set->context, start, end);
    uint32_t *slot = find_slot(set, hash, start, end);
    bl_found_answer *a;
    if (*slot) {
        a = answer_at(set, *slot - 1);
    } else {
        a = bl_list_append(set->arena, &set->answers, 1);
        if (!a) return 0;
        *a = (bl_found_answer){ start, end, hash, 0.0, window, 0.0, start, end };
        *slot = (uint32_t)set->answers.count;
    }
    if (a->window != window && !set->sum_windows) {
        a->sum = 0.0;
        a->window_start = start;
        a->window_end = end;
    }
    a->window = window;
    a->sum += (double)score;
    if (a->sum > a->score) {
        a->score = a->sum;
        a->start = a->window_start;
        a->end = a->window_end;
    }
    return 1;
}

float bl_answer_score(const bl_found_answer *answer)
{
    return answer->score < 1.0 ? (float)answer->score : 1.0f; /* rounding may add up to more */
}

/* set->best: the top_k best of the answers and, if it is not NULL, of no answer. */
static int choose(bl_answer_set *set, const float *no_answer, size_t *count)
{
    const size_t all = set->answers.count + (no_answer != NULL);
    if (all > set->chosen_capacity) {
        set->scores = bl_arena_take(set->arena, all, sizeof *set->scores);
        set->best = bl_arena_take(set->arena, all, sizeof *set->best);
        set->chosen = bl_arena_take(set->arena, all, sizeof *set->chosen);
        if (!set->scores || !set->best || !set->chosen) return 0;
        set->chosen_capacity = all;
    }
    for (size_t i = 0; i < set->answers.count; i++)
        set->scores[i] = (float)answer_at(set, i)->score;
    if (no_answer) set->scores[all - 1] = *no_answer;
    *count = bl_top_k(set->scores, all, set->top_k, set->best);
    return 1;
}

int bl_answer_set_trim(bl_answer_set *set)
{
    const size_t many = set->top_k < KEPT_AT_MOST / 2 ? KEPT_AT_MOST : set->top_k;
    size_t count, kept = 0;
    /* The best of a window can only rise, so what is not among the best can be forgotten; sums
     * over windows cannot. */
    if (set->sum_windows || set->answers.count / 2 <= many) return 1;
    if (!choose(set, NULL, &count)) return 0;
    memset(set->chosen, 0, set->answers.count);
    for (size_t i = 0; i < count; i++) set->chosen[set->best[i]] = 1;
    for (size_t i = 0; i < set->answers.count; i++)
        if (set->chosen[i]) *answer_at(set, kept++) = *answer_at(set, i);
    set->answers.count = kept;
    index_all(set);
    return 1;
}

int bl_answer_set_best(bl_answer_set *set, const float *no_answer, const int32_t **best,
                       size_t *count)
{
    if (!choose(set, no_answer, count)) return 0;
    *best = set->best;
    return 1;
}
