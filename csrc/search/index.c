/* index.c: an index's life: created, rows added, removed and read. */
#include <math.h>
#include <string.h>

#include "../error.h"
#include "../kernels/kernels.h"
#include "../memory.h"
#include "../model/quantize.h"
#include "index.h"

bl_index *bl_index_create(size_t width, int keep_floats, bl_error *error)
{
    if (!width || width > BL_MOST_WIDTH) {
        bl_fail(error, BL_INPUT_ERROR,
                "an index of vectors of %llu values cannot be made; the width has to be 1 to %d.",
                (unsigned long long)width, (int)BL_MOST_WIDTH);
        return NULL;
    }
    bl_index *index = bl_calloc(1, sizeof *index);
    if (!index) {
        bl_no_memory(error, "the index");
        return NULL;
    }
    index->width = width;
    index->padded = bl_pad(width);
    index->keep_floats = keep_floats != 0;
    index->ascending = 1;
    return index;
}

static void free_rows(bl_index *index)
{
    for (size_t i = 0; i < index->segment_count; i++) bl_segment_free(&index->segments[i]);
    bl_free(index->segments);
    bl_free(index->table);
    bl_free(index->gone);
    if (index->map.data && !index->is_borrowed) bl_map_close(&index->map);
}

void bl_index_close(bl_index *index)
{
    if (!index) return;
    free_rows(index);
    bl_free(index);
}

void bl_index_describe(const bl_index *index, bl_index_info *out)
{
    *out = (bl_index_info){
        .width = index->width,
        .count = index->rows - index->removed,
        .positions = index->rows,
        .mapped_bytes = index->map.size,
        .keeps_floats = index->keep_floats,
        .next_id = index->next_id,
    };
}

bl_status bl_check_vectors(const float *values, size_t count, size_t width, const char *what,
                           bl_error *error)
{
    const float most = 1048576.0f;
    for (size_t r = 0; r < count; r++)
        for (size_t i = 0; i < width; i++) {
            const float v = values[r * width + i];
            if (v >= -most && v <= most) continue;
            return bl_fail(error, BL_INPUT_ERROR,
                           "value %llu of %s %llu is %g; values have to be finite and within "
                           "2^20, so leave that one out.",
                           (unsigned long long)i, what, (unsigned long long)r, (double)v);
        }
    return BL_OK;
}

/* ---- adding ---- */

/* The id and the texts of a segment's next row, which it then has; their bytes are reserved. */
static void put_texts(bl_segment *s, int64_t id, const bl_bytes *text, const bl_bytes *metadata)
{
    const size_t r = s->count++;
    s->ids[r] = id;
    s->offsets[2 * r] = s->data_size | (text->data ? 0 : BL_NO_TEXT);
    if (text->data && text->size) memcpy(s->data + s->data_size, text->data, text->size);
    s->offsets[2 * r + 1] = s->data_size += text->size;
    if (metadata->data && metadata->size)
        memcpy(s->data + s->data_size, metadata->data, metadata->size);
    s->offsets[2 * r + 2] = s->data_size += metadata->size;
}

static bl_status add_row(bl_index *index, const bl_index_rows *rows, size_t i, bl_error *error)
{
    static const bl_bytes none = { NULL, 0 };
    const bl_bytes text = rows->texts ? rows->texts[i] : none,
                   metadata = rows->metadata ? rows->metadata[i] : none;
    const int64_t id = rows->ids ? rows->ids[i] : index->next_id;
    if (id < 0 || id == INT64_MAX)
        return bl_fail(error, BL_INPUT_ERROR,
                       "id %lld cannot be used; ids have to be 0 to 2^63 - 2.", (long long)id);
    if (id < index->next_id && bl_find_id(index, id) != BL_NO_POSITION)
        return bl_fail(error, BL_INPUT_ERROR,
                       "id %lld is in the index already or given twice; remove it first, or give "
                       "the row another id.",
                       (long long)id);
    bl_segment *s = bl_segment_with_capacity(index);
    if (!s || text.size > SIZE_MAX / 2 || metadata.size > SIZE_MAX / 2 - text.size ||
        !bl_segment_reserve(s, text.size + metadata.size))
        return bl_no_memory(error, "the rows of the index");
    const size_t r = s->count;
    const float *vector = rows->vectors + i * index->width;
    int8_t *values = s->rows + r * index->padded;
    s->scales[r] = bl_quantize_row(vector, index->width, values);
    memset(values + index->width, 0, index->padded - index->width);
    s->sums[r] = 0;
    for (size_t c = 0; c < index->width; c++) s->sums[r] += values[c];
    if (s->floats) memcpy(s->floats + r * index->width, vector, index->width * sizeof *vector);
    put_texts(s, id, &text, &metadata);
    index->rows++;
    if (!bl_note_id(index, id, index->rows - 1)) return bl_no_memory(error, "the ids of the index");
    if (id >= index->next_id) index->next_id = id + 1;
    return BL_OK;
}

