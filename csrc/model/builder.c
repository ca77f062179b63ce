#include "builder.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../error.h"
#include "../memory.h"

struct bl_chunk {
    bl_chunk *next;
};

static void *take(bl_model *m, size_t count, size_t size)
{
    enum { HEADER = 64 }; /* keeps what follows aligned */
    if (size && count > (SIZE_MAX - HEADER) / size) return NULL;
    bl_chunk *c = bl_malloc_aligned(HEADER + count * size);
    if (!c) return NULL;
    memset(c, 0, HEADER + count * size);
    c->next = m->memory;
    m->memory = c;
    return (char *)c + HEADER;
}

void bl_model_memory_free(bl_model *m)
{
    while (m->memory) {
        bl_chunk *next = m->memory->next;
        bl_free_aligned(m->memory);
        m->memory = next;
    }
}

bl_status bl_builder_no_memory(bl_builder *b) { return bl_no_memory(b->error, "the model"); }

void *bl_builder_memory(bl_builder *b, size_t count, size_t size)
{
    void *memory = take(b->model, count, size);
    if (!memory) bl_builder_no_memory(b);
    return memory;
}

int bl_builder_has(const bl_builder *b, const char *name)
{
    return bl_find(b->tensors, name) != NULL;
}

/* Old checkpoints call a norm's weight and bias gamma and beta. */
static const bl_tensor *find_old_name(const bl_tensors *tensors, const char *name)
{
    const char *dot = strrchr(name, '.');
    char norm[BL_NAME_SIZE], old[BL_NAME_SIZE];
    if (!dot || !strstr(name, "LayerNorm")) return NULL;
    snprintf(norm, sizeof norm, "%.*s", (int)(dot - name), name);
    return bl_find(tensors, bl_join(old, norm, strcmp(dot, ".weight") ? ".beta" : ".gamma"));
}

bl_status bl_builder_tensor(bl_builder *b, const char *name, size_t rows, size_t columns,
                            const bl_tensor **out)
{
    const bl_tensor *t = bl_find(b->tensors, name);
    if (!t) t = find_old_name(b->tensors, name);
    if (!t) {
        bl_fail(b->error, BL_CONFIG_ERROR,
                "the model has no tensor %s, which its config.json asks for; use the config.json "
                "that was saved with it.",
                name);
        return BL_CONFIG_ERROR;
    }
    if (t->rank != (columns ? 2u : 1u) || t->shape[0] != rows ||
        (columns && t->shape[1] != columns)) {
        char want[64];
        if (columns) snprintf(want, sizeof want, "[%zu, %zu]", rows, columns);
        else snprintf(want, sizeof want, "[%zu]", rows);
        bl_fail(b->error, BL_CONFIG_ERROR,
                "tensor %s does not have the shape %s that its config.json asks for; use the "
                "config.json that was saved with it.",
                name, want);
        return BL_CONFIG_ERROR;
    }
    if (t->dtype == BL_OTHER) {
        bl_fail(b->error, BL_CONFIG_ERROR,
                "tensor %s holds integers or a rare float type; save the model in float32.", name);
        return BL_CONFIG_ERROR;
    }
    *out = t;
    return BL_OK;
}

bl_status bl_builder_floats(bl_builder *b, const bl_tensor *t, size_t from, size_t count,
                            float *out)
{
    const uint32_t smallest = 0x2B800000u, largest = 0x49800000u; /* bits of 2^-40 and 2^20 */
    uint32_t most = 0, least = UINT32_MAX;
    bl_floats(t, from, count, out);
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, out + i, 4);
        bits &= 0x7FFFFFFF;
        most = bits > most ? bits : most;
        least = bits < least ? bits : least;
    }
    if (least < smallest)
        for (size_t i = 0; i < count; i++)
            if (fabsf(out[i]) < 0x1p-40f) out[i] = 0.0f;
    if (most <= largest) return BL_OK;
    return bl_fail(b->error, BL_CONFIG_ERROR,
                   "tensor %s holds NaN, infinity or a value beyond 2^20; the checkpoint is "
                   "damaged, download or train it again.",
                   t->name);
}

void bl_builder_release(bl_builder *b, const bl_tensor *t, size_t count)
{
    bl_map_release(&b->model->map, t->data, count * bl_dtype_size(t->dtype));
}

/* A vector of floats that goes with an int8 matrix. */
static bl_status read_companion(bl_builder *b, const char *name, const char *suffix, size_t count,
                                float *out)
{
    char full[BL_NAME_SIZE];
    const bl_tensor *t;
    const bl_status status = bl_builder_tensor(b, bl_join(full, name, suffix), count, 0, &t);
    if (status != BL_OK) return status;
    if (t->dtype == BL_I8)
        return bl_fail(b->error, BL_CONFIG_ERROR,
                       "tensor %s holds int8 instead of floats; convert the model again.", full);
    return bl_builder_floats(b, t, 0, count, out);
}

bl_status bl_read_steps(bl_builder *b, const char *name, size_t rows, float *steps)
{
    return read_companion(b, name, ".scale", rows, steps);
}

bl_status bl_read_balance(bl_builder *b, const char *name, size_t columns, float *balance)
{
    return read_companion(b, name, ".balance", columns, balance);
}

/* A matrix in int8 becomes floats: each row has a step of its own. */
static bl_status multiply_steps(bl_builder *b, const char *name, size_t rows, size_t stride,
                                float *matrix)
{
    char scale[BL_NAME_SIZE];
    const bl_tensor *t;
    bl_status status = bl_builder_tensor(b, bl_join(scale, name, ".scale"), rows, 0, &t);
    if (status != BL_OK) return status;
    float *steps = bl_malloc(rows * sizeof *steps);
    if (!steps) return bl_builder_no_memory(b);
    status = bl_builder_floats(b, t, 0, rows, steps);
    for (size_t r = 0; r < rows && status == BL_OK; r++)
        for (size_t i = 0; i < stride; i++) matrix[r * stride + i] *= steps[r];
    bl_free(steps);
    return status;
}

bl_status bl_builder_matrix(bl_builder *b, const char *name, size_t rows, size_t columns,
                            const float **out)
{
    const bl_tensor *t;
    const bl_status found = bl_builder_tensor(b, name, rows, columns, &t);
    if (found != BL_OK) return found;
    const size_t n = columns ? columns : rows, count = columns ? rows : 1, stride = bl_pad(n);
    float *matrix = bl_builder_memory(b, count * stride, sizeof *matrix);
    if (!matrix) return BL_MEMORY_ERROR;
    for (size_t r = 0; r < count; r++) {
        const bl_status read = bl_builder_floats(b, t, r * n, n, matrix + r * stride);
        if (read != BL_OK) return read;
    }
    if (t->dtype == BL_I8 && columns) {
        const bl_status scaled = multiply_steps(b, name, rows, stride, matrix);
        if (scaled != BL_OK) return scaled;
    } else if (b->writer && t->dtype != BL_I8) {
        const bl_status added =
            bl_writer_floats(b->writer, name, matrix, rows, columns, stride, b->error);
        if (added != BL_OK) return added;
    }
    bl_builder_release(b, t, t->count);
    *out = matrix;
    return BL_OK;
}

bl_status bl_builder_norm(bl_builder *b, const char *name, bl_norm *out)
{
    char full[BL_NAME_SIZE];
    const size_t n = b->model->c.hidden;
    const bl_status status = bl_builder_matrix(b, bl_join(full, name, ".weight"), n, 0, &out->gain);
    if (status != BL_OK) return status;
    return bl_builder_matrix(b, bl_join(full, name, ".bias"), n, 0, &out->shift);
}
