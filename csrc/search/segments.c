/* segments.c: the memory of rows, and their texts. */
#include <string.h>

#include "../memory.h"
#include "../checksum.h"
#include "index.h"

enum { LEAST_ROWS = 64, MOST_ROWS = 16384 };

const bl_segment *bl_segment_at(const bl_index *index, size_t position)
{
    size_t from = 0, to = index->segment_count;
    while (to - from > 1) {
        const size_t middle = from + (to - from) / 2;
        if (index->segments[middle].first <= position) from = middle;
        else to = middle;
    }
    return &index->segments[from];
}

void bl_segment_free(bl_segment *s)
{
    if (!s->memory) return;
    bl_free_aligned(s->memory);
    bl_free(s->data);
}

/* Arrays of `rows` rows, in one block; every size is a multiple of 64 bytes. */
static int allocate(bl_segment *s, const bl_index *index, size_t rows)
{
    const size_t floats = index->keep_floats ? index->width * sizeof(float) : 0,
                 each = index->padded + floats + sizeof *s->scales + sizeof *s->sums +
                        sizeof *s->ids + 2 * sizeof *s->offsets;
    if (rows > SIZE_MAX / 2 / each) return 0;
    const size_t size = rows * each + LEAST_ROWS;
    unsigned char *p = bl_malloc_aligned(size);
    if (!p) return 0;
    memset(p, 0, size); /* kernels read a group's missing rows */
    *s = (bl_segment){ .first = index->rows, .capacity = rows, .memory = p };
    s->rows = (int8_t *)p;
    s->scales = (float *)(void *)(p += rows * index->padded);
    s->sums = (int32_t *)(void *)(p += rows * sizeof *s->scales);
    s->ids = (int64_t *)(void *)(p += rows * sizeof *s->sums);
    if (floats) s->floats = (float *)(void *)(p + rows * sizeof *s->ids);
    s->offsets = (uint64_t *)(void *)(p + rows * (sizeof *s->ids + floats));
    return 1;
}

bl_segment *bl_segment_with_capacity(bl_index *index)
{
    bl_segment *last = index->segment_count ? &index->segments[index->segment_count - 1] : NULL;
    if (last && last->memory && last->count < last->capacity) return last;
    if (!index->segments || index->segment_count == index->segment_capacity) {
        const size_t capacity = index->segment_capacity * 2 + 4;
        bl_segment *more = bl_realloc(index->segments, capacity * sizeof *more);
        if (!more) return NULL;
        index->segments = more;
        index->segment_capacity = capacity;
    }
    /* as many rows as there are, so that the number of segments stays small */
    size_t rows = (index->rows + LEAST_ROWS - 1) / LEAST_ROWS * LEAST_ROWS;
    rows = rows < LEAST_ROWS ? LEAST_ROWS : rows > MOST_ROWS ? MOST_ROWS : rows;
    bl_segment *s = &index->segments[index->segment_count];
    if (!allocate(s, index, rows)) return NULL;
    index->segment_count++;
    return s;
}

int bl_segment_reserve(bl_segment *s, size_t size)
{
    if (size > SIZE_MAX / 2 - s->data_size) return 0;
    const size_t wanted = s->data_size + size;
    if (wanted <= s->data_capacity) return 1;
    const size_t capacity = wanted + wanted / 2;
    unsigned char *more = bl_realloc(s->data, capacity);
    if (!more) return 0;
    s->data = more;
    s->data_capacity = capacity;
    return 1;
}

int bl_segment_text(const bl_segment *s, size_t row, bl_bytes *text, bl_bytes *metadata)
{
    const uint64_t a = s->offsets[2 * row], b = s->offsets[2 * row + 1],
                   c = s->offsets[2 * row + 2], from = a & ~BL_NO_TEXT, to = c & ~BL_NO_TEXT;
    if (from > b || b > to || to > s->data_size) return 0;
    const char *data = (const char *)s->data;
    *text = (bl_bytes){ a & BL_NO_TEXT ? NULL : b > from ? data + from : "", (size_t)(b - from) };
    *metadata = (bl_bytes){ to > b ? data + b : NULL, (size_t)(to - b) };
    return !(a & BL_NO_TEXT) || b == from;
}

uint32_t bl_text_check(int64_t id, const bl_bytes *text, const bl_bytes *metadata)
{
    const uint64_t kind = (uint64_t)id * 2 + (text->data != NULL);
    const uint64_t first = bl_checksum_of(kind, text->data, text->size);
    return (uint32_t)bl_checksum_of(first, metadata->data, metadata->size);
}

uint32_t bl_float_check(int64_t id, const float *row, size_t width)
{
    return (uint32_t)bl_checksum_of((uint64_t)id, row, width * sizeof *row);
}
