/* dot_mve.h: dot products with Helium (MVE) on Cortex-M55 and M85: VMLADAV adds sixteen products to
 * a register. dot_generic.h says what each function must do, and both layouts are its own. */
#include <arm_mve.h>

#define DOT_MR          4
#define DOT_NR          64
#define DOT_ZERO        0
#define DOT_ROW_UNIT    1
#define DOT_COLUMN_UNIT 1

static inline void dot_put_row16(void *data, size_t row, size_t i, size_t k, const vi *q,
                                 int32_t offset)
{
    for (size_t j = 0; j < 16; j++) ((int8_t *)data)[row * k + i + j] = (int8_t)(q[j] + offset);
}
static inline void dot_put_column16(void *data, size_t column, size_t i, size_t k, const int8_t *q)
{
    memcpy((int8_t *)data + column * k + i, q, 16);
}
static inline void dot_put_quads16(void *data, size_t column, size_t i, size_t k, const vi *quads)
{
    for (size_t j = 0; j < 16; j++) memcpy((int8_t *)data + (column + j) * k + i, &quads[j], 4);
}

/* rows (a constant) times two columns. */
BL_INLINE void dot_rows(const size_t rows, const int8_t *a, const int8_t *b, size_t k, vi *c)
{
    int32_t s[2 * DOT_MR] = { 0 };
    for (size_t i = 0; i < k; i += 16) {
        const int8x16_t x = vldrbq_s8(b + i), y = vldrbq_s8(b + k + i);
        BL_UNROLL for (size_t r = 0; r < rows; r++)
        {
            const int8x16_t row = vldrbq_s8(a + r * k + i);
            s[2 * r] = vmladavaq_s8(s[2 * r], row, x);
            s[2 * r + 1] = vmladavaq_s8(s[2 * r + 1], row, y);
        }
    }
    BL_UNROLL for (size_t i = 0; i < 2 * rows; i++) c[i] = s[i];
}
BL_INLINE void dot_tile_rows(const size_t rows, const gemm_output *s, const int raw, size_t columns,
                             const void *a, size_t k, const void *b)
{
    const factors f = row_factors(s, raw, 0, rows);
    vi c[2 * DOT_MR];
    for (size_t j = 0; j < columns; j += 2) {
        dot_rows(rows, a, (const int8_t *)b + j * k, k, c);
        store_tile(s, raw, f, 0, rows, j, 2, c, 2);
    }
}
BL_INLINE void dot_tile(const gemm_output *s, const int raw, size_t columns, const void *a,
                        size_t k, const void *b)
{
    switch (s->rows) {
    case 1: dot_tile_rows(1, s, raw, columns, a, k, b); break;
    case 2: dot_tile_rows(2, s, raw, columns, a, k, b); break;
    case 3: dot_tile_rows(3, s, raw, columns, a, k, b); break;
    default: dot_tile_rows(4, s, raw, columns, a, k, b);
    }
}

static void dot_in_place16(const void *a, size_t row, const int8_t *b, size_t k, int32_t *c)
{
    const int8_t *p = (const int8_t *)a + row * k;
    for (size_t j = 0; j < 16; j++) {
        int32_t s = 0;
        for (size_t i = 0; i < k; i += 16)
            s = vmladavaq_s8(s, vldrbq_s8(p + i), vldrbq_s8(b + j * k + i));
        c[j] = s;
    }
}
