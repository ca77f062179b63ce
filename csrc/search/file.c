/* file.c: an index as a file, which is used where it is mapped. docs/index-format.md describes it.
 *
 * No offset in the file is trusted. The header, vectors and ids are checked on opening, since
 * the first search reads all of them anyway; a text or a float vector when it is read. */
#include <string.h>

#include "../error.h"
#include "../files/atomic_file.h"
#include "../memory.h"
#include "../checksum.h"
#include "index.h"

enum { VERSION = 1, HEADER_SIZE = 128, KEEPS_FLOATS = 1, ASCENDING = 2, SECTION = 64 };

static const char magic[8] = "BLINDEX";

typedef struct {
    char magic[8];
    uint64_t version, rows, width, next_id, flags, data_size, vectors_check, file_size, zero[6],
        check; /* of all before it */
} header;

/* Where each section begins; every one but data ends with zeros at a multiple of 64. */
typedef struct {
    uint64_t rows, scales, sums, ids, float_checks, checks, offsets, floats, data, end;
} layout;

static uint64_t aligned(uint64_t n) { return (n + SECTION - 1) & ~(uint64_t)(SECTION - 1); }

/* rows and width are within their limits, so only data_size could overflow. */
static layout lay_out(uint64_t rows, uint64_t width, int floats, uint64_t data_size)
{
    const uint64_t group = (rows + BL_ROW_GROUP - 1) / BL_ROW_GROUP * BL_ROW_GROUP,
                   padded = (width + 15) / 16 * 16;
    layout l = { .rows = HEADER_SIZE };
    l.scales = l.rows + aligned(group * padded);
    l.sums = l.scales + aligned(group * 4);
    l.ids = l.sums + aligned(group * 4);
    l.checks = l.ids + aligned(rows * 8);
    l.offsets = l.checks + aligned(rows * 4);
    l.float_checks = l.offsets + aligned((2 * rows + 1) * 8);
    l.floats = l.float_checks + (floats ? aligned(rows * 4) : 0);
    l.data = l.floats + (floats ? aligned(rows * width * 4) : 0);
    l.end = l.data + data_size;
    return l;
}

/* ---- saving ---- */

/* Where bytes go: into a checksum, or into the file by way of a buffer. */
typedef struct {
    bl_atomic_file *file; /* or NULL */
    bl_checksum check;
    size_t used;
    bl_status status;
    bl_error *error;
    unsigned char buffer[1 << 16];
} sink;

static void flush(sink *s)
{
    if (!s->file) bl_checksum_blocks(&s->check, s->buffer, s->used);
    else if (s->status == BL_OK) s->status = bl_atomic_write(s->file, s->buffer, s->used, s->error);
    s->used = 0;
}

static void put(sink *s, const void *data, size_t size)
{
    const unsigned char *p = data;
    while (size && s->status == BL_OK) {
        const size_t left = sizeof s->buffer - s->used, some = size < left ? size : left;
        memcpy(s->buffer + s->used, p, some);
        s->used += some;
        p += some;
        size -= some;
        if (s->used == sizeof s->buffer) flush(s);
    }
}

/* Zeros after `size` bytes of a section. */
static void put_zeros(sink *s, uint64_t count)
{
    static const unsigned char zeros[SECTION] = { 0 };
    for (; count >= SECTION; count -= SECTION) put(s, zeros, SECTION);
    put(s, zeros, (size_t)count);
}

typedef enum { ROWS, SCALES, SUMS, IDS, CHECKS, OFFSETS, FLOAT_CHECKS, FLOATS, DATA } section;

static void put_row(sink *s, section what, const bl_index *index, const bl_segment *from, size_t r,
                    uint64_t *offset)
{
    bl_bytes text = { NULL, 0 }, metadata = { NULL, 0 };
    uint32_t check;
    if (what >= CHECKS && what != FLOATS && what != FLOAT_CHECKS)
        (void)bl_segment_text(from, r, &text, &metadata); /* check_texts read them all */
    switch (what) {
    case ROWS: put(s, from->rows + r * index->padded, index->padded); break;
    case SCALES: put(s, &from->scales[r], sizeof *from->scales); break;
    case SUMS: put(s, &from->sums[r], sizeof *from->sums); break;
    case IDS: put(s, &from->ids[r], sizeof *from->ids); break;
    case CHECKS:
        check = bl_text_check(from->ids[r], &text, &metadata);
        put(s, &check, sizeof check);
        break;
    case OFFSETS: {
        const uint64_t two[2] = { *offset | (text.data ? 0 : BL_NO_TEXT), *offset + text.size };
        put(s, two, sizeof two);
        *offset = two[1] + metadata.size;
        break;
    }
    case FLOAT_CHECKS:
        check = bl_float_check(from->ids[r], from->floats + r * index->width, index->width);
        put(s, &check, sizeof check);
        break;
    case FLOATS:
        put(s, from->floats + r * index->width, index->width * sizeof *from->floats);
        break;
    case DATA:
        put(s, text.data, text.size);
        put(s, metadata.data, metadata.size);
        break;
    }
}

