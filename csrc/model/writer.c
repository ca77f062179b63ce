#include "writer.h"

#include <stdio.h>
#include <string.h>

#include "../error.h"
#include "../files/atomic_file.h"
#include "../files/delta.h"
#include "../files/json_writer.h"
#include "../memory.h"

enum { ALIGNMENT = 64, SIZE_BYTES = 8, ID_DIGITS = 16 };

static const struct {
    const char *dtype;
    size_t bytes;
    bl_dtype read_as;
} kinds[] = {
    [BL_FLOAT_ENTRY] = { "F32", 4, BL_F32 },
    [BL_INT8_ENTRY] = { "I8", 1, BL_I8 },
    [BL_INT32_ENTRY] = { "I32", 4, BL_OTHER },
};

void bl_writer_start(bl_writer *w)
{
    w->first = NULL;
    w->last = &w->first;
}

void bl_writer_free(bl_writer *w)
{
    while (w->first) {
        bl_writer_entry *next = w->first->next;
        bl_free(w->first);
        w->first = next;
    }
    w->last = &w->first;
}

/* A new last entry, its bytes not yet set; NULL and *error without memory. */
static bl_writer_entry *add(bl_writer *w, const char *name, bl_entry_kind kind, size_t rows,
                            size_t columns, bl_error *error)
{
    const size_t size = rows * (columns ? columns : 1) * kinds[kind].bytes;
    bl_writer_entry *e = bl_malloc(sizeof *e + size);
    if (!e) {
        bl_no_memory(error, "the converted model");
        return NULL;
    }
    e->next = NULL;
    snprintf(e->name, sizeof e->name, "%s", name);
    e->rows = rows;
    e->columns = columns;
    e->size = size;
    e->kind = kind;
    *w->last = e;
    w->last = &e->next;
    return e;
}

bl_status bl_writer_int8(bl_writer *w, const char *name, const int8_t *values, size_t rows,
                         size_t columns, bl_error *error)
{
    bl_writer_entry *e = add(w, name, BL_INT8_ENTRY, rows, columns, error);
    if (!e) return BL_MEMORY_ERROR;
    memcpy(e->bytes, values, e->size);
    return BL_OK;
}

bl_status bl_writer_int32(bl_writer *w, const char *name, const void *values, size_t count,
                          bl_error *error)
{
    bl_writer_entry *e = add(w, name, BL_INT32_ENTRY, count, 0, error);
    if (!e) return BL_MEMORY_ERROR;
    memcpy(e->bytes, values, e->size);
    return BL_OK;
}

bl_status bl_writer_floats(bl_writer *w, const char *name, const float *values, size_t rows,
                           size_t columns, size_t stride, bl_error *error)
{
    bl_writer_entry *e = add(w, name, BL_FLOAT_ENTRY, rows, columns, error);
    if (!e) return BL_MEMORY_ERROR;
    const size_t n = columns ? columns : rows, count = columns ? rows : 1;
    for (size_t r = 0; r < count; r++)
        memcpy(e->bytes + r * n * sizeof *values, values + r * stride, n * sizeof *values);
    return BL_OK;
}

static int same(const bl_writer_entry *e, const bl_tensor *t)
{
    return t && t->dtype == kinds[e->kind].read_as &&
           t->count * bl_dtype_size(t->dtype) == e->size && !memcmp(t->data, e->bytes, e->size);
}

bl_status bl_writer_share(bl_writer *w, const bl_tensors *base, const char *base_name,
                          bl_error *error)
{
    for (bl_writer_entry **at = &w->first; *at;) {
        bl_writer_entry *e = *at;
        if (!bl_is_shared(e->name)) {
            at = &e->next;
            continue;
        }
        if (!same(e, bl_find(base, e->name)))
            return bl_fail(error, BL_CONFIG_ERROR,
                           "the model's %s is not that of %.200s; a delta file can only share the "
                           "embeddings of the base file that its model was trained on.",
                           e->name, base_name);
        *at = e->next;
        bl_free(e);
    }
    w->last = &w->first;
    while (*w->last) w->last = &(*w->last)->next;
    return BL_OK;
}

/* Tells a file from others: FNV-1a over all that it holds, in hexadecimal digits. */
static void identify(const bl_writer *w, char id[ID_DIGITS + 1])
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (const bl_writer_entry *e = w->first; e; e = e->next)
        for (size_t i = 0; i < e->size; i++) hash = (hash ^ e->bytes[i]) * 0x100000001b3u;
    snprintf(id, ID_DIGITS + 1, "%016llx", (unsigned long long)hash);
}

