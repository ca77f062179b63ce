/* list.h: a list in an arena whose length is not known when it is begun. */
#ifndef BL_LIST_H
#define BL_LIST_H

#include "../arena.h"

/* Zeroed but for item_size, it is empty. */
typedef struct {
    void *items;
    size_t item_size, count, capacity;
} bl_list;

/* Memory for `more` items behind the last; they count. NULL without memory. Items may move. */
void *bl_list_append(bl_arena *arena, bl_list *list, size_t more);
#endif
