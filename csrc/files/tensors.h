/* tensors.h: named arrays somewhere in memory, whatever file they came from. */
#ifndef BL_TENSORS_H
#define BL_TENSORS_H

#include <stddef.h>
#include <stdint.h>

#include "bertlite.h"
#include "../platform.h"

typedef enum { BL_F32, BL_F16, BL_BF16, BL_F64, BL_I8, BL_OTHER } bl_dtype;

enum { BL_MOST_RANK = 8 };

typedef struct {
    char *name;
    bl_dtype dtype;
    size_t rank, shape[BL_MOST_RANK], count; /* count: elements in all */
    const unsigned char *data;               /* not aligned */
} bl_tensor;

typedef struct {
    bl_tensor *items;
    size_t count, capacity;
    int converted;        /* the file says that this library wrote it; then, from its metadata, */
    char *config;         /* the config.json, or NULL, */
    char *tokenizer;      /* the tokenizer's settings, or NULL, */
    char *sentence;       /* how vectors are made of texts, or NULL, */
    char *id;             /* what tells the file from others, */
    char *base, *base_id; /* and, of a delta file, the base file's name and id, or NULL */
    bl_map *maps;         /* files that are closed with the tensors */
    size_t map_count;
} bl_tensors;

/* A safetensors file's bytes; the tensors point into them. On failure *out is empty. */
bl_status bl_read_safetensors(const void *data, size_t size, bl_tensors *out, bl_error *error);
/* A pytorch_model.bin's bytes, of either of torch's formats. No pickle is executed. */
bl_status bl_read_torch(const void *data, size_t size, bl_tensors *out, bl_error *error);
/* Whether the bytes begin as torch.save's do. */
int bl_is_torch(const void *data, size_t size);
void bl_tensors_free(bl_tensors *t);

const bl_tensor *bl_find(const bl_tensors *t, const char *name);
/* A new last tensor, name copied; NULL without memory. */
bl_tensor *bl_add_tensor(bl_tensors *t, const char *name, size_t size);
/* Elements [from, from + count) as floats. */
void bl_floats(const bl_tensor *t, size_t from, size_t count, float *out);
size_t bl_dtype_size(bl_dtype d);
/* A number of n bytes, the least significant first. */
uint64_t bl_little_endian(const unsigned char *p, size_t n);

#endif