/* The entries in the file's order: int8 last, so that whatever is wider is aligned. */
static const bl_writer_entry *next_entry(const bl_writer *w, const bl_writer_entry *e)
{
    int int8 = e && e->kind == BL_INT8_ENTRY;
    const bl_writer_entry *next = e ? e->next : w->first;
    for (;; next = w->first, int8 = 1) {
        while (next && (next->kind == BL_INT8_ENTRY) != int8) next = next->next;
        if (next || int8) return next;
    }
}

static void put_string(bl_json_writer *j, const char *key, const char *text, size_t size)
{
    if (!text) return;
    bl_json_write_key(j, key);
    bl_json_write_string(j, text, size);
}

static void put_header(const bl_writer *w, const bl_writer_metadata *m, const char *id,
                       bl_json_writer *j)
{
    size_t offset = 0;
    bl_json_begin(j, '{');
    bl_json_write_key(j, "__metadata__");
    bl_json_begin(j, '{');
    put_string(j, "bertlite", "1", 1);
    put_string(j, "id", id, ID_DIGITS);
    put_string(j, "config", m->config, m->config_size);
    put_string(j, "tokenizer", m->tokenizer, m->tokenizer_size);
    put_string(j, "sentence", m->sentence, m->sentence_size);
    put_string(j, "base", m->base, m->base ? strlen(m->base) : 0);
    put_string(j, "base_id", m->base_id, m->base_id ? strlen(m->base_id) : 0);
    bl_json_end(j, '}');
    for (const bl_writer_entry *e = next_entry(w, NULL); e; e = next_entry(w, e)) {
        bl_json_write_key(j, e->name);
        bl_json_begin(j, '{');
        bl_json_write_key(j, "dtype");
        bl_json_write_text(j, kinds[e->kind].dtype);
        bl_json_write_key(j, "shape");
        bl_json_begin(j, '[');
        bl_json_write_number(j, (int64_t)e->rows);
        if (e->columns) bl_json_write_number(j, (int64_t)e->columns);
        bl_json_end(j, ']');
        bl_json_write_key(j, "data_offsets");
        bl_json_begin(j, '[');
        bl_json_write_number(j, (int64_t)offset);
        offset += e->size;
        bl_json_write_number(j, (int64_t)offset);
        bl_json_end(j, ']');
        bl_json_end(j, '}');
    }
    bl_json_end(j, '}');
}

/* The size of the header in 8 bytes, and the header, filled up with spaces to a multiple of 64. */
static bl_status make_header(const bl_writer *w, const bl_writer_metadata *m, char **out,
                             size_t *out_size, bl_error *error)
{
    char id[ID_DIGITS + 1];
    identify(w, id);
    bl_json_writer j = bl_json_writer_start(NULL, 0);
    put_header(w, m, id, &j);
    const size_t size = (SIZE_BYTES + j.size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    char *header = bl_malloc(size);
    if (!header) return bl_no_memory(error, "the converted model");
    memset(header, ' ', size);
    for (int i = 0; i < SIZE_BYTES; i++)
        header[i] = (char)((uint64_t)(size - SIZE_BYTES) >> (8 * i));
    j = bl_json_writer_start(header + SIZE_BYTES, size - SIZE_BYTES);
    put_header(w, m, id, &j);
    *out = header;
    *out_size = size;
    return BL_OK;
}

bl_status bl_writer_save(const bl_writer *w, const bl_writer_metadata *metadata, const char *path,
                         bl_error *error)
{
    char *header = NULL;
    size_t size = 0;
    bl_atomic_file file;
    bl_status status = make_header(w, metadata, &header, &size, error);
    if (status != BL_OK) return status;
    status = bl_atomic_open(&file, path, error);
    if (status == BL_OK) {
        status = bl_atomic_write(&file, header, size, error);
        for (const bl_writer_entry *e = next_entry(w, NULL); e && status == BL_OK;
             e = next_entry(w, e))
            status = bl_atomic_write(&file, e->bytes, e->size, error);
        if (status == BL_OK) status = bl_atomic_commit(&file, error);
        else bl_atomic_abandon(&file);
    }
    bl_free(header);
    return status;
}
