/* safetensors.c: the strict reader. A file is: 8 bytes of header size, a JSON header, and the
 * tensors' bytes, which the header's offsets must cover once and without holes. */
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "tensors.h"
#include "../memory.h"
#include "../error.h"

enum { SIZE_BYTES = 8, LONGEST_HEADER = 100000000, LONGEST_NAME = 1024, LONGEST_VERSION = 16 };

/* The version of converted files that this library reads. */
static const char version_read[] = "1";

/* Bits per element; 0 for an unknown name. */
static unsigned bits_of(bl_json_string name, bl_dtype *dtype)
{
    static const struct {
        const char *name;
        bl_dtype dtype;
        unsigned bits;
    } known[] = {
        { "F32", BL_F32, 32 },
        { "F16", BL_F16, 16 },
        { "BF16", BL_BF16, 16 },
        { "F64", BL_F64, 64 },
        { "I8", BL_I8, 8 },
        { "U8", BL_OTHER, 8 },
        { "BOOL", BL_OTHER, 8 },
        { "I16", BL_OTHER, 16 },
        { "U16", BL_OTHER, 16 },
        { "I32", BL_OTHER, 32 },
        { "U32", BL_OTHER, 32 },
        { "I64", BL_OTHER, 64 },
        { "U64", BL_OTHER, 64 },
        { "F8_E4M3", BL_OTHER, 8 },
        { "F8_E5M2", BL_OTHER, 8 },
        { "F8_E8M0", BL_OTHER, 8 },
        { "F8_E4M3FNUZ", BL_OTHER, 8 },
        { "F8_E5M2FNUZ", BL_OTHER, 8 },
        { "F4", BL_OTHER, 4 },
        { "F6_E2M3", BL_OTHER, 6 },
        { "F6_E3M2", BL_OTHER, 6 },
        { "C64", BL_OTHER, 64 },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (bl_json_is(name, known[i].name)) {
            *dtype = known[i].dtype;
            return known[i].bits;
        }
    return 0;
}

/* Where a tensor's bytes are in the file. */
typedef struct {
    uint64_t from, to;
    size_t index;
} span;

typedef struct {
    bl_json j;
    bl_tensors *out;
    span *spans;   /* one per tensor, out->capacity of them */
    int no_memory; /* why it failed: this, or */
    const char *problem;
    char version[LONGEST_VERSION]; /* or the version of a converted file, not ours */
} reader;

static int by_start(const void *a, const void *b)
{
    const span *x = a, *y = b;
    return x->from != y->from ? (x->from > y->from) - (x->from < y->from)
                              : (x->to > y->to) - (x->to < y->to);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const bl_tensor *)a)->name, ((const bl_tensor *)b)->name);
}

/* Each of these reads a part of the header; 0 if it is malformed. */

static int read_shape(bl_json *j, bl_tensor *t, uint64_t *total)
{
    uint64_t value;
    if (!bl_json_open(j, '[')) return 0;
    while (bl_json_item(j)) {
        if (!bl_json_size(j, &value)) return 0;
        if (value && *total > UINT64_MAX / 64 / value) return 0;
        *total *= value;
        if (t->rank < BL_MOST_RANK) t->shape[t->rank] = value > SIZE_MAX ? 0 : (size_t)value;
        t->rank++;
    }
    return 1;
}

static int read_offsets(bl_json *j, span *s)
{
    uint64_t offsets[2];
    size_t n = 0;
    if (!bl_json_open(j, '[')) return 0;
    for (; bl_json_item(j); n++)
        if (n > 1 || !bl_json_size(j, &offsets[n])) return 0;
    if (n != 2) return 0;
    s->from = offsets[0];
    s->to = offsets[1];
    return 1;
}

/* The sizes are checked against each other. */
static int read_entry(bl_json *j, bl_tensor *t, span *s)
{
    enum { DTYPE = 1, SHAPE = 2, OFFSETS = 4, ALL = 7 };
    bl_json_string key, name = { "", 0, 0 };
    unsigned seen = 0;
    uint64_t total = 1;
    if (!bl_json_open(j, '{')) return 0;
    while (bl_json_key(j, &key)) {
        const unsigned field = bl_json_is(key, "dtype")          ? DTYPE
                               : bl_json_is(key, "shape")        ? SHAPE
                               : bl_json_is(key, "data_offsets") ? OFFSETS
                                                                 : 0;
        if (!field || (seen & field)) return 0;
        seen |= field;
        if (field == DTYPE   ? !bl_json_text(j, &name)
            : field == SHAPE ? !read_shape(j, t, &total)
                             : !read_offsets(j, s))
            return 0;
    }
    if (j->bad || seen != ALL) return 0;
    const unsigned bits = bits_of(name, &t->dtype);
    if (!bits || total * bits % 8 || s->from > s->to || s->to - s->from != total * bits / 8)
        return 0;
    if (t->rank > BL_MOST_RANK) t->dtype = BL_OTHER; /* legal, but nothing of ours */
    t->count = (size_t)total;
    return 1;
}

