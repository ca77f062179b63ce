/* builder.h: the state of building a model from named tensors. Whatever reads a tensor goes
 * through here, where its shape and every value are checked, so that the kernels need not. */
#ifndef BL_BUILDER_H
#define BL_BUILDER_H

#include "../files/tensors.h"
#include "model.h"
#include "names.h"
#include "writer.h"

typedef struct {
    bl_model *model;
    bl_tensors *tensors;
    const bl_names *names;
    const char *prefix; /* "bert." or the like, before the encoder's names */
    bl_writer *writer;  /* gets whatever is read, as a converted file holds it; or NULL */
    bl_error *error;
    float *row;         /* working memory for the longest row of any tensor */
    bl_head wanted;     /* of several heads; BL_NO_HEAD: the one that the config names */
    float *new_tensors; /* what bl_add_classifier made, until the model is built */
} bl_builder;

/* Memory of count * size bytes, all zeros, that lives as long as the model and is freed with it.
 * NULL and *error without memory. */
void *bl_builder_memory(bl_builder *b, size_t count, size_t size);
void bl_model_memory_free(bl_model *m);

bl_status bl_builder_no_memory(bl_builder *b);

int bl_builder_has(const bl_builder *b, const char *name);

/* The tensor of this shape; columns 0: a vector. */
bl_status bl_builder_tensor(bl_builder *b, const char *name, size_t rows, size_t columns,
                            const bl_tensor **out);

/* Elements [from, from + count) as floats that arithmetic cannot turn into NaN, infinity or
 * denormals: beyond 2^20 is an error, and below 2^-40 is 0. */
bl_status bl_builder_floats(bl_builder *b, const bl_tensor *t, size_t from, size_t count,
                            float *out);

/* The first `count` elements have been read: their pages need not stay in memory. */
void bl_builder_release(bl_builder *b, const bl_tensor *t, size_t count);

/* The steps of an int8 matrix: its ".scale" tensor. */
bl_status bl_read_steps(bl_builder *b, const char *name, size_t rows, float *steps);

/* What an int8 matrix's columns were divided by: its ".balance" tensor. */
bl_status bl_read_balance(bl_builder *b, const char *name, size_t columns, float *balance);

/* A float matrix or vector in memory of the model, its rows padded with zeros. */
bl_status bl_builder_matrix(bl_builder *b, const char *name, size_t rows, size_t columns,
                            const float **out);

/* A LayerNorm of the model's hidden size. */
bl_status bl_builder_norm(bl_builder *b, const char *name, bl_norm *out);
#endif
