/* check.c: every kernel of an instruction set against plain C on the same generated data. It is in
 * the library, so that a board's owner can run it from an installed package; tests/checkkernels.c
 * is more thorough. */
#include <stdlib.h>
#include <string.h>

#include "bertlite.h"
#include "../error.h"
#include "../memory.h"
#include "kernels.h"

enum { ARENA_SIZE = 1 << 19, MAX_ROWS = 7 };

/* One run of all checks on one instruction set. `hash` covers every byte that kernels returned. */
typedef struct {
    unsigned char *arena;
    size_t used;
    uint32_t seed;
    uint64_t hash;
} checker;

static void *allocate(checker *c, size_t size)
{
    void *p = c->arena + c->used;
    c->used += (size + 63) & ~(size_t)63;
    if (c->used > ARENA_SIZE) abort(); /* a mistake in this file: all its sizes are constants */
    return memset(p, 0, size);
}

static uint32_t next(checker *c)
{
    c->seed = c->seed * 1664525u + 1013904223u;
    return c->seed >> 8;
}

static float *floats(checker *c, size_t count, float size)
{
    float *x = allocate(c, count * sizeof *x);
    for (size_t i = 0; i < count; i++)
        x[i] = ((float)(int32_t)(next(c) % 20001) - 10000.0f) * size * 1e-4f;
    return x;
}

static int8_t *bytes(checker *c, size_t count)
{
    int8_t *x = allocate(c, count);
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
    return (bl_rows8){ allocate(c, (rows + 1) / 2 * 2 * n * k->row_unit), allocate(c, rows * 4),
                       allocate(c, rows * 4) };
}

static void check_rows(checker *c, const bl_kernels *k, size_t n)
{
    const size_t stride = bl_pad(n);
    const int32_t ids[] = { 3, 0, 2 };
    const int32_t types[] = { 0, 1, 0 };
    const float *scale = floats(c, 16, 0.01f);
    float *position = floats(c, 4 * stride, 1);
    float *type = floats(c, 2 * stride, 1);
    float *x = floats(c, 3 * stride, 4);
    const bl_tables tables = { bytes(c, 4 * stride), scale, NULL, position, type };
    k->embed(&tables, ids, ids, types, 3, stride, x);
    keep(c, x, 3 * stride * 4);
    for (size_t r = 0; r < 3; r++) memset(x + r * stride + n, 0, (stride - n) * 4);
    k->norm(x, NULL, stride, position, type, 1e-12f, 3, n);
    keep(c, x, 3 * stride * 4);
    for (int f = BL_LINEAR; f < BL_ACTIVATIONS; f++) {
        float *y = floats(c, 3 * stride, 9);
        k->activate((bl_activation)f, y, stride, 3, stride);
        keep(c, y, 3 * stride * 4);
    }
    k->mean(x, stride, 3, stride, position);
    keep(c, position, stride * 4);
}

static void check_top_k(checker *c, const bl_kernels *k, size_t n)
{
    const float *x = floats(c, 3 * n, 4);
    const float largest = k->largest(x, 3 * n) + 0.0f; /* -0 becomes +0 */
    const float sum = k->sum_exp(x, 3 * n, largest);
    const uint64_t found = k->find_above(x, 1, 3 * n, 0.9f * largest);
    keep(c, &largest, 4);
    keep(c, &sum, 4);
    keep(c, &found, 8);
}

static void check_products(checker *c, const bl_kernels *k, size_t rows, size_t n, size_t count)
{
    float *x = floats(c, rows * n, 3);
    const float *balance = floats(c, n, 1);
    const float *scale = floats(c, count, 0.01f);
    const float *bias = floats(c, count, 1);
    float *out = allocate(c, rows * count * 4);
    const int8_t *w = bytes(c, count * n);
    bl_rows8 a = rows8(c, k, rows, n);
    int32_t *sum = allocate(c, count * 4);
    void *packed = allocate(c, count * n * (k->column_unit > 4 ? k->column_unit : 4));
    k->quantize(BL_GELU, x, n, NULL, rows, n, a);
    k->quantize(BL_LINEAR, x, n, balance, rows, n, a);
    k->pack8(w, count, n, packed, sum);
    k->gemm8(a, rows, (bl_columns8){ packed, scale, sum }, count, n, bias, out, count);
    keep(c, out, rows * count * 4);
    k->sums8(w, count, n, sum);
    float softmax[2 * MAX_ROWS] = { 0 };
    k->gemm8_in_place(a, rows, w, scale, sum, count, n, bias, out, count, softmax, 0);
    keep(c, out, rows * count * 4);
    for (size_t r = 0; r < rows; r++) softmax[2 * r] += 0.0f; /* -0 becomes +0 */
    keep(c, softmax, sizeof softmax);
    float *columns = floats(c, count * n, 1);
    k->pack32(columns, n, count, n, packed);
    k->gemm32(x, n, rows, packed, count, n, bias, out, count);
    keep(c, out, rows * count * 4);
}

static void check_attention(checker *c, const bl_kernels *k, size_t count, size_t d)
{
    const size_t padded = bl_pad(count);
    const size_t rows = count < MAX_ROWS ? count : MAX_ROWS;
    const size_t unit = k->column_unit > 4 ? k->column_unit : 4;
    float *x = floats(c, padded * d, 2);
    float *scale = allocate(c, padded * 4);
    float *value_scale = allocate(c, padded * 4);
    float *out = allocate(c, padded * d * 4);
    int32_t *sum = allocate(c, padded * 4);
    int32_t *value_sum = allocate(c, d * 4);
    void *keys = allocate(c, padded * d * unit);
    void *values = allocate(c, padded * d * unit);
    const size_t scratch = k->attend8_scratch(count);
    const size_t scratch32 = k->attend32_scratch(count);
    void *work = allocate(c, scratch > scratch32 ? scratch : scratch32);
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

static uint64_t hash_results(checker *c, const bl_kernels *k)
{
    static const size_t sizes[] = { 16, 48, 64, 112, 256 };
    static const size_t counts[] = { 1, 5, 16, 37, 64 };
    c->seed = 1;
    c->hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        c->used = 0;
        check_rows(c, k, sizes[i] - i);
        check_top_k(c, k, sizes[i] - i);
        c->used = 0;
        check_products(c, k, i + 1, sizes[i], bl_pad(3 * counts[i]));
        c->used = 0;
        check_attention(c, k, counts[i], i % 2 ? 32 : 64);
    }
    return c->hash;
}

bl_status bl_check_isa(const char *name, bl_error *error)
{
    size_t count;
    const bl_kernels *plain = bl_isas(&count)[0];
    const bl_kernels *isa = bl_find_isa(name);
    if (!isa)
        return bl_fail(error, BL_ISA_ERROR,
                       "\"%.60s\" is not an instruction set of this machine: expected one of those "
                       "that bl_isa_list gives.",
                       name ? name : "");
    checker c = { .arena = bl_malloc_aligned(ARENA_SIZE) };
    if (!c.arena) return bl_no_memory(error, "the check of an instruction set");
    const uint64_t want = hash_results(&c, plain);
    const uint64_t got = hash_results(&c, isa);
    bl_free_aligned(c.arena);
    if (got != want)
        return bl_fail(error, BL_ISA_ERROR,
                       "the kernels of %.60s do not return the bytes that plain C returns: set "
                       "BERTLITE_ISA=generic, and please report the processor's name.",
                       name);
    return BL_OK;
}
