/* ids.c: from ids to positions. Ids mostly rise with positions, and are found by bisection; once
 * they do not, there is a hash table. */
#include <string.h>

#include "../memory.h"
#include "index.h"

enum { LEAST_SLOTS = 256 };

static int64_t id_at(const bl_index *index, size_t position)
{
    const bl_segment *s = bl_segment_at(index, position);
    return s->ids[position - s->first];
}

static size_t slot_of(const bl_index *index, int64_t id)
{
    return (size_t)((uint64_t)id * 0x9E3779B97F4A7C15u >> 32) & (index->table_size - 1);
}

static void put(bl_index *index, int64_t id, size_t position)
{
    size_t slot = slot_of(index, id);
    while (index->table[slot]) slot = (slot + 1) & (index->table_size - 1);
    index->table[slot] = (uint32_t)position + 1;
}

void bl_fill_table(bl_index *index)
{
    if (!index->table) return;
    memset(index->table, 0, index->table_size * sizeof *index->table);
    for (size_t i = 0; i < index->segment_count; i++) {
        const bl_segment *s = &index->segments[i];
        for (size_t r = 0; r < s->count; r++)
            if (!bl_is_gone(index, s->first + r)) put(index, s->ids[r], s->first + r);
    }
}

int bl_make_table(bl_index *index, size_t rows)
{
    size_t size = LEAST_SLOTS;
    while (size / 2 < rows) size *= 2;
    if (index->table && size <= index->table_size) return 1;
    uint32_t *table = bl_calloc(size, sizeof *table);
    if (!table) return 0;
    bl_free(index->table);
    index->table = table;
    index->table_size = size;
    bl_fill_table(index);
    return 1;
}

size_t bl_find_last(const bl_index *index, int64_t id)
{
    size_t found = BL_NO_POSITION, from = 0, to = index->rows;
    if (!index->ascending) {
        for (size_t slot = slot_of(index, id); index->table[slot];
             slot = (slot + 1) & (index->table_size - 1)) {
            const size_t position = index->table[slot] - 1;
            if (id_at(index, position) == id && (found == BL_NO_POSITION || position > found))
                found = position;
        }
        return found;
    }
    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        if (id_at(index, middle) < id) from = middle + 1;
        else to = middle;
    }
    return from < index->rows && id_at(index, from) == id ? from : BL_NO_POSITION;
}

size_t bl_find_id(const bl_index *index, int64_t id)
{
    const size_t last = bl_find_last(index, id); /* those before it were removed */
    return last != BL_NO_POSITION && !bl_is_gone(index, last) ? last : BL_NO_POSITION;
}

int bl_note_id(bl_index *index, int64_t id, size_t position)
{
    if (index->ascending && (!position || id_at(index, position - 1) < id)) return 1;
    if (!bl_make_table(index, position + 1)) return 0;
    if (index->ascending) bl_fill_table(index); /* an older one lacks what was added since */
    else put(index, id, position);
    index->ascending = 0;
    return 1;
}
