#include "added_tokens.h"
#include "../memory.h"

#include <stdlib.h>
#include <string.h>

static int by_pattern(const void *a, const void *b)
{
    const bl_added *x = *(const bl_added *const *)a, *y = *(const bl_added *const *)b;
    const uint32_t n = x->pattern_size < y->pattern_size ? x->pattern_size : y->pattern_size;
    const int c = memcmp(x->pattern, y->pattern, n);
    return c ? c : x->pattern_size < y->pattern_size ? -1 : x->pattern_size > y->pattern_size;
}

int bl_added_collect(bl_added_set *set, const bl_added *all, size_t count, int normalized)
{
    memset(set, 0, sizeof *set);
    set->only = -1;
    set->items = bl_malloc((count + 1) * sizeof *set->items);
    if (!set->items) return 0;
    for (size_t i = 0; i < count; i++) {
        if (all[i].normalized != normalized) continue;
        if (!all[i].pattern_size) return -1;
        set->items[set->count++] = &all[i];
        set->first[all[i].pattern[0]] = 1;
        set->only = set->count == 1 || set->only == all[i].pattern[0] ? all[i].pattern[0] : -1;
        if (all[i].pattern_size > set->longest) set->longest = all[i].pattern_size;
    }
    qsort(set->items, set->count, sizeof *set->items, by_pattern);
    for (uint32_t i = 1; i < set->count; i++)
        if (!by_pattern(&set->items[i - 1], &set->items[i])) return -1;
    return 1;
}

void bl_added_forget(bl_added_set *set)
{
    bl_free(set->items);
    memset(set, 0, sizeof *set);
}

/* The first of items[low, high), which agree in the bytes before `depth`, whose byte there is at least c. */
static uint32_t bound(const bl_added_set *set, uint32_t low, uint32_t high, uint32_t depth,
                      unsigned c)
{
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const bl_added *item = set->items[middle];
        if (item->pattern_size <= depth || item->pattern[depth] < c) low = middle + 1;
        else high = middle;
    }
    return low;
}

const bl_added *bl_added_match(const bl_added_set *set, const uint8_t *text, size_t size)
{
    const bl_added *found = NULL;
    uint32_t low = 0, high = set->count;
    for (uint32_t depth = 0; depth < size; depth++) {
        low = bound(set, low, high, depth, text[depth]);
        high = bound(set, low, high, depth, text[depth] + 1u);
        if (low == high) break;
        if (set->items[low]->pattern_size == depth + 1)
            found = set->items[low]; /* shorter ones come first */
    }
    return found;
}

size_t bl_added_candidate(const bl_added_set *set, const uint8_t *text, size_t at, size_t end)
{
    if (!set->count) return end;
    if (set->only >= 0) {
        const uint8_t *p = memchr(text + at, set->only, end - at);
        return p ? (size_t)(p - text) : end;
    }
    while (at < end && !set->first[text[at]]) at++;
    return at;
}
