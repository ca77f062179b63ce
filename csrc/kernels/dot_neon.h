/* dot_neon.h: 8-bit dot products with plain NEON (no dot product instruction); dot_generic.h says
 * what each function must do.
 *
 * Weights are never -128, so two products fit an int16: 2 * 127 * 128 < 2^15. That halves the
 * widening additions. Rows are int8 in their own order. Columns lie in panels of sixteen, so that
 * lanes are columns and nothing is summed across them: [column/16][k/16][turn 4][column/4 4][16].
 * A vector of a panel meets sixteen values of a row, eight pairs, turned by `turn` pairs. Of its
 * eight pairs, pair l is column l % 4's, and of the values that the turned row has there: the pair
 * (turn + l) % 8. So four turns multiply every column's eight pairs. */
#include "dot_begun.h"

#define DOT_NR          64
#define DOT_ZERO        0
#define DOT_ROW_UNIT    1
#define DOT_COLUMN_UNIT 1

#ifdef __aarch64__
#define DOT_MR 4
#else
#define DOT_MR 2 /* 16 registers */
#endif

static inline void dot_put_row16(void *data, size_t row, size_t i, size_t k, const vi *q,
                                 int32_t offset)
{
    vst1q_s8((int8_t *)data + row * k + i, vaddq_s8(vi_bytes(q), vdupq_n_s8((int8_t)offset)));
}
/* Where pair `pair` of values [i, i + 16) lies; i is a multiple of 16. */
static inline void *dot_at(void *data, size_t column, size_t i, size_t pair, size_t k)
{
    const size_t turn = (pair - column % 4) % 8;
    return (int8_t *)data + column / 16 * 16 * k + i * 16 + turn % 4 * 64 + column % 16 / 4 * 16 +
           turn / 4 * 8 + column % 4 * 2;
}
static inline void dot_put_column16(void *data, size_t column, size_t i, size_t k, const int8_t *q)
{
    for (size_t pair = 0; pair < 8; pair++)
        memcpy(dot_at(data, column, i, pair, k), q + 2 * pair, 2);
}
static inline void dot_put_quads16(void *data, size_t column, size_t i, size_t k, const vi *quads)
{
    int16_t pairs[32];
    for (size_t j = 0; j < 4; j++) vst1q_s16(pairs + 8 * j, vreinterpretq_s16_s32(quads[j]));
    for (size_t half = 0; half < 2; half++)
#pragma GCC unroll 4
        for (size_t c = 0; c < 4; c++) {
            char *to = dot_at(data, column + c, i / 16 * 16, i % 16 / 2 + half, k);
#pragma GCC unroll 4
            for (size_t j = 0; j < 4; j++) memcpy(to + 16 * j, pairs + 8 * j + 2 * c + half, 2);
        }
}

/* AT_ONCE vectors of a panel, and their address moved past them. */
#ifdef __aarch64__
#define HIGH(p, x, y) vmlal_high_s8(p, x, y)
enum { AT_ONCE = 4 };
static inline const int8_t *dot_load(int8x16_t *y, const int8_t *b)
{
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) y[j] = vld1q_s8(b + 16 * j);
    return b + 64;
}
#else
#define HIGH(p, x, y) vmlal_s8(p, vget_high_s8(x), vget_high_s8(y))
enum { AT_ONCE = 2 };
static inline const int8_t *dot_load(int8x16_t *y, const int8_t *b)
{
    const void *at = b;
    const int8x16x2_t two = load_two(&at);
    y[0] = two.val[0];
    y[1] = two.val[1];
    return at;
}
#endif

/* rows x 16 columns; rows is a constant wherever this is inlined. */
BL_INLINE void dot_block(const gemm_output *to, const int raw, const factors f, const size_t rows,
                         size_t column, const int8_t *a, const int8_t *b, size_t k)
{
    int32x4_t s[4][4];
    begin_tile(to, raw, f, rows, column, 4, &s[0][0], 4);
    const int8_t *const end = a + k;
    do {
        int8x16_t x[4];
#pragma GCC unroll 4
        for (size_t i = 0; i < rows; i++) x[i] = vld1q_s8(a + i * k);
#pragma GCC unroll 8
        for (int turn = 0; turn < 4; turn++)
#pragma GCC unroll 2
            for (int from = 0; from < 4; from += AT_ONCE) {
                int8x16_t y[AT_ONCE];
                int16x8_t p[AT_ONCE];
                b = dot_load(y, b);
#pragma GCC unroll 4
                for (size_t i = 0; i < rows; i++) {
#pragma GCC unroll 4
                    for (int j = 0; j < AT_ONCE; j++)
                        p[j] = vmull_s8(vget_low_s8(x[i]), vget_low_s8(y[j]));
#pragma GCC unroll 4
                    for (int j = 0; j < AT_ONCE; j++) p[j] = HIGH(p[j], x[i], y[j]);
#pragma GCC unroll 4
                    for (int j = 0; j < AT_ONCE; j++)
                        s[i][from + j] = vpadalq_s16(s[i][from + j], p[j]);
                    if (turn < 3 && from + AT_ONCE == 4) x[i] = vextq_s8(x[i], x[i], 2);
                }
#pragma GCC unroll 4
                for (int j = 0; j < AT_ONCE; j++) KEEP(y[j]);
            }
        a += 16;
    } while (a != end);
    end_tile(to, raw, f, 0, rows, column, 4, &s[0][0], 4);
}
BL_INLINE void dot_rows(const gemm_output *s, const int raw, const size_t rows, size_t columns,
                        const int8_t *a, size_t k, const int8_t *b)
{
    const factors f = begun_factors(s, raw, 0, rows);
    for (size_t j = 0; j < columns; j += 16, b += 16 * k) dot_block(s, raw, f, rows, j, a, b, k);
}
BL_INLINE void dot_tile(const gemm_output *s, const int raw, size_t columns, const void *a,
                        size_t k, const void *b)
{
    switch (s->rows) {
#if DOT_MR == 4
    case 4: dot_rows(s, raw, 4, columns, a, k, b); break;
    case 3: dot_rows(s, raw, 3, columns, a, k, b); break;
#endif
    case 2: dot_rows(s, raw, 2, columns, a, k, b); break;
    default: dot_rows(s, raw, 1, columns, a, k, b); break;
    }
}

/* The sum of the lanes. */
static inline int32_t dot_gather(int32x4_t s)
{
#ifdef __aarch64__
    return vaddvq_s32(s);
#else
    const int32x2_t t = vadd_s32(vget_low_s32(s), vget_high_s32(s));
    return vget_lane_s32(vpadd_s32(t, t), 0);
#endif
}
static void dot_in_place16(const void *a, size_t row, const int8_t *b, size_t k, int32_t *c)
{
    const int8_t *x = (const int8_t *)a + row * k;
    for (size_t j = 0; j < 16; j++, b += k) {
        int32x4_t s = vdupq_n_s32(0);
        for (size_t t = 0; t < k; t += 16) {
            const int8x16_t u = vld1q_s8(x + t), v = vld1q_s8(b + t);
            s = vpadalq_s16(s, HIGH(vmull_s8(vget_low_s8(u), vget_low_s8(v)), u, v));
        }
        c[j] = dot_gather(s);
    }
}
#undef HIGH
