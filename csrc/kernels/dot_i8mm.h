/* dot_i8mm.h: 8-bit dot products with SMMLA (Armv8.6); dot_generic.h says what each function must
 * do. Rows lie in pairs: [row/2][k/8][2][8]; columns in panels of eight: [column/8][k/8][8][8]. */
#include "dot_begun.h"

#define DOT_MR          8
#define DOT_NR          64
#define DOT_ZERO        0
#define DOT_ROW_UNIT    1
#define DOT_COLUMN_UNIT 1

static inline size_t dot_at(size_t column, size_t i, size_t k)
{
    return column / 8 * 8 * k + i / 8 * 64 + column % 8 * 8 + i % 8;
}
static inline void dot_put_row16(void *data, size_t row, size_t i, size_t k, const vi *q,
                                 int32_t offset)
{
    int8_t *p = (int8_t *)data + row / 2 * 2 * k + i * 2 + row % 2 * 8;
    const int8x16_t b = vaddq_s8(vi_bytes(q), vdupq_n_s8((int8_t)offset));
    vst1_s8(p, vget_low_s8(b));
    vst1_s8(p + 16, vget_high_s8(b));
}
static inline void dot_put_column16(void *data, size_t column, size_t i, size_t k, const int8_t *q)
{
    vst1_s8((int8_t *)data + dot_at(column, i, k), vld1_s8(q));
    vst1_s8((int8_t *)data + dot_at(column, i + 8, k), vld1_s8(q + 8));
}
static inline void dot_put_quads16(void *data, size_t column, size_t i, size_t k, const vi *quads)
{
#define PUT_QUAD(j, lane)                                                                          \
    vst1q_lane_s32((int32_t *)(void *)((int8_t *)data + dot_at(column + 4 * (j) + lane, i, k)),    \
                   quads[j], lane)
    for (size_t j = 0; j < 4; j++) {
        PUT_QUAD(j, 0);
        PUT_QUAD(j, 1);
        PUT_QUAD(j, 2);
        PUT_QUAD(j, 3);
    }
#undef PUT_QUAD
}

#define AS_HALVES(v) vreinterpretq_s64_s32(v)
#define AS_LANES(v)  vreinterpretq_s32_s64(v)

/* begin_tile for sums of two rows and two columns each: r0 c0, r0 c1, r1 c0, r1 c1. */
BL_INLINE void begin_pairs(const gemm_output *to, const int raw, const factors f,
                           const size_t pairs, size_t column, int32x4_t s[4][4])
{
    vi_rows zero = f.zero;
    HERE(zero.v[0]);
    if (pairs > 2) HERE(zero.v[1]);
#pragma GCC unroll 4
    for (size_t j = 0; j < 4; j++) {
        const int32_t *sum = to->column_sum + column + 2 * j;
        const int32x4_t c = raw ? vdupq_n_s32(0) : vcombine_s32(vld1_s32(sum), vld1_s32(sum));
#pragma GCC unroll 4
        for (size_t i = 0; i < pairs; i++) {
            const int32x4_t z = zero.v[i / 2];
            s[i][j] = raw ? c : vmulq_s32(c, i % 2 ? vzip2q_s32(z, z) : vzip1q_s32(z, z));
        }
    }
}

/* rows x 8 columns; rows is a constant wherever this is inlined. */
BL_INLINE void dot_block(const gemm_output *to, const int raw, const factors f, const size_t rows,
                         size_t column, const int8_t *a, const int8_t *b, size_t k)
{
    const size_t pairs = (rows + 1) / 2;
    int32x4_t s[4][4];
    begin_pairs(to, raw, f, pairs, column, s);
#pragma GCC unroll 4
    for (size_t t = 0; t < k; t += 16, b += 128) {
        int8x16_t y[8];
#pragma GCC unroll 8
        for (int j = 0; j < 8; j++) y[j] = vld1q_s8(b + 16 * j);
#pragma GCC unroll 4
        for (size_t i = 0; i < pairs; i++) {
            const int8x16_t x0 = vld1q_s8(a + i * 2 * k + t * 2),
                            x1 = vld1q_s8(a + i * 2 * k + t * 2 + 16);
#pragma GCC unroll 4
            for (int j = 0; j < 4; j++) s[i][j] = vmmlaq_s32(s[i][j], x0, y[j]);
#pragma GCC unroll 4
            for (int j = 0; j < 4; j++) s[i][j] = vmmlaq_s32(s[i][j], x1, y[4 + j]);
        }
    }
    int32x4_t c[8][2];
#pragma GCC unroll 4
    for (size_t i = 0; i < pairs; i++) {
#pragma GCC unroll 2
        for (size_t j = 0; j < 2; j++) {
            const int64x2_t p = AS_HALVES(s[i][2 * j]), q = AS_HALVES(s[i][2 * j + 1]);
            c[2 * i][j] = AS_LANES(vtrn1q_s64(p, q));
            c[2 * i + 1][j] = AS_LANES(vtrn2q_s64(p, q));
        }
    }
    /* where rows is odd, the pair's other row was computed too and is not stored */
    end_tile(to, raw, f, 0, rows, column, 2, &c[0][0], 2);
}
BL_INLINE void dot_rows(const gemm_output *s, const int raw, const size_t rows, size_t columns,
                        const int8_t *a, size_t k, const int8_t *b)
{
    const factors f = begun_factors(s, raw, 0, rows);
    for (size_t j = 0; j < columns; j += 8, b += 8 * k) dot_block(s, raw, f, rows, j, a, b, k);
}
BL_INLINE void dot_tile(const gemm_output *s, const int raw, size_t columns, const void *a,
                        size_t k, const void *b)
{
    switch (s->rows) {
    case 8: /* the usual sizes of heads and of small models, unrolled */
        if (k == 64) dot_rows(s, raw, 8, columns, a, 64, b);
        else if (k == 32) dot_rows(s, raw, 8, columns, a, 32, b);
        else dot_rows(s, raw, 8, columns, a, k, b);
        break;
    case 7: dot_rows(s, raw, 7, columns, a, k, b); break;
    case 6: dot_rows(s, raw, 6, columns, a, k, b); break;
    case 5: dot_rows(s, raw, 5, columns, a, k, b); break;
    case 4: dot_rows(s, raw, 4, columns, a, k, b); break;
    case 3: dot_rows(s, raw, 3, columns, a, k, b); break;
    case 2: dot_rows(s, raw, 2, columns, a, k, b); break;
    default:
        if (k == 64) dot_rows(s, raw, 1, columns, a, 64, b);
        else dot_rows(s, raw, 1, columns, a, k, b);
        break;
    }
}
static void dot_in_place16(const void *a, size_t row, const int8_t *b, size_t k, int32_t *c)
{
    const int8_t *x = (const int8_t *)a + row / 2 * 2 * k + row % 2 * 8;
    for (size_t j = 0; j < 16; j += 4, b += 4 * k) {
        int32x4_t s[4];
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++) s[i] = vdupq_n_s32(0);
        for (size_t t = 0; t < k; t += 16) {
            int8x16_t v = vcombine_s8(vld1_s8(x + 2 * t), vld1_s8(x + 2 * t + 16));
#pragma GCC unroll 4
            for (size_t i = 0; i < 4; i++) s[i] = vdotq_s32(s[i], vld1q_s8(b + i * k + t), v);
        }
        vst1q_s32(c + j, vpaddq_s32(vpaddq_s32(s[0], s[1]), vpaddq_s32(s[2], s[3])));
    }
}
