#include "added_tokens.h"

#include <string.h>

void bl_added_start(bl_added_set *set, const bl_added **items)
{
    memset(set, 0, sizeof *set);
    set->only_first = -1;
    set->items = items;
}

void bl_added_insert(bl_added_set *set, const bl_added *token)
{
    const uint8_t first = token->pattern[0];
    set->only_first = set->count == 0 || set->only_first == first ? first : -1;
    set->items[set->count++] = token;
    set->first[first] = 1;
    if (token->pattern_size > set->longest) set->longest = token->pattern_size;
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
