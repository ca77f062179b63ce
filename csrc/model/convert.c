/* convert.c: a model as one file: safetensors with int8 matrices, a ".scale" beside
 * each, a ".balance" where inputs are evened out, the config in the metadata, and the
 * tokenizer, if the folder has one: its table of words and its settings. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../files/delta.h"
#include "../files/tensors.h"
#include "../tokenizer/tokenizer.h"
#include "model.h"
#include "../memory.h"
#include "../error.h"

typedef struct piece {
    struct piece *next;
    char name[192];
    size_t rows, columns, size; /* columns 0: a vector */
    enum { FLOATS, INTS, WORDS } kind;
    unsigned char bytes[];
} piece;

struct bl_writer {
    piece *first, **last;
};

static int add(bl_writer *w, const char *name, const void *values, size_t rows, size_t columns,
               int kind)
{
    const size_t size = rows * (columns ? columns : 1) * (kind == INTS ? 1 : 4);
    piece *p = bl_malloc(sizeof *p + size);
    if (!p) return 0;
    p->next = NULL;
    snprintf(p->name, sizeof p->name, "%s", name);
    p->rows = rows;
    p->columns = columns;
    p->size = size;
    p->kind = kind;
    memcpy(p->bytes, values, size);
    *w->last = p;
    w->last = &p->next;
    return 1;
}

int bl_write_int8(bl_writer *w, const char *name, const int8_t *values, size_t rows, size_t columns)
{
    return add(w, name, values, rows, columns, INTS);
}
int bl_write_floats(bl_writer *w, const char *name, const float *values, size_t rows,
                    size_t columns)
{
    return add(w, name, values, rows, columns, FLOATS);
}

/* The text as the inside of a JSON string. */
static char *escaped(const char *text, size_t n)
{
    char *out = bl_malloc(6 * n + 1), *p = out;
    for (size_t i = 0; out && i < n; i++) {
        const unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\') *p++ = '\\', *p++ = (char)c;
        else if (c < 0x20) p += sprintf(p, "\\u%04x", c);
        else *p++ = (char)c;
    }
    if (out) *p = 0;
    return out;
}

/* What tells a file from others: FNV-1a over all that it holds, as 16 digits. */
static void identify(const bl_writer *w, char id[17])
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (const piece *p = w->first; p; p = p->next)
        for (size_t i = 0; i < p->size; i++) hash = (hash ^ p->bytes[i]) * 0x100000001b3u;
    snprintf(id, 17, "%016llx", (unsigned long long)hash);
}

/* base: the tensors of the file to stand on, under that name; or NULL. */
static int write_all(const bl_writer *w, const char *config, size_t config_size,
                     const char *tokenizer, size_t tokenizer_size, const bl_tensors *base,
                     const char *base_name, FILE *f)
{
    static const char *const dtypes[] = { [FLOATS] = "F32", [INTS] = "I8", [WORDS] = "I32" };
    size_t capacity = 8 * (config_size + tokenizer_size) + 1024, n = 0, offset = 0;
    char id[17];
    identify(w, id);
    if (base) capacity += 2 * strlen(base_name) + strlen(base->id);
    for (const piece *p = w->first; p; p = p->next) capacity += sizeof p->name + 128;
    char *header = bl_malloc(capacity), *text = escaped(config, config_size),
         *other = escaped(tokenizer, tokenizer_size);
    int ok = header && text && other;
    if (ok)
        n = (size_t)snprintf(
            header, capacity,
            "{\"__metadata__\":{\"bertlite\":\"1\",\"id\":\"%s\",\"config\":\"%s\"%s%s%s", id, text,
            tokenizer_size ? ",\"tokenizer\":\"" : "", other, tokenizer_size ? "\"" : "");
    if (ok && base)
        n += (size_t)snprintf(header + n, capacity - n, ",\"base\":\"%s\",\"base_id\":\"%s\"",
                              base_name, base->id);
    if (ok) header[n++] = '}';
    for (int ints = 0; ints < 2 && ok; ints++) /* last, so that what is wider is aligned */
        for (const piece *p = w->first; p; p = p->next) {
            if ((p->kind == INTS) != ints) continue;
            n += (size_t)snprintf(header + n, capacity - n,
                                  ",\"%s\":{\"dtype\":\"%s\",\"shape\":[%zu", p->name,
                                  dtypes[p->kind], p->rows);
            if (p->columns) n += (size_t)snprintf(header + n, capacity - n, ",%zu", p->columns);
            n += (size_t)snprintf(header + n, capacity - n, "],\"data_offsets\":[%zu,%zu]}", offset,
                                  offset + p->size);
            offset += p->size;
        }
    if (ok) {
        header[n++] = '}';
        while ((n + 8) % 64) header[n++] = ' ';
        unsigned char size[8];
        for (int i = 0; i < 8; i++) size[i] = (unsigned char)((uint64_t)n >> (8 * i));
        ok = fwrite(size, 1, 8, f) == 8 && fwrite(header, 1, n, f) == n;
    }
    for (int ints = 0; ints < 2 && ok; ints++)
        for (const piece *p = w->first; p && ok; p = p->next)
            if ((p->kind == INTS) == ints) ok = fwrite(p->bytes, 1, p->size, f) == p->size;
    bl_free(header);
    bl_free(text);
    bl_free(other);
    return ok;
}

