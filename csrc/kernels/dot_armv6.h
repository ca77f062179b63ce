/* dot_armv6.h: dot products with ARMv6 SMLAD, two 16-bit products a cycle; dot_generic.h says what
 * each function must do. Rows and columns are kept as int16, so that the inner loop has nothing to
 * unpack, and in pairs, so that one instruction loads two pairs of values of two of them:
 * [row/2][k/2][2][2]. */
#include <arm_acle.h>

#define DOT_MR          2
#define DOT_NR          64
#define DOT_ZERO        0
#define DOT_ROW_UNIT    2
#define DOT_ROWS_BESIDE 2 /* rows that lie side by side */
#define DOT_COLUMN_UNIT 2

typedef int32_t __attribute__((may_alias)) dot_pair;

/* Where a pair of values lies; i is even. */
static inline int16_t *dot_at(void *data, size_t row, size_t i, size_t k)
{
    return (int16_t *)data + row / 2 * 2 * k + i * 2 + row % 2 * 2;
}
static inline void dot_put_row16(void *data, size_t row, size_t i, size_t k, const vi *q,
                                 int32_t offset)
{
    int16_t *p = dot_at(data, row, i, k);
    for (size_t j = 0; j < 16; j += 2, p += 4) {
        p[0] = (int16_t)(q[j] + offset);
        p[1] = (int16_t)(q[j + 1] + offset);
    }
}
static inline void dot_put_column16(void *data, size_t column, size_t i, size_t k, const int8_t *q)
{
    int16_t *p = dot_at(data, column, i, k);
    for (size_t j = 0; j < 16; j += 2, p += 4) {
        p[0] = q[j];
        p[1] = q[j + 1];
    }
}
static inline void dot_put_quads16(void *data, size_t column, size_t i, size_t k, const vi *quads)
{
    for (size_t j = 0; j < 16; j++) {
        int16_t *p = dot_at(data, column + j, i, k);
        for (size_t t = 0; t < 4; t++)
            p[t / 2 * 4 + t % 2] = (int8_t)((uint32_t)quads[j] >> (8 * t));
    }
}

/* Four values of two rows and two columns. */
#define DOT_FOUR                                                                                   \
    "ldm %0!, {r4, r5, r6, r7}\n\t"                                                                \
    "ldm %1!, {r8, r9}\n\t"                                                                        \
    "smlad %2, r4, r8, %2\n\t"                                                                     \
    "smlad %3, r4, r9, %3\n\t"                                                                     \
    "smlad %4, r5, r8, %4\n\t"                                                                     \
    "smlad %5, r5, r9, %5\n\t"                                                                     \
    "ldm %1!, {r8, r9}\n\t"                                                                        \
    "smlad %2, r6, r8, %2\n\t"                                                                     \
    "smlad %3, r6, r9, %3\n\t"                                                                     \
    "smlad %4, r7, r8, %4\n\t"                                                                     \
    "smlad %5, r7, r9, %5\n\t"

static inline void dot_2x2(const int16_t *a, const int16_t *b, size_t k, vi c[4])
{
    int32_t s00 = 0, s01 = 0, s10 = 0, s11 = 0;
    for (const int16_t *const end = a + 2 * k; a != end;)
        __asm__ volatile(DOT_FOUR DOT_FOUR DOT_FOUR DOT_FOUR
                         : "+r"(a), "+r"(b), "+r"(s00), "+r"(s01), "+r"(s10), "+r"(s11)
                         :
                         : "r4", "r5", "r6", "r7", "r8", "r9", "memory");
    c[0] = s00;
    c[1] = s01;
    c[2] = s10;
    c[3] = s11;
}
static inline void dot_1x2(const int16_t *a, const int16_t *b, size_t k, vi c[2])
{
    const dot_pair *p = (const dot_pair *)(const void *)a, *q = (const dot_pair *)(const void *)b;
    int32_t s0 = 0, s1 = 0;
    for (const dot_pair *const end = p + k; p != end; p += 8, q += 8)
#pragma GCC unroll 4
        for (int i = 0; i < 8; i += 2) {
            s0 = __smlad(p[i], q[i], s0);
            s1 = __smlad(p[i], q[i + 1], s1);
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
    const dot_pair *p = (const dot_pair *)a + row / 2 * k + row % 2;
    for (size_t j = 0; j < 16; j += 4) {
        int32_t s[4] = { 0, 0, 0, 0 };
        for (size_t i = 0; i < k; i += 4) {
            uint32_t u = (uint32_t)p[i], v = (uint32_t)p[i + 2];
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
