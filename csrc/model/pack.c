#include "pack.h"

#include <string.h>

#include "../error.h"
#include "../memory.h"
#include "quantize.h"

static size_t part_count(const bl_linear_plan *p)
{
    return p->parts < BL_MAX_PARTS ? p->parts : BL_MAX_PARTS;
}

/* The i-th row or column once every head is padded. */
static size_t padded_index(const bl_model *m, size_t i, int by_head)
{
    const size_t d = m->c.hidden / m->c.heads;
    return by_head ? i / d * m->head + i % d : i;
}

static size_t packed_row(const bl_model *m, const bl_linear_plan *p, size_t part, size_t row)
{
    const int by_head = p->padding == BL_ROWS_BY_HEAD;
    return part * (by_head ? m->width : p->rows) + padded_index(m, row, by_head);
}

static size_t packed_column(const bl_model *m, const bl_linear_plan *p, size_t column)
{
    return padded_index(m, column, p->padding == BL_COLUMNS_BY_HEAD);
}

static bl_status read_bias(bl_builder *b, const bl_linear_plan *p, size_t part, float *bias)
{
    char name[BL_NAME_SIZE];
    const bl_tensor *t;
    bl_status status = bl_builder_tensor(b, bl_join(name, p->names[part], ".bias"), p->rows, 0, &t);
    if (status == BL_OK) status = bl_builder_floats(b, t, 0, p->rows, b->row);
    if (status != BL_OK) return status;
    for (size_t r = 0; r < p->rows; r++) bias[packed_row(b->model, p, part, r)] = b->row[r];
    if (!b->writer) return BL_OK;
    return bl_writer_floats(b->writer, name, b->row, p->rows, 0, 0, b->error);
}

/* ---- float -------------------------------------------------------------------------- */

/* The weights of a layer in int8 are steps of their rows, rescaled per column: by the balance of
 * the first part, which all parts share. */
static bl_status read_factors(bl_builder *b, const bl_linear_plan *p, const char *name,
                              float *steps, float *balance)
{
    char shared[BL_NAME_SIZE], full[BL_NAME_SIZE];
    bl_join(shared, p->names[0], ".weight");
    for (size_t i = 0; i < p->columns; i++) balance[i] = 1.0f;
    const bl_status status = bl_read_steps(b, name, p->rows, steps);
    if (status != BL_OK || !bl_builder_has(b, bl_join(full, shared, ".balance"))) return status;
    return bl_read_balance(b, shared, p->columns, balance);
}

static bl_status read_rows(bl_builder *b, const bl_linear_plan *p, const bl_tensor *t, size_t part,
                           size_t stride, const float *steps, const float *balance, float *rows)
{
    for (size_t r = 0; r < p->rows; r++) {
        float *row = rows + packed_row(b->model, p, part, r) * stride;
        const bl_status status = bl_builder_floats(b, t, r * p->columns, p->columns, b->row);
        if (status != BL_OK) return status;
        for (size_t i = 0; i < p->columns; i++)
            row[packed_column(b->model, p, i)] = steps ? b->row[i] * steps[r] * balance[i]
                                                       : b->row[i];
    }
    return BL_OK;
}

static bl_status read_float_part(bl_builder *b, const bl_linear_plan *p, size_t part, size_t stride,
                                 float *rows)
{
    char name[BL_NAME_SIZE];
    const bl_tensor *t;
    bl_status status =
        bl_builder_tensor(b, bl_join(name, p->names[part], ".weight"), p->rows, p->columns, &t);
    if (status != BL_OK) return status;
    if (t->dtype != BL_I8) return read_rows(b, p, t, part, stride, NULL, NULL, rows);
    float *factors = bl_malloc((p->rows + p->columns) * sizeof *factors);
    if (!factors) return bl_builder_no_memory(b);
    status = read_factors(b, p, name, factors, factors + p->rows);
    if (status == BL_OK)
        status = read_rows(b, p, t, part, stride, factors, factors + p->rows, rows);
    bl_free(factors);
    return status;
}

/* Only a head's small layer stays float in a converted file. */
static bl_status write_float_part(bl_builder *b, const bl_linear_plan *p, size_t part)
{
    char name[BL_NAME_SIZE];
    const size_t count = p->rows * p->columns;
    const bl_tensor *t = bl_find(b->tensors, bl_join(name, p->names[part], ".weight"));
    float *weights = bl_malloc(count * sizeof *weights);
    if (!weights) return bl_builder_no_memory(b);
    bl_floats(t, 0, count, weights);
    const bl_status status =
        bl_writer_floats(b->writer, name, weights, p->rows, p->columns, p->columns, b->error);
    bl_free(weights);
    return status;
}

