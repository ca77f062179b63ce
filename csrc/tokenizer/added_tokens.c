#include "added_tokens.h"

#include <stdlib.h>
#include <string.h>

#include "../error.h"
#include "../memory.h"

static int by_pattern(const void *a, const void *b)
{
    const bl_added *x = *(const bl_added *const *)a;
    const bl_added *y = *(const bl_added *const *)b;
    const uint32_t n = x->pattern_size < y->pattern_size ? x->pattern_size : y->pattern_size;
    const int c = memcmp(x->pattern, y->pattern, n);
    return c ? c : x->pattern_size < y->pattern_size ? -1 : x->pattern_size > y->pattern_size;
}

static void insert(bl_added_set *set, const bl_added *token)
{
    const uint8_t first = token->pattern[0];
    set->only_first = set->count == 0 || set->only_first == first ? first : -1;
    set->items[set->count++] = token;
    set->first[first] = 1;
    if (token->pattern_size > set->longest) set->longest = token->pattern_size;
}

bl_status bl_added_collect(bl_added_set *set, const bl_added *all, size_t count, int normalized,
                           bl_error *error)
{
    memset(set, 0, sizeof *set);
    set->only_first = -1;
    set->items = bl_malloc((count + 1) * sizeof *set->items);
    if (!set->items) return bl_no_memory(error, "the added tokens");
    for (size_t i = 0; i < count; i++) {
        if (all[i].normalized != normalized) continue;
        if (!all[i].pattern_size)
            return bl_fail(error, BL_CONFIG_ERROR,
                           "nothing is left of the added token \"%.100s\" once it is normalized; "
                           "change or remove it.",
                           all[i].text);
        insert(set, &all[i]);
    }
    qsort(set->items, set->count, sizeof *set->items, by_pattern);
    for (uint32_t i = 1; i < set->count; i++)
        if (!by_pattern(&set->items[i - 1], &set->items[i]))
            return bl_fail(error, BL_CONFIG_ERROR,
                           "the added tokens \"%.100s\" and \"%.100s\" are the same once they are "
                           "normalized; change or remove one.",
                           set->items[i - 1]->text, set->items[i]->text);
    return BL_OK;
}

void bl_added_free(bl_added_set *set)
{
    bl_free(set->items);
    memset(set, 0, sizeof *set);
}

/* The first of items[low, high) whose byte at `depth` is at least c. All of them have the same
 * bytes before it. */
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
        /* Of patterns with the same beginning the shortest comes first. */
        if (set->items[low]->pattern_size == depth + 1) found = set->items[low];
    }
    return found;
}

size_t bl_added_candidate(const bl_added_set *set, const uint8_t *text, size_t at, size_t end)
{
    if (!set->count) return end;
    if (set->only_first >= 0) {
        const uint8_t *p = memchr(text + at, set->only_first, end - at);
        return p ? (size_t)(p - text) : end;
    }
    while (at < end && !set->first[text[at]]) at++;
    return at;
}
