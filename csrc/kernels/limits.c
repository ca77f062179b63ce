/* limits.c: what to compare a model's speed with: the int8 kernel without waiting for memory, and
 * memory without a kernel. */
#include <string.h>

#include "../error.h"
#include "../memory.h"
#include "kernels.h"
#include "limits.h"

/* 16 KiB of columns at two bytes a weight, half of the smallest first-level caches, and so many
 * values in each that storing a tile is little beside its products. */
enum { ROWS = 8, COLUMNS = 32, WIDTH = 256 };

typedef struct {
    _Alignas(64) unsigned char stored[ROWS * WIDTH * 2];
    _Alignas(64) unsigned char packed[COLUMNS * WIDTH * 2];
    _Alignas(64) float x[ROWS * WIDTH];
    float out[ROWS * COLUMNS];
    float row_scale[ROWS], column_scale[COLUMNS];
    int32_t zero[ROWS], sum[COLUMNS];
    int8_t weights[COLUMNS * WIDTH];
} product;

static void fill(product *p, const bl_kernels *k)
{
    const bl_rows8 rows = { p->stored, p->row_scale, p->zero };
    for (size_t i = 0; i < ROWS * WIDTH; i++) p->x[i] = (float)(i * 37 % 255) - 127.0f;
    for (size_t i = 0; i < COLUMNS * WIDTH; i++)
        p->weights[i] = (int8_t)((int)(i * 73 % 255) - 127);
    for (size_t i = 0; i < COLUMNS; i++) p->column_scale[i] = 0.01f;
    k->quantize(BL_LINEAR, p->x, WIDTH, NULL, ROWS, WIDTH, rows);
    k->pack8(p->weights, COLUMNS, WIDTH, p->packed, p->sum);
}

bl_status bl_multiply_in_cache(const char *isa, size_t rounds, uint64_t *products, bl_error *error)
{
    const bl_kernels *k = bl_find_isa(isa);
    if (!k)
        return bl_fail(error, BL_ISA_ERROR,
                       "\"%.60s\" is not an instruction set of this machine: expected one of those "
                       "that bl_isa_list gives.",
                       isa ? isa : "");
    product *p = bl_malloc_aligned(sizeof *p);
    if (!p) return bl_no_memory(error, "the measurement of a kernel");
    fill(p, k);
    const bl_rows8 rows = { p->stored, p->row_scale, p->zero };
    const bl_columns8 columns = { p->packed, p->column_scale, p->sum };
    for (size_t i = 0; i < rounds; i++)
        k->gemm8(rows, ROWS, columns, COLUMNS, WIDTH, NULL, p->out, COLUMNS);
    bl_free_aligned(p);
    *products = (uint64_t)rounds * ROWS * COLUMNS * WIDTH;
    return BL_OK;
}

static uint64_t word_at(const unsigned char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

uint64_t bl_read_all(const void *data, size_t size)
{
    const unsigned char *p = data, *end = p + size;
    uint64_t a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0; /* none waits for another */
    for (; end - p >= 64; p += 64) {
        a += word_at(p);
        b += word_at(p + 8);
        c += word_at(p + 16);
        d += word_at(p + 24);
        e += word_at(p + 32);
        f += word_at(p + 40);
        g += word_at(p + 48);
        h += word_at(p + 56);
    }
    while (p < end) a += *p++;
    return a + b + c + d + e + f + g + h;
}
