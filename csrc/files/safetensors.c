/* safetensors.c: the strict reader. A file is: 8 bytes of header size, a JSON header,
 * the tensors' bytes, which the header's offsets must cover once and wholly. */
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "tensors.h"
#include "../memory.h"
#include "../error.h"

enum { LONGEST_HEADER = 100000000, LONGEST_NAME = 1024 };

/* Bits per element; 0 for an unknown name. */
static unsigned element(bl_json_string name, bl_dtype *dtype)
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

typedef struct {
    uint64_t from, to;
    size_t index;
} span;

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

/* One tensor's entry; 0 if it is malformed. The sizes are checked against each other. */
static int entry(bl_json *j, bl_tensor *t, span *s)
{
    bl_json_string key, name = { "", 0, 0 };
    unsigned seen = 0, bits;
    uint64_t total = 1, value;
    if (!bl_json_open(j, '{')) return 0;
    while (bl_json_key(j, &key)) {
        unsigned bit = bl_json_is(key, "dtype")          ? 1
                       : bl_json_is(key, "shape")        ? 2
                       : bl_json_is(key, "data_offsets") ? 4
                                                         : 0;
        if (!bit || (seen & bit)) return 0;
        seen |= bit;
        if (bit == 1) {
            if (!bl_json_text(j, &name)) return 0;
        } else if (!bl_json_open(j, '[')) {
            return 0;
        } else if (bit == 2) {
            while (bl_json_item(j)) {
                if (!bl_json_size(j, &value)) return 0;
                if (value && total > UINT64_MAX / 64 / value) return 0;
                total *= value;
                if (t->rank < BL_MOST_RANK)
                    t->shape[t->rank] = value > SIZE_MAX ? 0 : (size_t)value;
                t->rank++;
            }
        } else {
            int n = 0;
            while (bl_json_item(j))
                if (n > 1 || !bl_json_size(j, n++ ? &s->to : &s->from)) return 0;
            if (n != 2) return 0;
        }
    }
    if (j->bad || seen != 7) return 0;
    bits = element(name, &t->dtype);
    if (!bits || total * bits % 8 || s->from > s->to || s->to - s->from != total * bits / 8)
        return 0;
    if (t->rank > BL_MOST_RANK) t->dtype = BL_OTHER; /* legal, but nothing of ours */
    t->count = (size_t)total;
    return 1;
}

static int metadata(bl_json *j, bl_tensors *out)
{
    bl_json_string key, value;
    if (!bl_json_open(j, '{')) return 0;
    while (bl_json_key(j, &key)) {
        if (!bl_json_text(j, &value)) return 0;
        if (bl_json_is(key, "bertlite")) out->converted = 1;
        char **kept = bl_json_is(key, "config")      ? &out->metadata
                      : bl_json_is(key, "tokenizer") ? &out->tokenizer
                      : bl_json_is(key, "id")        ? &out->id
                      : bl_json_is(key, "base")      ? &out->base
                      : bl_json_is(key, "base_id")   ? &out->base_id
                                                     : NULL;
        if (kept) {
            bl_free(*kept);
            *kept = bl_malloc(value.size + 1);
            if (!*kept || !bl_json_copy(value, *kept, value.size + 1)) return 0;
        }
    }
    return !j->bad;
}

bl_status bl_read_safetensors(const void *data, size_t size, bl_tensors *out, bl_error *error)
{
    const unsigned char *p = data;
    uint64_t header = 0, end = 0;
    span *spans = NULL;
    const char *problem = NULL;
    memset(out, 0, sizeof *out);
    for (int i = 0; i < 8 && size >= 8; i++) header |= (uint64_t)p[i] << (8 * i);
    if (size < 8 || header > LONGEST_HEADER || header > size - 8)
        return bl_fail(error, BL_FILE_ERROR,
                       "not a safetensors file: its header says %llu bytes, the file has %llu; "
                       "download it again.",
                       (unsigned long long)header, (unsigned long long)size);
    bl_json j = bl_json_start(p + 8, (size_t)header);
    bl_json_string key;
    if (!bl_json_open(&j, '{')) problem = "its header is no JSON object";
    while (!problem && bl_json_key(&j, &key)) {
        char name[LONGEST_NAME];
        if (bl_json_is(key, "__metadata__")) {
            if (!metadata(&j, out)) problem = "its metadata is malformed";
            continue;
        }
        if (!bl_json_copy(key, name, sizeof name)) {
            problem = "a tensor's name is too long or malformed";
            break;
        }
        size_t capacity = out->capacity;
        bl_tensor *t = bl_add_tensor(out, name, strlen(name));
        if (t && capacity != out->capacity) {
            span *more = bl_realloc(spans, out->capacity * sizeof *spans);
            if (more) spans = more;
            else t = NULL;
        }
        if (!t) {
            problem = "there is no memory for its header";
            break;
        }
        spans[out->count - 1].index = out->count - 1;
        if (!entry(&j, t, &spans[out->count - 1]))
            problem = "a tensor's type, shape and offsets do not fit each other";
    }
    if (!problem && !bl_json_finished(&j)) problem = "its header is malformed";
    if (!problem && out->count) {
        qsort(spans, out->count, sizeof *spans, by_start);
        for (size_t i = 0; i < out->count && !problem; i++) {
            if (spans[i].from != end) problem = "its tensors overlap or leave holes";
            end = spans[i].to;
            if (end > size - 8 - header) problem = "it is shorter than its header says";
            else out->items[spans[i].index].data = p + 8 + header + spans[i].from;
        }
    }
    if (!problem && end != size - 8 - header) problem = "its size is not what its header says";
    if (!problem && out->count) {
        qsort(out->items, out->count, sizeof *out->items, by_name);
        for (size_t i = 1; i < out->count; i++)
            if (!by_name(&out->items[i - 1], &out->items[i])) problem = "it holds one name twice";
    }
    bl_free(spans);
    if (!problem) return BL_OK;
    bl_tensors_free(out);
    return bl_fail(error, BL_FILE_ERROR,
                   "the safetensors file cannot be used: %s; download or save it again.", problem);
}
