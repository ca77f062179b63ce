/* torchbin.c: pytorch_model.bin without torch. Two containers exist: a ZIP archive (torch >= 1.6),
 * whose data.pkl describes the tensors and whose members in data/ are their storages, and the
 * older one, a sequence of pickles with the storages behind them. */
#include <string.h>

#include "pickle.h"
#include "tensors.h"
#include "zip.h"
#include "../memory.h"
#include "../error.h"

enum { MOST_TENSORS = 4096, MOST_MEMBERS = 4 * MOST_TENSORS };

/* The bytes of a storage, by its key. */
typedef struct {
    const unsigned char *key, *bytes;
    size_t key_size, size;
} storage;

typedef struct {
    bl_pickle pickle;
    int is_zip;
    bl_zip zip;
    const unsigned char *prefix; /* zip: of all members, "archive/" */
    size_t prefix_size;
    storage *storages; /* the older format */
    size_t storage_count;
} torch_file;

static int fail(torch_file *f, const char *problem) { return bl_pickle_fail(&f->pickle, problem); }

/* ---- ZIP ------------------------------------------------------------------------------- */

static int open_zip(torch_file *f, const void *data, size_t size)
{
    static const char name[] = "data.pkl";
    const size_t name_size = sizeof name - 1;
    bl_zip_member m;
    size_t at = 0;
    if (!bl_zip_open(&f->zip, data, size)) return fail(f, "it is a broken ZIP archive");
    for (size_t members = 0; at < f->zip.directory_size; members++) {
        if (members == MOST_MEMBERS) return fail(f, "it holds too many members");
        if (!bl_zip_next(&f->zip, &at, &m))
            return fail(f, "it is a compressed or broken ZIP archive");
        if (m.name_size < name_size ||
            memcmp(m.name + m.name_size - name_size, name, name_size) != 0)
            continue;
        f->prefix = m.name;
        f->prefix_size = m.name_size - name_size;
        bl_pickle_start(&f->pickle, m.bytes, m.size);
        return 1;
    }
    return fail(f, "it holds no data.pkl");
}

static int find_in_zip(const torch_file *f, const bl_pickle_value *key, storage *out)
{
    static const char folder[] = "data/";
    const size_t start = f->prefix_size, folder_size = sizeof folder - 1;
    bl_zip_member m;
    size_t at = 0;
    while (bl_zip_next(&f->zip, &at, &m)) {
        if (m.name_size != start + folder_size + key->size || memcmp(m.name, f->prefix, start) ||
            memcmp(m.name + start, folder, folder_size) ||
            memcmp(m.name + start + folder_size, key->text, key->size))
            continue;
        *out = (storage){ key->text, m.bytes, key->size, m.size };
        return 1;
    }
    return 0;
}

/* ---- the older format ------------------------------------------------------------------ */

/* A magic number, a version and a description of the machine come before the tensors. */
static int open_old(torch_file *f, const void *data, size_t size)
{
    static const unsigned char magic[] = { 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9,
                                           0x20, 0x6A, 0xA8, 0x50, 0x19, '.' };
    enum { PROTOCOL_SIZE = 2, PICKLES_BEFORE = 3 };
    size_t ignored;
    bl_pickle_start(&f->pickle, data, size);
    if (size < PROTOCOL_SIZE + sizeof magic ||
        memcmp((const unsigned char *)data + PROTOCOL_SIZE, magic, sizeof magic) != 0)
        return fail(f, "torch.save did not write it");
    for (int i = 0; i < PICKLES_BEFORE; i++)
        if (!bl_pickle_read(&f->pickle, &ignored)) return 0;
    return 1;
}

/* Bytes of an element of the storage with this key, which one of the first `count` values is; 0 if
 * none is. */
static unsigned element_size(const bl_pickle *m, size_t count, const bl_pickle_value *key)
{
    for (size_t i = 0; i < count; i++) {
        const bl_pickle_value *v = &m->values[i];
        if (v->kind == BL_PICKLE_STORAGE && v->element && v->size == key->size &&
            !memcmp(v->text, key->text, key->size))
            return v->element;
    }
    return 0;
}

/* Behind the tensors: a pickle of a list of keys, then for each key the number of elements and the
 * elements. The keys are the texts that reading the list creates, in order. */
static int read_old_storages(torch_file *f)
{
    enum { COUNT_SIZE = 8 };
    bl_pickle *m = &f->pickle;
    const size_t first = m->value_count;
    size_t list, keys = 0;
    if (!bl_pickle_read(m, &list)) return 0;
    for (size_t i = first; i < m->value_count; i++) keys += m->values[i].kind == BL_PICKLE_TEXT;
    if (keys > MOST_TENSORS) return fail(f, "it holds too many tensors");
    f->storages = bl_calloc(keys, sizeof *f->storages);
    if (!f->storages) return bl_pickle_no_memory(m);
    const unsigned char *from = m->p;
    for (size_t i = first; i < m->value_count; i++) {
        const bl_pickle_value *key = &m->values[i];
        if (key->kind != BL_PICKLE_TEXT) continue;
        const unsigned element = element_size(m, first, key);
        const size_t left = (size_t)(m->end - from);
        if (!element || left < COUNT_SIZE) return fail(f, "its storages are incomplete");
        const uint64_t elements = bl_little_endian(from, COUNT_SIZE);
        if (elements > (left - COUNT_SIZE) / element) return fail(f, "its storages are incomplete");
        storage *s = &f->storages[f->storage_count++];
        *s = (storage){ key->text, from + COUNT_SIZE, key->size, (size_t)elements * element };
        from = s->bytes + s->size;
    }
    return 1;
}

