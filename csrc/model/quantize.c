#include "quantize.h"

#include <math.h>
#include <string.h>

#include "../error.h"

enum { RELEASED_AT_ONCE = 1 << 16 }; /* elements */

float bl_quantize_row(const float *row, size_t n, int8_t *out)
{
    const float least = 1.2e-10f; /* a step below 2^-40 would read back as 0 */
    float most = 0;
    for (size_t i = 0; i < n; i++) most = fmaxf(most, fabsf(row[i]));
    const float steps = most > least ? 127.0f / most : 0.0f;
    for (size_t i = 0; i < n; i++) {
        float rounded = row[i] * steps + 12582912.0f; /* 1.5 * 2^23: to the nearest integer */
        int32_t bits;
        memcpy(&bits, &rounded, 4);
        out[i] = (int8_t)(bits - 0x4B400000);
    }
    return most > least ? most * (1.0f / 127.0f) : 0.0f;
}

bl_status bl_check_symmetric(bl_builder *b, const char *name, const int8_t *values, size_t count)
{
    if (!memchr(values, 0x80, count)) return BL_OK; /* -128 */
    return bl_fail(b->error, BL_CONFIG_ERROR,
                   "tensor %s holds -128, but converted files hold -127 to 127; convert the model "
                   "again.",
                   name);
}

static bl_status copy_int8(bl_builder *b, const bl_tensor *t, const char *name, size_t rows,
                           int8_t *values, float *steps)
{
    const bl_status status = bl_read_steps(b, name, rows, steps);
    if (status != BL_OK) return status;
    memcpy(values, t->data, t->count);
    return bl_check_symmetric(b, name, values, t->count);
}

static bl_status quantize(bl_builder *b, const bl_tensor *t, size_t rows, size_t columns,
                          const float *column_factor, int8_t *values, float *steps)
{
    for (size_t r = 0; r < rows; r++) {
        const size_t from = r * columns, to = from + columns;
        const bl_status status = bl_builder_floats(b, t, from, columns, b->row);
        if (status != BL_OK) return status;
        for (size_t i = 0; column_factor && i < columns; i++) b->row[i] *= column_factor[i];
        steps[r] = bl_quantize_row(b->row, columns, values + from);
        if (to / RELEASED_AT_ONCE != from / RELEASED_AT_ONCE) bl_builder_release(b, t, to);
    }
    return BL_OK;
}

bl_status bl_read_int8(bl_builder *b, const char *name, size_t rows, size_t columns,
                       const float *column_factor, int8_t *values, float *steps)
{
    const bl_tensor *t;
    bl_status status = bl_builder_tensor(b, name, rows, columns, &t);
    if (status != BL_OK) return status;
    status = t->dtype == BL_I8 ? copy_int8(b, t, name, rows, values, steps)
                               : quantize(b, t, rows, columns, column_factor, values, steps);
    if (status == BL_OK && b->writer)
        status = bl_writer_int8(b->writer, name, values, rows, columns, b->error);
    char scale[BL_NAME_SIZE];
    bl_join(scale, name, ".scale");
    if (status == BL_OK && b->writer)
        status = bl_writer_floats(b->writer, scale, steps, rows, 0, 0, b->error);
    bl_builder_release(b, t, t->count);
    return status;
}

/* Adds the squares of a matrix's weights, in steps of their rows, to each column's sum. */
static bl_status add_squares(bl_builder *b, const char *name, size_t rows, size_t columns,
                             float *sums)
{
    const bl_tensor *t;
    bl_status status = bl_builder_tensor(b, name, rows, columns, &t);
    for (size_t r = 0; r < rows && status == BL_OK; r++) {
        float most = 1e-10f;
        status = bl_builder_floats(b, t, r * columns, columns, b->row);
        if (status != BL_OK) break;
        for (size_t i = 0; i < columns; i++) most = fmaxf(most, fabsf(b->row[i]));
        for (size_t i = 0; i < columns; i++) {
            const float w = b->row[i] / most;
            sums[i] += w * w;
        }
    }
    return status;
}

bl_status bl_rescale_channels(bl_builder *b, const char *const *names, size_t parts, size_t rows,
                              size_t columns, const bl_norm *norm, float *weight_factor,
                              float *input_factor)
{
    char full[BL_NAME_SIZE];
    const bl_tensor *t;
    bl_status status = bl_builder_tensor(b, bl_join(full, names[0], ".weight"), rows, columns, &t);
    if (status != BL_OK) return status;
    if (t->dtype == BL_I8) {
        if (!b->writer) return bl_read_balance(b, full, columns, input_factor);
        return bl_fail(b->error, BL_CONFIG_ERROR,
                       "tensor %s is converted already; convert the float model that it was made "
                       "from.",
                       full);
    }
    for (size_t i = 0; i < columns; i++) weight_factor[i] = 0;
    for (size_t p = 0; p < parts; p++) {
        status = add_squares(b, bl_join(full, names[p], ".weight"), rows, columns, weight_factor);
        if (status != BL_OK) return status;
    }
    for (size_t i = 0; i < columns; i++) {
        const float weight = fmaxf(sqrtf(weight_factor[i] / (float)(parts * rows)), 1e-5f);
        const float channel = fmaxf(fabsf(norm->shift[i]) + 3.0f * fabsf(norm->gain[i]), 1e-5f);
        weight_factor[i] = sqrtf(channel / weight);
        input_factor[i] = 1.0f / weight_factor[i];
    }
    if (!b->writer) return BL_OK;
    bl_join(full, names[0], ".weight.balance");
    return bl_writer_floats(b->writer, full, input_factor, columns, 0, 0, b->error);
}
