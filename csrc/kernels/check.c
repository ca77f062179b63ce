/* check.c: every kernel of an instruction set beside plain C on the same made-up data. A board's
 * owner can run it from the installed package; tests/checkkernels.c is the thorough one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bertlite.h"
#include "../platform.h"
#include "kernels.h"
#include "../memory.h"

enum { ARENA = 1 << 19, MOST_ROWS = 7 };

typedef struct {
    unsigned char *arena;
    size_t used;
    uint32_t seed;
    uint64_t hash;
} checker;

static void *capacity(checker *c, size_t size)
{
    void *p = c->arena + c->used;
    c->used += (size + 63) & ~(size_t)63;
    if (c->used > ARENA) abort(); /* the sizes below are constants */
    return memset(p, 0, size);
}

static uint32_t next(checker *c)
{
    c->seed = c->seed * 1664525u + 1013904223u;
    return c->seed >> 8;
}

static float *floats(checker *c, size_t count, float size)
{
    float *x = capacity(c, count * sizeof *x);
    for (size_t i = 0; i < count; i++)
        x[i] = ((float)(int32_t)(next(c) % 20001) - 10000.0f) * size * 1e-4f;
    return x;
}

static int8_t *bytes(checker *c, size_t count)
{
    int8_t *x = capacity(c, count);
    for (size_t i = 0; i < count; i++) x[i] = (int8_t)((int)(next(c) % 255) - 127);
    return x;
}

static void keep(checker *c, const void *p, size_t size)
{
    for (size_t i = 0; i < size; i++)
        c->hash = (c->hash ^ ((const unsigned char *)p)[i]) * 0x100000001b3u;
}

static bl_rows8 rows8(checker *c, const bl_kernels *k, size_t rows, size_t n)
{
    return (bl_rows8){ capacity(c, (rows + 1) / 2 * 2 * n * k->row_unit), capacity(c, rows * 4),
                       capacity(c, rows * 4) };
}

static void simple(checker *c, const bl_kernels *k, size_t n)
{
    const size_t stride = bl_pad(n);
    const int32_t ids[] = { 3, 0, 2 }, types[] = { 0, 1, 0 };
    float *scale = floats(c, 16, 0.01f), *places = floats(c, 4 * stride, 1),
          *kinds = floats(c, 2 * stride, 1), *x = floats(c, 3 * stride, 4);
    const bl_tables tables = { bytes(c, 4 * stride), scale, NULL, places, kinds };
    k->embed(&tables, ids, ids, types, 3, stride, x);
    keep(c, x, 3 * stride * 4);
    for (size_t r = 0; r < 3; r++) memset(x + r * stride + n, 0, (stride - n) * 4);
    k->norm(x, NULL, stride, places, kinds, 1e-12f, 3, n);
    keep(c, x, 3 * stride * 4);
    for (int f = BL_LINEAR; f <= BL_TANH; f++) {
        float *y = floats(c, 3 * stride, 9);
        k->activate((bl_activation)f, y, stride, 3, stride);
        keep(c, y, 3 * stride * 4);
    }
    k->mean(x, stride, 3, stride, places);
    keep(c, places, stride * 4);
    const float top = k->largest(x, 3 * stride) + 0.0f, sum = k->sum_exp(x, 3 * stride, top);
    const uint64_t at = k->find_above(x, 1, 3 * stride, 0.5f);
    keep(c, &top, 4);
    keep(c, &sum, 4);
    keep(c, &at, 8);
}