/* A section, filled up with zeros to `size` bytes. */
static void put_section(sink *s, section what, const bl_index *index, uint64_t each, uint64_t size)
{
    uint64_t written = 0, offset = 0;
    for (size_t p = bl_index_next(index, 0); p < index->rows && s->status == BL_OK;
         p = bl_index_next(index, p + 1)) {
        const bl_segment *from = bl_segment_at(index, p);
        put_row(s, what, index, from, p - from->first, &offset);
        written += each;
    }
    if (what == OFFSETS) {
        put(s, &offset, sizeof offset);
        written += sizeof offset;
    }
    if (what != DATA) put_zeros(s, size - written);
}

/* What vectors_check covers. */
static void put_vectors(sink *s, const bl_index *index, const layout *l)
{
    put_section(s, ROWS, index, index->padded, l->scales - l->rows);
    put_section(s, SCALES, index, 4, l->sums - l->scales);
    put_section(s, SUMS, index, 4, l->ids - l->sums);
    put_section(s, IDS, index, 8, l->checks - l->ids);
}

static void put_all(sink *s, const bl_index *index, const header *h, const layout *l)
{
    put(s, h, sizeof *h);
    put_vectors(s, index, l);
    put_section(s, CHECKS, index, 4, l->offsets - l->checks);
    put_section(s, OFFSETS, index, 16, l->float_checks - l->offsets);
    if (index->keep_floats) {
        put_section(s, FLOAT_CHECKS, index, 4, l->floats - l->float_checks);
        put_section(s, FLOATS, index, 4 * index->width, l->data - l->floats);
    }
    put_section(s, DATA, index, 0, 0);
    flush(s);
}

/* Damage must not be saved as if it were whole: every row is read once. */
static bl_status check_rows(const bl_index *index, uint64_t *data_size, bl_error *error)
{
    bl_index_row row;
    *data_size = 0;
    for (size_t p = bl_index_next(index, 0); p < index->rows; p = bl_index_next(index, p + 1)) {
        const bl_segment *s = bl_segment_at(index, p);
        bl_status status = bl_index_read(index, p, &row, error);
        if (status == BL_OK) status = bl_check_floats(index, s, p - s->first, error);
        if (status != BL_OK) return status;
        *data_size += row.text.size + row.metadata.size;
    }
    return BL_OK;
}

bl_status bl_index_save(const bl_index *index, const char *path, bl_error *error)
{
    header h = { .version = VERSION,
                 .rows = index->rows - index->removed,
                 .width = index->width,
                 .next_id = (uint64_t)index->next_id };
    bl_status status = check_rows(index, &h.data_size, error);
    if (status != BL_OK) return status;
    const layout l = lay_out(h.rows, h.width, index->keep_floats, h.data_size);
    sink *s = bl_malloc(sizeof *s);
    if (!s) return bl_no_memory(error, "saving the index");
    bl_atomic_file file;
    s->file = NULL;
    s->used = 0;
    s->status = BL_OK;
    s->error = error;
    bl_checksum_start(&s->check);
    put_vectors(s, index, &l);
    flush(s);
    memcpy(h.magic, magic, sizeof h.magic);
    h.vectors_check = bl_checksum_end(&s->check);
    h.file_size = l.end;
    h.flags = (index->keep_floats ? KEEPS_FLOATS : 0) | (index->ascending ? ASCENDING : 0);
    h.check = bl_checksum_of(0, &h, sizeof h - sizeof h.check);
    status = bl_atomic_open(&file, path, error);
    if (status == BL_OK) {
        s->file = &file;
        put_all(s, index, &h, &l);
        status = s->status;
        if (status == BL_OK) status = bl_atomic_commit(&file, error);
        else bl_atomic_abandon(&file);
    }
    bl_free(s);
    return status;
}

/* ---- opening ---- */

static const char *problem_of_header(const header *h, uint64_t size)
{
    if (h->check != bl_checksum_of(0, h, sizeof *h - sizeof h->check))
        return "its header is not what was saved";
    if (h->rows > BL_MOST_ROWS || !h->width || h->width > BL_MOST_WIDTH || h->next_id > INT64_MAX ||
        h->flags > (KEEPS_FLOATS | ASCENDING) || h->data_size > size)
        return "its sizes are out of range";
    const layout l = lay_out(h->rows, h->width, (h->flags & KEEPS_FLOATS) != 0, h->data_size);
    if (l.end != h->file_size) return "its sizes do not fit each other";
    if (size < l.end) return "it is shorter than its header says";
    return size > l.end ? "it is longer than its header says" : NULL;
}

/* A byte of -128 anywhere in 8 bytes. */
static int holds_lowest(uint64_t word)
{
    const uint64_t ones = 0x0101010101010101u, tops = ones << 7, zero_where = word ^ tops;
    return ((zero_where - ones) & ~zero_where & tops) != 0;
}