static bl_status build_float(bl_builder *b, const bl_linear_plan *p, float *bias, bl_linear *out)
{
    const size_t stride = out->in, cells = out->in * out->out;
    float *packed = bl_builder_memory(b, cells, sizeof *packed);
    float *rows = packed ? bl_calloc(cells, sizeof *rows) : NULL;
    if (!rows) return bl_builder_no_memory(b);
    bl_status status = BL_OK;
    for (size_t part = 0; part < part_count(p) && status == BL_OK; part++) {
        status = read_bias(b, p, part, bias);
        if (status == BL_OK) status = read_float_part(b, p, part, stride, rows);
        if (status == BL_OK && b->writer) status = write_float_part(b, p, part);
    }
    if (status == BL_OK) {
        b->model->k->pack32(rows, stride, out->out, stride, packed);
        for (size_t i = 0; p->effective && i < cells; i++) p->effective[i] = rows[i];
        out->floats = packed;
    }
    bl_free(rows);
    return status;
}

/* ---- int8 --------------------------------------------------------------------------- */

typedef struct {
    int8_t *rows;         /* all parts, padded */
    int8_t *part;         /* one part as the file has it, */
    float *steps;         /* and its rows' steps */
    float *weight_factor; /* rescaling, per column; */
    float *input_factor;  /* NULL without rescaling */
    float *scale;         /* all rows' steps, padded */
} int8_layer;

static bl_status read_int8_part(bl_builder *b, const bl_linear_plan *p, size_t part, size_t stride,
                                const int8_layer *l)
{
    char name[BL_NAME_SIZE];
    const bl_status status = bl_read_int8(b, bl_join(name, p->names[part], ".weight"), p->rows,
                                          p->columns, l->input_factor ? l->weight_factor : NULL,
                                          l->part, l->steps);
    if (status != BL_OK) return status;
    const bl_model *m = b->model;
    const size_t run = p->padding == BL_COLUMNS_BY_HEAD ? m->c.hidden / m->c.heads : p->columns;
    for (size_t r = 0; r < p->rows; r++) {
        const size_t row = packed_row(m, p, part, r);
        l->scale[row] = l->steps[r];
        for (size_t i = 0; i < p->columns; i += run)
            memcpy(l->rows + row * stride + packed_column(m, p, i), l->part + r * p->columns + i,
                   run);
        for (size_t i = 0; p->effective && i < p->columns; i++)
            p->effective[row * stride + packed_column(m, p, i)] =
                (float)l->part[r * p->columns + i] * l->steps[r] *
                (l->input_factor ? l->input_factor[i] : 1.0f);
    }
    return BL_OK;
}

static bl_status read_int8_layer(bl_builder *b, const bl_linear_plan *p, size_t stride, float *bias,
                                 const int8_layer *l)
{
    bl_status status = BL_OK;
    if (p->norm)
        status = bl_rescale_channels(b, p->names, p->parts, p->rows, p->columns, p->norm,
                                     l->weight_factor, l->input_factor);
    for (size_t part = 0; part < part_count(p) && status == BL_OK; part++) {
        status = read_bias(b, p, part, bias);
        if (status == BL_OK) status = read_int8_part(b, p, part, stride, l);
    }
    return status;
}

static bl_status build_int8(bl_builder *b, const bl_linear_plan *p, float *bias, bl_linear *out)
{
    const size_t cells = out->in * out->out;
    const bl_kernels *k = b->model->k;
    void *packed = bl_builder_memory(b, cells, k->column_unit);
    int32_t *sum = packed ? bl_builder_memory(b, out->out, sizeof *sum) : NULL;
    int8_layer l = { 0 };
    l.scale = sum ? bl_builder_memory(b, out->out, sizeof *l.scale) : NULL;
    if (l.scale && p->norm) l.input_factor = bl_builder_memory(b, out->in, sizeof *l.input_factor);
    if (!l.scale || (p->norm && !l.input_factor)) return BL_MEMORY_ERROR;
    l.rows = bl_calloc(cells, 1);
    l.part = bl_malloc(p->rows * p->columns);
    l.steps = bl_malloc(p->rows * sizeof *l.steps);
    l.weight_factor = bl_malloc(p->columns * sizeof *l.weight_factor);
    const int allocated = l.rows && l.part && l.steps && l.weight_factor;
    const bl_status status = allocated ? read_int8_layer(b, p, out->in, bias, &l)
                                       : bl_builder_no_memory(b);
    if (status == BL_OK) {
        k->pack8(l.rows, out->out, out->in, packed, sum);
        out->columns = (bl_columns8){ packed, l.scale, sum };
        out->balance = l.input_factor;
    }
    bl_free(l.rows);
    bl_free(l.part);
    bl_free(l.steps);
    bl_free(l.weight_factor);
    return status;
}

bl_status bl_build_linear(bl_builder *b, const bl_linear_plan *p, bl_linear *out)
{
    const bl_model *m = b->model;
    const size_t part = p->padding == BL_ROWS_BY_HEAD ? m->width : p->rows;
    out->in = p->padding == BL_COLUMNS_BY_HEAD ? m->width : bl_pad(p->columns);
    out->out = bl_pad(p->parts * part);
    float *bias = bl_builder_memory(b, out->out, sizeof *bias);
    if (!bias) return BL_MEMORY_ERROR;
    out->bias = bias;
    if (m->info.precision == BL_INT8 && !p->always_float) return build_int8(b, p, bias, out);
    return build_float(b, p, bias, out);
}
