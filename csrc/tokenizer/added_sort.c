/* added_sort.c: sets of added tokens, made from all of them. */
#include <stdlib.h>
#include <string.h>

#include "../error.h"
#include "../memory.h"
#include "added_tokens.h"

static int by_pattern(const void *a, const void *b)
{
    const bl_added *x = *(const bl_added *const *)a;
    const bl_added *y = *(const bl_added *const *)b;
    const uint32_t n = x->pattern_size < y->pattern_size ? x->pattern_size : y->pattern_size;
    const int c = memcmp(x->pattern, y->pattern, n);
    return c ? c : x->pattern_size < y->pattern_size ? -1 : x->pattern_size > y->pattern_size;
}

bl_status bl_added_collect(bl_added_set *set, const bl_added *all, size_t count, int normalized,
                           bl_error *error)
{
    bl_added_start(set, NULL);
    set->items = bl_malloc((count + 1) * sizeof *set->items);
    if (!set->items) return bl_no_memory(error, "the added tokens");
    for (size_t i = 0; i < count; i++) {
        if (all[i].normalized != normalized) continue;
        if (!all[i].pattern_size)
            return bl_fail(error, BL_CONFIG_ERROR,
                           "nothing is left of the added token \"%.100s\" once it is normalized; "
                           "change or remove it.",
                           all[i].text);
        bl_added_insert(set, &all[i]);
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