/* What the kernels rely on, which a checksum alone does not prove. */
static const char *problem_of_rows(const bl_index *index, const bl_segment *s, size_t group)
{
    const int32_t most = 127 * (int32_t)index->padded;
    int lowest = 0;
    for (size_t i = 0; i < group * index->padded; i += 8) {
        uint64_t word;
        memcpy(&word, s->rows + i, sizeof word);
        lowest |= holds_lowest(word);
    }
    if (lowest) return "a vector holds -128";
    for (size_t r = 0; r < s->count; r++) {
        const float scale = s->scales[r];
        const int fits = scale == 0 || (scale > 1e-13f && scale < 16384.0f);
        if (!fits || s->sums[r] > most || s->sums[r] < -most)
            return "a vector's scale or sum is out of range";
        if (s->ids[r] < 0 || s->ids[r] >= index->next_id ||
            (r && index->ascending && s->ids[r] <= s->ids[r - 1]))
            return "its ids are out of range or out of order";
    }
    return NULL;
}

static const char *read_index(bl_index *index, bl_segment *s, const header *h)
{
    unsigned char *p = (unsigned char *)(uintptr_t)index->map.data; /* never written to */
    index->keep_floats = (h->flags & KEEPS_FLOATS) != 0;
    index->ascending = (h->flags & ASCENDING) != 0;
    index->next_id = (int64_t)h->next_id;
    const layout l = lay_out(h->rows, h->width, index->keep_floats, h->data_size);
    bl_checksum check;
    bl_checksum_start(&check);
    bl_checksum_blocks(&check, p + l.rows, (size_t)(l.checks - l.rows));
    if (bl_checksum_end(&check) != h->vectors_check) return "its vectors are not what was saved";
    *s = (bl_segment){
        .count = (size_t)h->rows,
        .capacity = (size_t)h->rows,
        .rows = (int8_t *)p + l.rows,
        .scales = (float *)(void *)(p + l.scales),
        .sums = (int32_t *)(void *)(p + l.sums),
        .ids = (int64_t *)(void *)(p + l.ids),
        .floats = index->keep_floats ? (float *)(void *)(p + l.floats) : NULL,
        .offsets = (uint64_t *)(void *)(p + l.offsets),
        .data = p + l.data,
        .data_size = (size_t)h->data_size,
        .float_checks = index->keep_floats ? (const uint32_t *)(const void *)(p + l.float_checks)
                                           : NULL,
        .checks = (const uint32_t *)(const void *)(p + l.checks),
    };
    return problem_of_rows(index, s,
                           (size_t)(h->rows + BL_ROW_GROUP - 1) / BL_ROW_GROUP * BL_ROW_GROUP);
}

static bl_status open_bytes(bl_index **out, bl_map *map, const char *path, bl_error *error)
{
    header h;
    bl_segment s = { 0 };
    if (map->size < HEADER_SIZE || memcmp(map->data, magic, sizeof magic))
        return bl_fail(error, BL_FILE_ERROR,
                       "%.200s is not an index file; expected one that Index.save wrote.", path);
    memcpy(&h, map->data, sizeof h);
    if (h.version != VERSION)
        return bl_fail(error, BL_FILE_ERROR,
                       "index file %.200s has version %llu of the format, and this library reads "
                       "version %d; update the library, or build the index again.",
                       path, (unsigned long long)h.version, (int)VERSION);
    const char *problem = problem_of_header(&h, map->size);
    bl_index *index = problem ? NULL : bl_index_create((size_t)h.width, 0, error);
    if (!problem && !index) return BL_MEMORY_ERROR;
    *out = index;
    if (index) {
        index->map = *map;
        memset(map, 0, sizeof *map);
        problem = read_index(index, &s, &h);
    }
    if (problem)
        return bl_fail(error, BL_FILE_ERROR,
                       "index file %.200s is damaged: %s; restore it, or build the index again.",
                       path, problem);
    index->segments = bl_calloc(1, sizeof s);
    if (!index->segments) return bl_no_memory(error, "the index");
    index->segments[0] = s;
    index->segment_capacity = 1;
    index->segment_count = s.count ? 1 : 0;
    index->rows = s.count;
    if (!index->ascending && !bl_make_table(index, s.count))
        return bl_no_memory(error, "the ids of the index");
    return BL_OK;
}

bl_index *bl_index_open(const char *path, bl_error *error)
{
    bl_map map;
    bl_index *index = NULL;
    if (bl_map_file(&map, path, error) != BL_OK) return NULL;
    const bl_status status = open_bytes(&index, &map, path, error);
    if (map.data) bl_map_close(&map);
    if (status == BL_OK) return index;
    bl_index_close(index);
    return NULL;
}

bl_index *bl_index_open_memory(const void *data, size_t size, bl_error *error)
{
    bl_map map = { .data = data, .size = size };
    bl_index *index = NULL;
    if ((uintptr_t)data % sizeof(uint64_t)) {
        bl_fail(error, BL_INPUT_ERROR,
                "an index in memory has to begin at a multiple of 8 bytes; copy it to one.");
        return NULL;
    }
    const bl_status status = open_bytes(&index, &map, "in memory", error);
    if (index) index->is_borrowed = 1;
    if (status == BL_OK) return index;
    bl_index_close(index);
    return NULL;
}
