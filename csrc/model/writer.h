/* writer.h: collects what a converted file holds, and writes it: a safetensors file with the
 * config, the tokenizer's settings and the base file's name in its metadata (docs/format.md). */
#ifndef BL_WRITER_H
#define BL_WRITER_H

#include "../files/tensors.h"

typedef enum { BL_FLOAT_ENTRY, BL_INT8_ENTRY, BL_INT32_ENTRY } bl_entry_kind;

typedef struct bl_writer_entry bl_writer_entry;
struct bl_writer_entry {
    bl_writer_entry *next;
    char name[192];
    size_t rows, columns, size; /* columns 0: a vector; size: bytes */
    bl_entry_kind kind;
    unsigned char bytes[];
};

typedef struct {
    bl_writer_entry *first, **last;
} bl_writer;

/* Texts for the metadata; those that are NULL are left out. */
typedef struct {
    const char *config, *tokenizer, *sentence;
    size_t config_size, tokenizer_size, sentence_size;
    const char *base, *base_id; /* of a delta file */
} bl_writer_metadata;

void bl_writer_start(bl_writer *w);
void bl_writer_free(bl_writer *w);

/* Each adds a tensor, copied. Rows of floats are `stride` apart. */
bl_status bl_writer_int8(bl_writer *w, const char *name, const int8_t *values, size_t rows,
                         size_t columns, bl_error *error);
bl_status bl_writer_int32(bl_writer *w, const char *name, const void *values, size_t count,
                          bl_error *error);
bl_status bl_writer_floats(bl_writer *w, const char *name, const float *values, size_t rows,
                           size_t columns, size_t stride, bl_error *error);

/* Takes out the tensors that a delta file shares with its base file, named base_name. It is an
 * error if one of them is not the same there. */
bl_status bl_writer_share(bl_writer *w, const bl_tensors *base, const char *base_name,
                          bl_error *error);

/* The file at path appears whole or not at all. */
bl_status bl_writer_save(const bl_writer *w, const bl_writer_metadata *metadata, const char *path,
                         bl_error *error);
#endif