/* The folder's tokenizer as a last piece of w and as settings; 1 also if it has none. */
static int add_tokenizer(bl_writer *w, const char *folder, char **settings, size_t *size,
                         bl_error *error)
{
    char path[4096];
    const char *const files[] = { "tokenizer.json", "vocab.txt" };
    int there = 0;
    for (int i = 0; i < 2; i++) {
        const int n = snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        there |= n > 0 && (size_t)n < sizeof path && bl_is_file(path);
    }
    if (!there) return 1;
    bl_tokenizer *t = bl_tokenizer_open(folder, error);
    if (!t) return 0;
    *size = bl_tokenizer_settings(t, NULL, 0);
    *settings = bl_malloc(*size);
    const int fine = *settings &&
                     add(w, BL_TABLE_NAME, t->vocabulary.block, t->vocabulary.size / 4, 0, WORDS);
    if (fine) bl_tokenizer_settings(t, *settings, *size);
    else bl_fail(error, BL_MEMORY_ERROR, "there is no memory for the tokenizer.");
    bl_tokenizer_close(t);
    return fine;
}

static const char *file_name(const char *path)
{
    const char *name = path;
    for (; *path; path++)
        if (*path == '/' || *path == '\\') name = path + 1;
    return name;
}

/* Take out of w what the base holds too; an error if it is not the same there. */
static int leave_to_base(bl_writer *w, const bl_tensors *base, const char *name, bl_error *error)
{
    for (piece **at = &w->first; *at;) {
        piece *p = *at;
        const bl_tensor *t = bl_is_shared(p->name) ? bl_find(base, p->name) : NULL;
        if (bl_is_shared(p->name)) {
            if (!t || t->dtype != (p->kind == INTS ? BL_I8 : BL_F32) ||
                t->count * bl_dtype_size(t->dtype) != p->size ||
                memcmp(t->data, p->bytes, p->size)) {
                bl_fail(error, BL_CONFIG_ERROR,
                        "the model's %s is not that of %.200s; a file can only stand on the base "
                        "that it was trained on.",
                        p->name, name);
                return 0;
            }
            *at = p->next;
            bl_free(p);
        } else {
            at = &p->next;
        }
    }
    w->last = &w->first;
    while (*w->last) w->last = &(*w->last)->next;
    return 1;
}

static int open_base(const char *path, bl_map *map, bl_tensors *base, bl_error *error)
{
    if (!bl_is_file(path) || !bl_map_open(map, path))
        return bl_fail(error, BL_FILE_ERROR, "%.300s cannot be read.", path), 0;
    if (bl_read_safetensors(map->data, map->size, base, error) != BL_OK) return 0;
    const char *name = file_name(path);
    if (base->converted && base->id && !base->base && strlen(base->id) < 64 && *name &&
        !strpbrk(name, "\"\\:"))
        return 1;
    return bl_fail(error, BL_CONFIG_ERROR,
                   "%.300s cannot be a base: it is no converted file, or stands on another itself.",
                   path),
           0;
}

bl_status bl_convert(const char *folder, const char *file, const char *base_path, bl_error *error)
{
    bl_writer w = { NULL, &w.first };
    bl_map map = { NULL, 0, 0 };
    bl_tensors base;
    bl_error own;
    memset(&base, 0, sizeof base);
    error = error ? error : &own;
    bl_status status = BL_OK;
    char *settings = NULL;
    size_t settings_size = 0;
    bl_model *m = bl_load(folder, NULL, BL_INT8, &w, error);
    if (!m) {
        status = error->status;
    } else if (!w.first || m->map.data) {
        status = bl_fail(error, BL_CONFIG_ERROR, "%.300s is converted already.", folder);
    } else if (base_path ? !open_base(base_path, &map, &base, error) ||
                               !leave_to_base(&w, &base, base_path, error)
                         : !add_tokenizer(&w, folder, &settings, &settings_size, error)) {
        status = error->status;
    } else {
        FILE *f = fopen(file, "wb");
        int ok = f &&
                 write_all(&w, m->config, m->config_size, settings, settings_size,
                           base_path ? &base : NULL, base_path ? file_name(base_path) : NULL, f);
        if (f && fclose(f)) ok = 0;
        if (!ok) {
            if (f) remove(file);
            status = bl_fail(error, BL_FILE_ERROR, "%.300s cannot be written.", file);
        }
    }
    bl_close(m);
    bl_tensors_free(&base);
    bl_map_close(&map);
    bl_free(settings);
    while (w.first) {
        piece *next = w.first->next;
        bl_free(w.first);
        w.first = next;
    }
    return status;
}
