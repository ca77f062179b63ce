#include "embeddings.h"

#include <string.h>

#include "quantize.h"

enum { FEWEST_IN_PLACE = 16 }; /* the kernels read that many rows at once */

/* Rows of n values, one after another, become `stride` apart, in place. */
static void spread_rows(int8_t *values, size_t rows, size_t n, size_t stride)
{
    for (size_t r = rows; n != stride && r-- > 0;) { /* last first */
        memmove(values + r * stride, values + r * n, n);
        memset(values + r * stride + n, 0, stride - n);
    }
}

bl_status bl_build_word_table(bl_builder *b, const char *name, const int8_t **values,
                              const float **steps)
{
    const bl_model *m = b->model;
    const size_t n = m->c.hidden, rows = m->c.vocabulary, stride = m->hidden;
    const bl_tensor *t;
    bl_status status = bl_builder_tensor(b, name, rows, n, &t);
    if (status != BL_OK) return status;
    float *row_steps = bl_builder_memory(b, bl_pad(rows), sizeof *row_steps);
    if (!row_steps) return BL_MEMORY_ERROR;
    *steps = row_steps;
    if (t->dtype == BL_I8 && n == stride && rows >= FEWEST_IN_PLACE && !b->writer) {
        *values = (const int8_t *)t->data;
        return bl_read_steps(b, name, rows, row_steps);
    }
    int8_t *table = bl_builder_memory(b, bl_pad(rows), stride);
    if (!table) return BL_MEMORY_ERROR;
    *values = table;
    status = bl_read_int8(b, name, rows, n, NULL, table, row_steps);
    if (status == BL_OK) spread_rows(table, rows, n, stride);
    return status;
}

bl_status bl_build_embeddings(bl_builder *b)
{
    bl_model *m = b->model;
    bl_tables *tables = &m->tables;
    char name[BL_NAME_SIZE];
    bl_join(name, b->prefix, "embeddings.word_embeddings.weight");
    bl_status status =
        m->info.precision == BL_INT8
            ? bl_build_word_table(b, name, &tables->words, &tables->words_scale)
            : bl_builder_matrix(b, name, m->c.vocabulary, m->c.hidden, &tables->words_f32);
    if (status != BL_OK) return status;
    bl_join(name, b->prefix, "embeddings.position_embeddings.weight");
    status = bl_builder_matrix(b, name, m->c.positions, m->c.hidden, &tables->positions);
    if (status != BL_OK) return status;
    if (m->c.token_types) {
        bl_join(name, b->prefix, "embeddings.token_type_embeddings.weight");
        status = bl_builder_matrix(b, name, m->c.token_types, m->c.hidden, &tables->types);
        if (status != BL_OK) return status;
    }
    return bl_builder_norm(b, bl_join(name, b->prefix, "embeddings.LayerNorm"), &m->embedding_norm);
}
