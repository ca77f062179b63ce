/* index.h: rows of int8 that are searched, with an id, a text and metadata each.
 *
 * Rows lie in segments, one after the other: a mapped file is one segment, and what is added
 * fills new ones in memory, so that nothing is copied when an index grows. A row's position
 * counts through all segments. Removed rows keep their position until the index is compacted. */
#ifndef BL_INDEX_H
#define BL_INDEX_H

#include "bertlite.h"
#include "../platform.h"

enum {
    BL_MOST_ROWS = 0x7FFFFFFF,
    BL_MOST_WIDTH = 8192,
    BL_ROW_GROUP = 16 /* kernels read whole groups of rows */
};

/* Of a mapped segment nothing is written. */
typedef struct {
    size_t first, count, capacity; /* the position of its first row, rows, and memory for rows */
    int8_t *rows;                  /* `padded` values each */
    float *scales;
    int32_t *sums;
    int64_t *ids;
    float *floats;     /* `width` values each, or NULL */
    uint64_t *offsets; /* two per row, and the end: see BL_NO_TEXT */
    unsigned char *data;
    size_t data_size, data_capacity;
    const uint32_t *float_checks, *checks; /* of a mapped segment, else NULL */
    void *memory;                          /* that all but data lies in, or NULL */
} bl_segment;

/* Row r has its text at [offsets[2r], offsets[2r + 1]) of data and its metadata at
 * [offsets[2r + 1], offsets[2r + 2]). This bit is set in offsets[2r] if it has no text at all. */
#define BL_NO_TEXT ((uint64_t)1 << 63)

struct bl_index {
    size_t width, padded;
    int keep_floats;
    bl_segment *segments;
    size_t segment_count, segment_capacity;
    size_t rows;    /* in all segments, removed ones too */
    size_t removed; /* of them */
    uint64_t *gone; /* a bit per position, set if the row was removed; NULL if none ever was */
    size_t gone_words;
    int64_t next_id;
    int ascending;     /* ids rise with positions; otherwise */
    uint32_t *table;   /* finds an id: a position + 1 in each used slot, */
    size_t table_size; /* a power of two of them */
    bl_map map;        /* of the file, if it was opened from one */
    int is_borrowed;   /* map is memory of the caller's */
};

/* ---- segments ---- */

/* The segment of a position. */
const bl_segment *bl_segment_at(const bl_index *index, size_t position);
/* Memory for one more row in the last segment; NULL without it. */
bl_segment *bl_segment_with_capacity(bl_index *index);
/* A segment's bytes for one more text; 0 without memory. */
int bl_segment_reserve(bl_segment *s, size_t size);
void bl_segment_free(bl_segment *s);
/* A text or metadata of a row. Its offsets are checked; 0 if they are damaged. */
int bl_segment_text(const bl_segment *s, size_t row, bl_bytes *text, bl_bytes *metadata);
uint32_t bl_text_check(int64_t id, const bl_bytes *text, const bl_bytes *metadata);
uint32_t bl_float_check(int64_t id, const float *row, size_t width);

/* Whether a mapped row's floats are those that were saved. */
bl_status bl_check_floats(const bl_index *index, const bl_segment *s, size_t row, bl_error *error);

/* ---- ids ---- */

static inline int bl_is_gone(const bl_index *index, size_t position)
{
    return index->gone && (index->gone[position / 64] >> position % 64 & 1);
}
/* The position of a row that is there, or BL_NO_POSITION. */
size_t bl_find_id(const bl_index *index, int64_t id);
/* The last row that had the id, removed or not. */
size_t bl_find_last(const bl_index *index, int64_t id);
/* A new row's id, after the row; 0 without memory. */
int bl_note_id(bl_index *index, int64_t id, size_t position);
/* Fills the table again, which has capacity for every row. */
void bl_fill_table(bl_index *index);
/* The table for ids that do not rise; 0 without memory. */
int bl_make_table(bl_index *index, size_t rows);

/* Whether values are finite and of a size that scores cannot overflow for. */
bl_status bl_check_vectors(const float *values, size_t count, size_t width, const char *what,
                           bl_error *error);
#endif