static int find_old(const torch_file *f, const bl_pickle_value *key, storage *out)
{
    for (size_t i = 0; i < f->storage_count; i++) {
        const storage *s = &f->storages[i];
        if (s->key_size != key->size || memcmp(s->key, key->text, key->size) != 0) continue;
        *out = *s;
        return 1;
    }
    return 0;
}

/* ---- tensors --------------------------------------------------------------------------- */

/* Fills in out if the tensor is within its storage and in row order. */
static int locate(const bl_pickle *m, const bl_pickle_value *t, const storage *s, bl_tensor *out)
{
    const bl_pickle_value *type = &m->values[t->first], *shape = &m->values[t->shape],
                          *strides = &m->values[t->strides];
    uint64_t total = 1;
    for (size_t i = shape->size; i-- > 0;) {
        const bl_pickle_value *n = bl_pickle_item(m, shape, i),
                              *stride = bl_pickle_item(m, strides, i);
        if (n->kind != BL_PICKLE_NUMBER || stride->kind != BL_PICKLE_NUMBER) return 0;
        if (n->number > 1 && stride->number != total) return 0;
        if (n->number && total > SIZE_MAX / 64 / n->number) return 0;
        total *= n->number;
        if (i < BL_MOST_RANK) out->shape[i] = (size_t)n->number;
    }
    if (!type->element) return 0;
    const size_t elements = s->size / type->element;
    if (t->number > elements || total > elements - t->number) return 0;
    out->rank = shape->size;
    out->dtype = shape->size > BL_MOST_RANK ? BL_OTHER : type->dtype;
    out->count = (size_t)total;
    out->data = s->bytes + t->number * type->element;
    return 1;
}

static int add_tensor(torch_file *f, const bl_pickle_value *name, const bl_pickle_value *t,
                      bl_tensors *out)
{
    bl_pickle *m = &f->pickle;
    const bl_pickle_value *key = &m->values[t->first];
    storage s;
    if (out->count == MOST_TENSORS) return fail(f, "it holds too many tensors");
    bl_tensor *added = bl_add_tensor(out, (const char *)name->text, name->size);
    if (!added) return bl_pickle_no_memory(m);
    if ((f->is_zip ? find_in_zip(f, key, &s) : find_old(f, key, &s)) && locate(m, t, &s, added))
        return 1;
    return fail(f, "a tensor reaches outside its storage or is not in row order");
}

static int read_tensors(torch_file *f, bl_tensors *out)
{
    bl_pickle *m = &f->pickle;
    size_t state;
    if (!bl_pickle_read(m, &state)) return 0;
    if (m->values[state].kind != BL_PICKLE_DICT)
        return fail(f, "it does not hold a dictionary of tensors");
    if (!f->is_zip && !read_old_storages(f)) return 0;
    for (size_t at = m->values[state].first; at; at = m->pairs[at].next) {
        const bl_pickle_value *name = &m->values[m->pairs[at].key],
                              *t = &m->values[m->pairs[at].value];
        if (name->kind != BL_PICKLE_TEXT || t->kind != BL_PICKLE_TENSOR ||
            memchr(name->text, 0, name->size))
            continue;
        if (!add_tensor(f, name, t, out)) return 0;
    }
    return out->count || fail(f, "it holds no tensors");
}

int bl_is_torch(const void *data, size_t size)
{
    const unsigned char pickle_protocol = 0x80;
    return bl_is_zip(data, size) || (size && *(const unsigned char *)data == pickle_protocol);
}

bl_status bl_read_torch(const void *data, size_t size, bl_tensors *out, bl_error *error)
{
    torch_file f;
    memset(out, 0, sizeof *out);
    memset(&f, 0, sizeof f);
    f.is_zip = bl_is_zip(data, size);
    const int ok = (f.is_zip ? open_zip(&f, data, size) : open_old(&f, data, size)) &&
                   read_tensors(&f, out);
    const int no_memory = f.pickle.no_memory;
    const char *problem = f.pickle.problem;
    bl_free(f.storages);
    bl_pickle_free(&f.pickle);
    if (ok) return BL_OK;
    bl_tensors_free(out);
    if (no_memory) return bl_no_memory(error, "the model");
    return bl_fail(error, BL_FILE_ERROR,
                   "the torch file cannot be used: %s; save the model as model.safetensors.",
                   problem ? problem : "its pickle ends too early");
}
