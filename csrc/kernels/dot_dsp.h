/* dot_dsp.h: dot products with SMLAD on Cortex-M4, M7 and M33, two 16-bit products a cycle;
 * dot_generic.h says what each function must do, dot_armv6.h does the same where memory is plenty.
 *
 * Columns are int8, as plain C packs them, since they stay in flash, which is small and slow: four
 * weights are one load and two SXTB16. These widen bytes 0 and 2, and 1 and 3, so rows are int16
 * with the inner two of every four swapped. */
#include <arm_acle.h>

#define DOT_MR          2
#define DOT_NR          64
#define DOT_ZERO        0
#define DOT_ROW_UNIT    2
#define DOT_COLUMN_UNIT 1

typedef int32_t __attribute__((may_alias)) dot_word;

/* Bytes 1 and 3, sign-extended. Compilers do not find the rotation in the instruction. */
static inline int32_t dot_odd(int32_t bytes)
{
    int32_t pair;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(bytes));
    return pair;
}

static inline void dot_put_row16(void *data, size_t row, size_t i, size_t k, const vi *q,
                                 int32_t offset)
{
    int16_t *p = (int16_t *)data + row * k + i;
    for (size_t j = 0; j < 16; j += 4) {
        p[j] = (int16_t)(q[j] + offset);
        p[j + 1] = (int16_t)(q[j + 2] + offset);
        p[j + 2] = (int16_t)(q[j + 1] + offset);
        p[j + 3] = (int16_t)(q[j + 3] + offset);
    }
}
static inline void dot_put_column16(void *data, size_t column, size_t i, size_t k, const int8_t *q)
{
    memcpy((int8_t *)data + column * k + i, q, 16);
}
static inline void dot_put_quads16(void *data, size_t column, size_t i, size_t k, const vi *quads)
{
    for (size_t j = 0; j < 16; j++) memcpy((int8_t *)data + (column + j) * k + i, &quads[j], 4);
}

static void dot_2x2(const int16_t *a, const int8_t *b, size_t k, vi c[4])
{
    const dot_word *a0 = (const dot_word *)(const void *)a, *a1 = a0 + k / 2;
    const dot_word *b0 = (const dot_word *)(const void *)b, *b1 = b0 + k / 4;
    const dot_word *const end = b1;
    int32_t s00 = 0, s01 = 0, s10 = 0, s11 = 0;
    while (b0 != end) {
#pragma GCC unroll 2
        for (int i = 0; i < 2; i++) {
            const int32_t x = *b0++, y = *b1++;
            const int32_t x_even = __sxtb16(x), x_odd = dot_odd(x);
            const int32_t y_even = __sxtb16(y), y_odd = dot_odd(y);
            const int32_t p = *a0++, p_odd = *a0++, q = *a1++, q_odd = *a1++;
            s00 = __smlad(p, x_even, s00);
            s01 = __smlad(p, y_even, s01);
            s10 = __smlad(q, x_even, s10);
            s11 = __smlad(q, y_even, s11);
            s00 = __smlad(p_odd, x_odd, s00);
            s01 = __smlad(p_odd, y_odd, s01);
            s10 = __smlad(q_odd, x_odd, s10);
            s11 = __smlad(q_odd, y_odd, s11);
        }
    }
    c[0] = s00;
    c[1] = s01;
    c[2] = s10;
    c[3] = s11;
}
static void dot_1x2(const int16_t *a, const int8_t *b, size_t k, vi c[2])
{
    const dot_word *a0 = (const dot_word *)(const void *)a;
    const dot_word *b0 = (const dot_word *)(const void *)b, *b1 = b0 + k / 4;
    const dot_word *const end = b1;
    int32_t s0 = 0, s1 = 0;
    while (b0 != end) {
#pragma GCC unroll 2
        for (int i = 0; i < 2; i++) {
            const int32_t x = *b0++, y = *b1++, p = *a0++, p_odd = *a0++;
            s0 = __smlad(p, __sxtb16(x), s0);
            s1 = __smlad(p, __sxtb16(y), s1);
            s0 = __smlad(p_odd, dot_odd(x), s0);
            s1 = __smlad(p_odd, dot_odd(y), s1);
        }
    }
    c[0] = s0;
    c[1] = s1;
}
BL_INLINE void dot_tile(const gemm_output *s, const int raw, size_t columns, const void *a,
                        size_t k, const void *b)
{
    const int16_t *p = a;
    const int8_t *q = b;
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
    const dot_word *p = (const dot_word *)(const void *)((const int16_t *)a + row * k);
    for (size_t j = 0; j < 16; j += 4) {
        int32_t s[4] = { 0, 0, 0, 0 };
        for (size_t i = 0; i < k; i += 4) {
            const int32_t even = p[i / 2], odd = p[i / 2 + 1];
#pragma GCC unroll 4
            for (int t = 0; t < 4; t++) {
                int32_t w;
                memcpy(&w, b + (j + (size_t)t) * k + i, 4);
                s[t] = __smlad(even, __sxtb16(w), s[t]);
                s[t] = __smlad(odd, dot_odd(w), s[t]);
            }
        }
        memcpy(c + j, s, sizeof s);
    }
}
