/* convert.c: a model as one file: safetensors with int8 matrices, a ".scale" beside
 * each, a ".balance" where inputs are evened out, the config in the metadata, and the
 * tokenizer, if the folder has one: its table of words and its settings. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../files/tensors.h"
#include "../text/tokenizer.h"
#include "model.h"

typedef struct piece {
    struct piece *next;
    char name[192];
    size_t rows, columns, size; /* columns 0: a vector */
    enum { FLOATS, INTS, WORDS } kind;
    unsigned char bytes[];
} piece;

struct bl_writer { piece *first, **last; };

static int add(bl_writer *w, const char *name, const void *values, size_t rows, size_t columns, int kind)
{
    const size_t size = rows * (columns ? columns : 1) * (kind == INTS ? 1 : 4);
    piece *p = malloc(sizeof *p + size);
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

int bl_write_int8(bl_writer *w, const char *name, const int8_t *values, size_t rows, size_t columns) { return add(w, name, values, rows, columns, INTS); }
int bl_write_floats(bl_writer *w, const char *name, const float *values, size_t rows, size_t columns) { return add(w, name, values, rows, columns, FLOATS); }

/* The text as the inside of a JSON string. */
static char *escaped(const char *text, size_t n)
{
    char *out = malloc(6 * n + 1), *p = out;
    for (size_t i = 0; out && i < n; i++) {
        const unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\') *p++ = '\\', *p++ = (char)c;
        else if (c < 0x20) p += sprintf(p, "\\u%04x", c);
        else *p++ = (char)c;
    }
    if (out) *p = 0;
    return out;
}

static int write_all(const bl_writer *w, const char *config, size_t config_size, const char *tokenizer, size_t tokenizer_size, FILE *f)
{
    static const char *const dtypes[] = { [FLOATS] = "F32", [INTS] = "I8", [WORDS] = "I32" };
    size_t room = 8 * (config_size + tokenizer_size) + 1024, n = 0, offset = 0;
    for (const piece *p = w->first; p; p = p->next) room += sizeof p->name + 128;
    char *header = malloc(room), *text = escaped(config, config_size), *other = escaped(tokenizer, tokenizer_size);
    int ok = header && text && other;
    if (ok) n = (size_t)snprintf(header, room, "{\"__metadata__\":{\"bertlite\":\"1\",\"config\":\"%s\"%s%s%s}", text, tokenizer_size ? ",\"tokenizer\":\"" : "", other, tokenizer_size ? "\"" : "");
    for (int ints = 0; ints < 2 && ok; ints++) /* last, so that what is wider is aligned */
        for (const piece *p = w->first; p; p = p->next) {
            if ((p->kind == INTS) != ints) continue;
            n += (size_t)snprintf(header + n, room - n, ",\"%s\":{\"dtype\":\"%s\",\"shape\":[%zu", p->name, dtypes[p->kind], p->rows);
            if (p->columns) n += (size_t)snprintf(header + n, room - n, ",%zu", p->columns);
            n += (size_t)snprintf(header + n, room - n, "],\"data_offsets\":[%zu,%zu]}", offset, offset + p->size);
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
    free(header);
    free(text);
    free(other);
    return ok;
}

/* The folder's tokenizer as a last piece of w and as settings; 1 also if it has none. */
static int add_tokenizer(bl_writer *w, const char *folder, char **settings, size_t *size, bl_error *error)
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
    *settings = malloc(*size);
    const int fine = *settings && add(w, BL_TABLE_NAME, t->vocabulary.block, t->vocabulary.size / 4, 0, WORDS);
    if (fine) bl_tokenizer_settings(t, *settings, *size);
    else bl_fail(error, BL_MEMORY_ERROR, "there is no memory for the tokenizer.");
    bl_tokenizer_close(t);
    return fine;
}

bl_status bl_convert(const char *folder, const char *file, bl_error *error)
{
    bl_writer w = { NULL, &w.first };
    bl_status status = BL_OK;
    char *settings = NULL;
    size_t settings_size = 0;
    bl_model *m = bl_load(folder, BL_INT8, &w, error);
    if (!m) {
        status = error ? error->status : BL_FILE_ERROR;
    } else if (!w.first || m->map.data) {
        status = bl_fail(error, BL_CONFIG_ERROR, "%.300s is converted already.", folder);
    } else if (!add_tokenizer(&w, folder, &settings, &settings_size, error)) {
        status = error ? error->status : BL_FILE_ERROR;
    } else {
        FILE *f = fopen(file, "wb");
        int ok = f && write_all(&w, m->config, m->config_size, settings, settings_size, f);
        if (f && fclose(f)) ok = 0;
        if (!ok) {
            if (f) remove(file);
            status = bl_fail(error, BL_FILE_ERROR, "%.300s cannot be written.", file);
        }
    }
    bl_close(m);
    free(settings);
    while (w.first) {
        piece *next = w.first->next;
        free(w.first);
        w.first = next;
    }
    return status;
}