/* A bit for each of `rows` positions, if there are any; 0 without memory. */
static int reserve_gone(bl_index *index, size_t rows)
{
    const size_t words = rows / 64 + 1;
    if (words <= index->gone_words) return 1;
    uint64_t *more = bl_realloc(index->gone, (words + words / 2) * sizeof *more);
    if (!more) return 0;
    memset(more + index->gone_words, 0, (words + words / 2 - index->gone_words) * sizeof *more);
    index->gone = more;
    index->gone_words = words + words / 2;
    return 1;
}

/* What an addition that failed has to restore. */
typedef struct {
    size_t segments, rows, last_count, last_data;
    int64_t next_id;
    int ascending;
} mark;

static mark mark_end(const bl_index *index)
{
    const bl_segment *last = index->segment_count ? &index->segments[index->segment_count - 1]
                                                  : NULL;
    return (mark){ index->segment_count,       index->rows,    last ? last->count : 0,
                   last ? last->data_size : 0, index->next_id, index->ascending };
}

static void roll_back(bl_index *index, const mark *m)
{
    while (index->segment_count > m->segments)
        bl_segment_free(&index->segments[--index->segment_count]);
    index->rows = m->rows;
    index->next_id = m->next_id;
    index->ascending = m->ascending;
    if (m->segments) {
        bl_segment *last = &index->segments[m->segments - 1];
        last->count = m->last_count;
        if (last->memory) last->data_size = m->last_data;
    }
    bl_fill_table(index);
}

bl_status bl_index_add(bl_index *index, const bl_index_rows *rows, bl_error *error)
{
    const mark before = mark_end(index);
    if (rows->count > BL_MOST_ROWS - index->rows)
        return bl_fail(error, BL_INPUT_ERROR,
                       "an index holds up to %lld rows; save it and open it again if rows were "
                       "removed, or make several.",
                       (long long)BL_MOST_ROWS);
    if (rows->count && !rows->ids && index->next_id > INT64_MAX - 1 - (int64_t)rows->count)
        return bl_fail(error, BL_INPUT_ERROR,
                       "the ids behind %lld do not suffice for %llu rows; give ids.",
                       (long long)index->next_id, (unsigned long long)rows->count);
    bl_status status = bl_check_vectors(rows->vectors, rows->count, index->width, "vector", error);
    if (status == BL_OK && index->gone && !reserve_gone(index, index->rows + rows->count))
        status = bl_no_memory(error, "the rows of the index");
    if (status != BL_OK) return status;
    for (size_t i = 0; i < rows->count && status == BL_OK; i++)
        status = add_row(index, rows, i, error);
    if (status != BL_OK) roll_back(index, &before);
    return status;
}

/* ---- removing ---- */

/* A row of one index behind the rows of another; 0 if it is damaged or without memory. */
static int append(bl_index *to, const bl_index *from, size_t position)
{
    const bl_segment *old = bl_segment_at(from, position);
    const size_t r = position - old->first, width = from->width;
    const float *floats = old->floats ? old->floats + r * width : NULL;
    bl_index_row row;
    if (bl_index_read(from, position, &row, NULL) != BL_OK) return 0;
    if (bl_check_floats(from, old, r, NULL) != BL_OK) return 0;
    bl_segment *s = bl_segment_with_capacity(to);
    if (!s || !bl_segment_reserve(s, row.text.size + row.metadata.size)) return 0;
    const size_t n = s->count;
    memcpy(s->rows + n * from->padded, old->rows + r * from->padded, from->padded);
    s->scales[n] = old->scales[r];
    s->sums[n] = old->sums[r];
    if (floats) memcpy(s->floats + n * width, floats, width * sizeof *floats);
    put_texts(s, row.id, &row.text, &row.metadata);
    return bl_note_id(to, row.id, to->rows++);
}

