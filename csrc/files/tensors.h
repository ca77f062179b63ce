/* tensors.h: named arrays that stand somewhere in memory, whatever file they came from. */
#ifndef BL_TENSORS_H
#define BL_TENSORS_H

#include <stddef.h>
#include <stdint.h>

#include "bertlite.h"

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
    char *metadata;       /* the "config" entry of a converted file, or NULL */
    char *tokenizer;      /* its "tokenizer" entry, */
    char *id;             /* what tells it from other files, */
    char *base, *base_id; /* and the file that it stands on (base.h), or NULL */
    int converted;        /* the file says that this library wrote it */
} bl_tensors;

/* A safetensors file's bytes; the tensors point into them. */
bl_status bl_read_safetensors(const void *data, size_t size, bl_tensors *out, bl_error *error);
/* A pytorch_model.bin's bytes, of either of torch's formats. No pickle is executed. */
bl_status bl_read_torch(const void *data, size_t size, bl_tensors *out, bl_error *error);
void bl_tensors_free(bl_tensors *t);

const bl_tensor *bl_find(const bl_tensors *t, const char *name);
/* A new last tensor, name copied; NULL without memory. */
bl_tensor *bl_add_tensor(bl_tensors *t, const char *name, size_t size);
/* Elements [from, from + count) as floats. */
void bl_floats(const bl_tensor *t, size_t from, size_t count, float *out);
size_t bl_dtype_size(bl_dtype d);

#endif
