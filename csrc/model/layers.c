#include "layers.h"

#include <stdio.h>

#include "../memory.h"
#include "pack.h"

/* Full names of one layer's tensors. */
typedef struct {
    char query[BL_NAME_SIZE], key[BL_NAME_SIZE], value[BL_NAME_SIZE], output[BL_NAME_SIZE];
    char attention_norm[BL_NAME_SIZE], up[BL_NAME_SIZE], down[BL_NAME_SIZE];
    char output_norm[BL_NAME_SIZE];
} layer_names;

static void name_layer(const bl_builder *b, size_t index, layer_names *out)
{
    const bl_names *n = b->names;
    char start[BL_NAME_SIZE];
    snprintf(start, sizeof start, "%s%s%zu.", b->prefix, n->layer, index);
    bl_join(out->query, start, n->query);
    bl_join(out->key, start, n->key);
    bl_join(out->value, start, n->value);
    bl_join(out->output, start, n->output);
    bl_join(out->attention_norm, start, n->attention_norm);
    bl_join(out->up, start, n->up);
    bl_join(out->down, start, n->down);
    bl_join(out->output_norm, start, n->output_norm);
}

/* Key and value weights per head, for attention by one token of a text alone: see bl_layer. */
static bl_status fold(bl_builder *b, const float *keys, const float *values, bl_layer *out)
{
    const bl_model *m = b->model;
    const size_t h = m->hidden, d = m->head, cells = m->width * h;
    float *key_fold = bl_builder_memory(b, cells, sizeof *key_fold);
    float *value_fold = key_fold ? bl_builder_memory(b, cells, sizeof *value_fold) : NULL;
    float *transposed = value_fold ? bl_malloc(h * d * sizeof *transposed) : NULL;
    if (!transposed) return bl_builder_no_memory(b);
    for (size_t head = 0; head < m->c.heads; head++) {
        const float *w = keys + head * d * h;
        for (size_t i = 0; i < h; i++)
            for (size_t j = 0; j < d; j++) transposed[i * d + j] = w[j * h + i];
        m->k->pack32(transposed, d, h, d, key_fold + head * h * d);
        m->k->pack32(values + head * d * h, h, d, h, value_fold + head * h * d);
    }
    bl_free(transposed);
    out->key_fold = key_fold;
    out->value_fold = value_fold;
    return BL_OK;
}

/* effective (or NULL): working memory for the weights of query, key and value as they act. */
static bl_status build_attention(bl_builder *b, const layer_names *n, const bl_norm *before,
                                 float *effective, bl_layer *out)
{
    const bl_model *m = b->model;
    const size_t h = m->c.hidden, cells = m->width * m->hidden;
    const bl_linear_plan query_key = { .names = { n->query, n->key },
                                       .parts = 2,
                                       .rows = h,
                                       .columns = h,
                                       .padding = BL_ROWS_BY_HEAD,
                                       .norm = before,
                                       .effective = effective };
    const bl_linear_plan value = { .names = { n->value },
                                   .parts = 1,
                                   .rows = h,
                                   .columns = h,
                                   .padding = BL_ROWS_BY_HEAD,
                                   .norm = before,
                                   .effective = effective ? effective + 2 * cells : NULL };
    bl_status status = bl_build_linear(b, &query_key, &out->query_key);
    if (status == BL_OK) status = bl_build_linear(b, &value, &out->value);
    if (status == BL_OK && effective)
        status = fold(b, effective + cells, effective + 2 * cells, out);
    return status;
}

static bl_status build_rest(bl_builder *b, const layer_names *n, bl_layer *out)
{
    const bl_config_values *c = &b->model->c;
    const bl_linear_plan output = { .names = { n->output },
                                    .parts = 1,
                                    .rows = c->hidden,
                                    .columns = c->hidden,
                                    .padding = BL_COLUMNS_BY_HEAD };
    const bl_linear_plan up = { .names = { n->up },
                                .parts = 1,
                                .rows = c->intermediate,
                                .columns = c->hidden,
                                .norm = &out->attention_norm };
    const bl_linear_plan down = {
        .names = { n->down }, .parts = 1, .rows = c->hidden, .columns = c->intermediate
    };
    bl_status status = bl_build_linear(b, &output, &out->output);
    if (status == BL_OK) status = bl_builder_norm(b, n->attention_norm, &out->attention_norm);
    if (status == BL_OK) status = bl_build_linear(b, &up, &out->up);
    if (status == BL_OK) status = bl_build_linear(b, &down, &out->down);
    if (status == BL_OK) status = bl_builder_norm(b, n->output_norm, &out->output_norm);
    return status;
}

static bl_status build_layer(bl_builder *b, size_t index, const bl_norm *before, bl_layer *out)
{
    const bl_model *m = b->model;
    float *effective = NULL;
    layer_names names;
    name_layer(b, index, &names);
    if (index + 1 == m->c.layers) {
        effective = bl_calloc(3 * m->width * m->hidden, sizeof *effective);
        if (!effective) return bl_builder_no_memory(b);
    }
    const bl_status status = build_attention(b, &names, before, effective, out);
    bl_free(effective);
    return status == BL_OK ? build_rest(b, &names, out) : status;
}

bl_status bl_build_layers(bl_builder *b, const bl_norm **last)
{
    bl_model *m = b->model;
    m->layers = bl_builder_memory(b, m->c.layers, sizeof *m->layers);
    if (!m->layers) return BL_MEMORY_ERROR;
    *last = &m->embedding_norm;
    for (size_t i = 0; i < m->c.layers; i++) {
        const bl_status status = build_layer(b, i, *last, &m->layers[i]);
        if (status != BL_OK) return status;
        *last = &m->layers[i].output_norm;
    }
    return BL_OK;
}