/* Whether this library reads the version; what is not plain text is shown as "?". */
static int read_version(reader *r, bl_json_string value)
{
    if (bl_json_is(value, version_read)) return 1;
    if (!bl_json_copy(value, r->version, sizeof r->version) || !*r->version)
        memcpy(r->version, "?", 2);
    for (char *c = r->version; *c; c++)
        if (*c < ' ' || *c > '~') *c = '?';
    return 0;
}

static int read_metadata(reader *r, bl_tensors *out)
{
    bl_json_string key, value;
    if (!bl_json_open(&r->j, '{')) return 0;
    while (bl_json_key(&r->j, &key)) {
        if (!bl_json_text(&r->j, &value)) return 0;
        if (bl_json_is(key, "bertlite")) {
            out->converted = 1;
            if (!read_version(r, value)) return 0;
        }
        char **kept = bl_json_is(key, "config")      ? &out->config
                      : bl_json_is(key, "tokenizer") ? &out->tokenizer
                      : bl_json_is(key, "sentence")  ? &out->sentence
                      : bl_json_is(key, "id")        ? &out->id
                      : bl_json_is(key, "base")      ? &out->base
                      : bl_json_is(key, "base_id")   ? &out->base_id
                                                     : NULL;
        if (!kept) continue;
        bl_free(*kept);
        *kept = bl_malloc(value.size + 1);
        r->no_memory = !*kept;
        if (!*kept || !bl_json_copy(value, *kept, value.size + 1)) return 0;
    }
    return !r->j.bad;
}

/* A tensor and its span; NULL without memory. */
static bl_tensor *add_tensor(reader *r, const char *name)
{
    const size_t before = r->out->capacity;
    bl_tensor *t = bl_add_tensor(r->out, name, strlen(name));
    if (t && before != r->out->capacity) {
        span *more = bl_realloc(r->spans, r->out->capacity * sizeof *r->spans);
        if (more) r->spans = more;
        else t = NULL;
    }
    if (t) r->spans[r->out->count - 1].index = r->out->count - 1;
    else r->no_memory = 1;
    return t;
}

static void read_header(reader *r)
{
    bl_tensors *out = r->out;
    bl_json_string key;
    char name[LONGEST_NAME];
    if (!bl_json_open(&r->j, '{')) r->problem = "its header is not a JSON object";
    while (!r->problem && bl_json_key(&r->j, &key)) {
        if (bl_json_is(key, "__metadata__")) {
            if (!read_metadata(r, out)) r->problem = "its metadata is malformed";
        } else if (!bl_json_copy(key, name, sizeof name)) {
            r->problem = "a tensor's name is too long or malformed";
        } else {
            bl_tensor *t = add_tensor(r, name);
            if (!t || !read_entry(&r->j, t, &r->spans[out->count - 1]))
                r->problem = "a tensor's type, shape and offsets do not fit each other";
        }
    }
    if (!r->problem && !bl_json_finished(&r->j)) r->problem = "its header is malformed";
}

/* The tensors get their bytes, of which there are `size`. */
static void place_tensors(reader *r, const unsigned char *bytes, size_t size)
{
    bl_tensors *out = r->out;
    uint64_t end = 0;
    if (out->count) qsort(r->spans, out->count, sizeof *r->spans, by_start);
    for (size_t i = 0; i < out->count && !r->problem; i++) {
        if (r->spans[i].from != end) r->problem = "its tensors overlap or leave holes";
        end = r->spans[i].to;
        if (end > size) r->problem = "it is shorter than its header says";
        else out->items[r->spans[i].index].data = bytes + r->spans[i].from;
    }
    if (!r->problem && end != size) r->problem = "its size is not what its header says";
    if (r->problem || !out->count) return;
    qsort(out->items, out->count, sizeof *out->items, by_name);
    for (size_t i = 1; i < out->count; i++)
        if (!by_name(&out->items[i - 1], &out->items[i])) r->problem = "it holds one name twice";
}

bl_status bl_read_safetensors(const void *data, size_t size, bl_tensors *out, bl_error *error)
{
    const unsigned char *p = data;
    const uint64_t header = size < SIZE_BYTES ? 0 : bl_little_endian(p, SIZE_BYTES);
    memset(out, 0, sizeof *out);
    if (size < SIZE_BYTES || header > LONGEST_HEADER || header > size - SIZE_BYTES)
        return bl_fail(error, BL_FILE_ERROR,
                       "this is not a safetensors file: its header would have %llu bytes, and the "
                       "file has %llu; download or save it again.",
                       (unsigned long long)header, (unsigned long long)size);
    reader r = { .j = bl_json_start(p + SIZE_BYTES, (size_t)header), .out = out };
    read_header(&r);
    if (!r.problem) place_tensors(&r, p + SIZE_BYTES + header, size - SIZE_BYTES - (size_t)header);
    bl_free(r.spans);
    if (!r.problem) return BL_OK;
    bl_tensors_free(out);
    if (r.no_memory) return bl_no_memory(error, "the model");
    if (*r.version)
        return bl_fail(error, BL_FILE_ERROR,
                       "this converted file has version %s of the format, and this library reads "
                       "version %s; update the library, or convert the model again.",
                       r.version, version_read);
    return bl_fail(error, BL_FILE_ERROR,
                   "the safetensors file is damaged: %s; download or save it again.", r.problem);
}
