/* dot_armv6.h: dot products with ARMv6 SMLAD, two 16-bit products a cycle; dot_generic.h says what
 * each function must do. Rows and columns are kept as int16, so that the inner loop has nothing to
 * unpack. */
#include <arm_acle.h>

#define DOT_MR          2
#define DOT_NR          64
#define DOT_ZERO        0
#define DOT_ROW_UNIT    2
#define DOT_COLUMN_UNIT 2

typedef int32_t __attribute__((may_alias)) dot_pair;

static inline void dot_put_row16(void *data, size_t row, size_t i, size_t k, const vi *q,
                                 int32_t offset)
{
    int16_t *p = (int16_t *)data + row * k + i;
    for (size_t j = 0; j < 16; j++) p[j] = (int16_t)(q[j] + offset);
}
static inline void dot_put_column16(void *data, size_t column, size_t i, size_t k, const int8_t *q)
{
    int16_t *p = (int16_t *)data + column * k + i;
    for (size_t j = 0; j < 16; j++) p[j] = q[j];
}
static inline void dot_put_quads16(void *data, size_t column, size_t i, size_t k, const vi *quads)
{
    for (size_t j = 0; j < 16; j++) {
        int16_t *p = (int16_t *)data + (column + j) * k + i;
        for (int t = 0; t < 4; t++) p[t] = (int8_t)((uint32_t)quads[j] >> (8 * t));
    }
}

static void dot_2x2(const int16_t *a, const int16_t *b, size_t k, vi c[4])
{
    const dot_pair *a0 = (const dot_pair *)(const void *)a, *a1 = a0 + k / 2;
    const dot_pair *b0 = (const dot_pair *)(const void *)b, *b1 = b0 + k / 2;
    int32_t s00 = 0, s01 = 0, s10 = 0, s11 = 0;
    for (const dot_pair *end = a0 + k / 2; a0 != end; a0 += 4, a1 += 4, b0 += 4, b1 += 4)
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++) {
            int32_t p = a0[i], q = a1[i], x = b0[i], y = b1[i];
            s00 = __smlad(p, x, s00);
            s01 = __smlad(p, y, s01);
            s10 = __smlad(q, x, s10);
            s11 = __smlad(q, y, s11);
        }
    c[0] = s00;
    c[1] = s01;
    c[2] = s10;
    c[3] = s11;
}
static void dot_1x2(const int16_t *a, const int16_t *b, size_t k, vi c[2])
{
    const dot_pair *a0 = (const dot_pair *)(const void *)a;
    const dot_pair *b0 = (const dot_pair *)(const void *)b, *b1 = b0 + k / 2;
    int32_t s0 = 0, s1 = 0;
    for (const dot_pair *end = a0 + k / 2; a0 != end; a0 += 4, b0 += 4, b1 += 4)
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++) {
            s0 = __smlad(a0[i], b0[i], s0);
            s1 = __smlad(a0[i], b1[i], s1);
        }
    c[0] = s0;
    c[1] = s1;
}
BL_INLINE void dot_tile(const gemm_output *s, const int raw, size_t columns, const void *a,
                        size_t k, const void *b)
{
    const int16_t *p = a, *q = b;
    vi c[4];
    if (s->rows == 2) {
        const factors f = row_factors(s, raw, 0, 2);
        for (size_t j = 0; j < columns; j += 2) {
            dot_2x2(p, q + j * k, k, c);
            store_tile(s, raw, f, 0, 2, j, 2, c, 2);
        }
    } else {
        const factors f = row_factors(s, raw, 0, 1);
        for (size_t j = 0; j < columns; j += 2) {
            dot_1x2(p, q + j * k, k, c);
            store_tile(s, raw, f, 0, 1, j, 2, c, 2);
        }
    }
}

static void dot_in_place16(const void *a, size_t row, const int8_t *b, size_t k, int32_t *c)
{
    const dot_pair *p = (const dot_pair *)(const void *)((const int16_t *)a + row * k);
    for (size_t j = 0; j < 16; j += 4) {
        int32_t s[4] = { 0, 0, 0, 0 };
        for (size_t i = 0; i < k; i += 4) {
            uint32_t u = (uint32_t)p[i / 2], v = (uint32_t)p[i / 2 + 1];
            int32_t even = (int32_t)((u & 0xFFFF) | (v << 16)),
                    odd = (int32_t)((u >> 16) | (v & 0xFFFF0000u));
#pragma GCC unroll 4
            for (int t = 0; t < 4; t++) {
                uint32_t w;
                memcpy(&w, b + (j + (size_t)t) * k + i, 4);
                s[t] = __smlad(even, __sxtb16((int32_t)w), s[t]);
                s[t] = __smlad(odd, __sxtb16((int32_t)((w >> 8) | (w << 24))), s[t]);
            }
        }
        memcpy(c + j, s, sizeof s);
    }
}
