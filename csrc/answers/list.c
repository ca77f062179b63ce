#include "list.h"

#include <string.h>

enum { FIRST_CAPACITY = 64 };

void *bl_list_append(bl_arena *arena, bl_list *list, size_t more)
{
    if (more > SIZE_MAX / 4 - list->count) return NULL;
    const size_t need = list->count + more;
    if (need > list->capacity) {
        size_t capacity = list->capacity ? list->capacity : FIRST_CAPACITY;
        while (capacity < need) capacity *= 2;
        void *items = bl_arena_take(arena, capacity, list->item_size);
        if (!items) return NULL;
        if (list->count) memcpy(items, list->items, list->count * list->item_size);
        list->items = items;
        list->capacity = capacity;
    }
    void *first = (char *)list->items + list->count * list->item_size;
    list->count = need;
    return first;
}