/* The rows that are left, in segments of their own: most of the memory is that of removed ones.
 * Where that fails, everything stays as it is. */
static void compact(bl_index *index)
{
    bl_index *fresh = bl_index_create(index->width, index->keep_floats, NULL);
    size_t p = bl_index_next(index, 0);
    while (fresh && p < index->rows && append(fresh, index, p)) p = bl_index_next(index, p + 1);
    if (fresh && p == BL_NO_POSITION) {
        const bl_index old = *index;
        fresh->next_id = index->next_id;
        *index = *fresh;
        *fresh = old;
    }
    bl_index_close(fresh);
}

bl_status bl_index_remove(bl_index *index, const int64_t *ids, size_t count, bl_error *error)
{
    enum { LEAST_TO_COMPACT = 4096 };
    size_t done = 0;
    if (count && !reserve_gone(index, index->rows))
        return bl_no_memory(error, "the removed rows of the index");
    for (; done < count; done++) {
        const size_t position = bl_find_id(index, ids[done]);
        if (position == BL_NO_POSITION) break;
        index->gone[position / 64] |= (uint64_t)1 << position % 64;
    }
    if (done == count) {
        index->removed += count;
        if (index->removed >= LEAST_TO_COMPACT && index->removed > index->rows / 2) compact(index);
        return BL_OK;
    }
    int twice = 0;
    for (size_t i = 0; i < done; i++) {
        const size_t position = bl_find_last(index, ids[i]);
        index->gone[position / 64] &= ~((uint64_t)1 << position % 64);
        twice |= ids[i] == ids[done];
    }
    return bl_fail(error, BL_INPUT_ERROR, "id %lld is %s; nothing was removed.",
                   (long long)ids[done], twice ? "given twice" : "not in the index");
}

/* ---- reading ---- */

size_t bl_index_find(const bl_index *index, int64_t id) { return bl_find_id(index, id); }

size_t bl_index_next(const bl_index *index, size_t position)
{
    while (position < index->rows && bl_is_gone(index, position)) position++;
    return position < index->rows ? position : BL_NO_POSITION;
}

static bl_status check_position(const bl_index *index, size_t position, bl_error *error)
{
    if (position < index->rows && !bl_is_gone(index, position)) return BL_OK;
    return bl_fail(error, BL_INPUT_ERROR, "the index does not have a row at position %llu.",
                   (unsigned long long)position);
}

bl_status bl_index_read(const bl_index *index, size_t position, bl_index_row *out, bl_error *error)
{
    const bl_status status = check_position(index, position, error);
    if (status != BL_OK) return status;
    const bl_segment *s = bl_segment_at(index, position);
    const size_t r = position - s->first;
    out->id = s->ids[r];
    if (bl_segment_text(s, r, &out->text, &out->metadata) &&
        (!s->checks || s->checks[r] == bl_text_check(out->id, &out->text, &out->metadata)))
        return BL_OK;
    return bl_fail(error, BL_FILE_ERROR,
                   "the index file is damaged: the text of id %lld is not what was saved; restore "
                   "the file, or build the index again.",
                   (long long)out->id);
}

bl_status bl_check_floats(const bl_index *index, const bl_segment *s, size_t row, bl_error *error)
{
    if (!s->floats || !s->float_checks) return BL_OK;
    const float *floats = s->floats + row * index->width;
    if (s->float_checks[row] == bl_float_check(s->ids[row], floats, index->width) &&
        bl_check_vectors(floats, 1, index->width, "vector", NULL) == BL_OK)
        return BL_OK;
    return bl_fail(error, BL_FILE_ERROR,
                   "the index file is damaged: the vector of id %lld is not what was saved; "
                   "restore the file, or build the index again.",
                   (long long)s->ids[row]);
}

bl_status bl_index_vector(const bl_index *index, size_t position, float *out, bl_error *error)
{
    bl_status status = check_position(index, position, error);
    if (status != BL_OK) return status;
    const bl_segment *s = bl_segment_at(index, position);
    const size_t r = position - s->first, width = index->width;
    if (s->floats) {
        status = bl_check_floats(index, s, r, error);
        if (status == BL_OK) memcpy(out, s->floats + r * width, width * sizeof *out);
        return status;
    }
    for (size_t i = 0; i < width; i++)
        out[i] = s->scales[r] * (float)s->rows[r * index->padded + i];
    return BL_OK;
}
