/* convert.c: a model as one file: safetensors with int8 matrices, a ".scale" beside
 * each, a ".balance" where inputs are evened out, and the config in the metadata. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../files/tensors.h"
#include "model.h"

typedef struct piece {
    struct piece *next;
    char name[192];
    size_t rows, columns, size; /* columns 0: a vector */
    int int8;
    unsigned char bytes[];
} piece;

struct bl_writer { piece *first, **last; };

static int add(bl_writer *w, const char *name, const void *values, size_t rows, size_t columns, int int8)
{
    const size_t size = rows * (columns ? columns : 1) * (int8 ? 1 : sizeof(float));
    piece *p = malloc(sizeof *p + size);
    if (!p) return 0;
    p->next = NULL;
    snprintf(p->name, sizeof p->name, "%s", name);
    p->rows = rows;
    p->columns = columns;
    p->size = size;
    p->int8 = int8;
    memcpy(p->bytes, values, size);
    *w->last = p;
    w->last = &p->next;
    return 1;
}

int bl_write_int8(bl_writer *w, const char *name, const int8_t *values, size_t rows, size_t columns) { return add(w, name, values, rows, columns, 1); }
int bl_write_floats(bl_writer *w, const char *name, const float *values, size_t rows, size_t columns) { return add(w, name, values, rows, columns, 0); }

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

static int write_all(const bl_writer *w, const char *config, size_t config_size, FILE *f)
{
    size_t room = 8 * config_size + 1024, n = 0, offset = 0;
    for (const piece *p = w->first; p; p = p->next) room += sizeof p->name + 128;
    char *header = malloc(room), *text = escaped(config, config_size);
    int ok = header && text;
    if (ok) n = (size_t)snprintf(header, room, "{\"__metadata__\":{\"bertlite\":\"1\",\"config\":\"%s\"}", text);
    for (int int8 = 0; int8 < 2 && ok; int8++) /* floats first, so that they are aligned */
        for (const piece *p = w->first; p; p = p->next) {
            if (p->int8 != int8) continue;
            n += (size_t)snprintf(header + n, room - n, ",\"%s\":{\"dtype\":\"%s\",\"shape\":[%zu", p->name, int8 ? "I8" : "F32", p->rows);
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
    for (int int8 = 0; int8 < 2 && ok; int8++)
        for (const piece *p = w->first; p && ok; p = p->next)
            if (p->int8 == int8) ok = fwrite(p->bytes, 1, p->size, f) == p->size;
    free(header);
    free(text);
    return ok;
}

bl_status bl_convert(const char *folder, const char *file, bl_error *error)
{
    bl_writer w = { NULL, &w.first };
    bl_status status = BL_OK;
    bl_model *m = bl_load(folder, BL_INT8, &w, error);
    if (!m) {
        status = error ? error->status : BL_FILE_ERROR;
    } else if (!w.first || m->map.data) {
        status = bl_fail(error, BL_CONFIG_ERROR, "%.300s is converted already.", folder);
    } else {
        FILE *f = fopen(file, "wb");
        int ok = f && write_all(&w, m->config, m->config_size, f);
        if (f && fclose(f)) ok = 0;
        if (!ok) {
            if (f) remove(file);
            status = bl_fail(error, BL_FILE_ERROR, "%.300s cannot be written.", file);
        }
    }
    bl_close(m);
    while (w.first) {
        piece *next = w.first->next;
        free(w.first);
        w.first = next;
    }
    return status;
}