static void products(checker *c, const bl_kernels *k, size_t rows, size_t n, size_t count)
{
    float *x = floats(c, rows * n, 3), *balance = floats(c, n, 1), *scale = floats(c, count, 0.01f),
          *bias = floats(c, count, 1);
    float *out = capacity(c, rows * count * 4);
    const int8_t *w = bytes(c, count * n);
    bl_rows8 a = rows8(c, k, rows, n);
    int32_t *sum = capacity(c, count * 4);
    void *packed = capacity(c, count * n * (k->column_unit > 4 ? k->column_unit : 4));
    k->quantize(BL_GELU, x, n, NULL, rows, n, a);
    k->quantize(BL_LINEAR, x, n, balance, rows, n, a);
    k->pack8(w, count, n, packed, sum);
    k->gemm8(a, rows, (bl_columns8){ packed, scale, sum }, count, n, bias, out, count);
    keep(c, out, rows * count * 4);
    k->sums8(w, count, n, sum);
    k->gemm8_in_place(a, rows, w, scale, sum, count, n, bias, out, count);
    keep(c, out, rows * count * 4);
    float *columns = floats(c, count * n, 1);
    k->pack32(columns, n, count, n, packed);
    k->gemm32(x, n, rows, packed, count, n, bias, out, count);
    keep(c, out, rows * count * 4);
}

static void attention(checker *c, const bl_kernels *k, size_t count, size_t d)
{
    const size_t padded = bl_pad(count), rows = count < MOST_ROWS ? count : MOST_ROWS,
                 unit = k->column_unit > 4 ? k->column_unit : 4;
    float *x = floats(c, padded * d, 2), *scale = capacity(c, padded * 4),
          *value_scale = capacity(c, padded * 4), *out = capacity(c, padded * d * 4);
    int32_t *sum = capacity(c, padded * 4), *value_sum = capacity(c, d * 4);
    void *keys = capacity(c, padded * d * unit), *values = capacity(c, padded * d * unit);
    const size_t scratch = k->attend8_scratch(count), scratch32 = k->attend32_scratch(count);
    void *work = capacity(c, scratch > scratch32 ? scratch : scratch32);
    bl_rows8 q = rows8(c, k, rows, d);
    k->quantize(BL_LINEAR, x, d, NULL, rows, d, q);
    k->pack_keys8(x, d, count, d, keys, scale, sum);
    k->pack_values8(x, d, count, d, values, value_scale, value_sum);
    k->attend8(q, rows, (bl_columns8){ keys, scale, sum },
               (bl_columns8){ values, value_scale, value_sum }, count, d, 0.2f, work, out, d);
    keep(c, out, rows * d * 4);
    k->pack32(x, d, count, d, keys);
    k->pack_values32(x, d, count, d, values);
    k->attend32(x, d, rows, keys, values, count, d, 0.2f, work, out, d);
    keep(c, out, rows * d * 4);
    k->attend_few32(x, rows, x, count, d, 0.2f, keys, out);
    keep(c, out, rows * d * 4);
}

static uint64_t checked(checker *c, const bl_kernels *k)
{
    static const size_t sizes[] = { 16, 48, 64, 112, 256 }, counts[] = { 1, 5, 16, 37, 64 };
    c->seed = 1;
    c->hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        c->used = 0;
        simple(c, k, sizes[i] - i);
        c->used = 0;
        products(c, k, i + 1, sizes[i], bl_pad(3 * counts[i]));
        c->used = 0;
        attention(c, k, counts[i], i % 2 ? 32 : 64);
    }
    return c->hash;
}

bl_status bl_check_isa(const char *name, bl_error *error)
{
    size_t count;
    const bl_kernels *const *isas = bl_isas(&count);
    const bl_kernels *found = NULL;
    for (size_t i = 0; i < count; i++)
        if (!strcmp(isas[i]->name, name) && bl_isa_available(isas[i])) found = isas[i];
    checker c = { NULL, 0, 0, 0 };
    bl_status status = BL_ISA_ERROR;
    if (!found) {
        snprintf(error->text, sizeof error->text, "%.60s is no instruction set of this machine.",
                 name);
    } else if (!(c.arena = bl_malloc_aligned(ARENA))) {
        status = BL_MEMORY_ERROR;
        snprintf(error->text, sizeof error->text, "there is no memory for the check.");
    } else if (checked(&c, isas[0]) != checked(&c, found)) {
        snprintf(error->text, sizeof error->text,
                 "the kernels of %.60s do not give what plain C gives; please report it with the "
                 "machine's name.",
                 name);
    } else {
        status = BL_OK;
    }
    error->status = status;
    bl_free_aligned(c.arena);
    return status;
}
