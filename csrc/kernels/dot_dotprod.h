/* dot_dotprod.h: 8-bit dot products with SDOT (Armv8.2); dot_generic.h says what each function
 * must do. Rows lie in pairs: [row/2][k/16][2][16]; columns in panels of eight:
 * [column/8][k/4][8][4]. */
#include "dot_begun.h"

#define DOT_MR          8
#define DOT_NR          64
#define DOT_ZERO        0
#define DOT_ROW_UNIT    1
#define DOT_COLUMN_UNIT 1

static inline size_t dot_at(size_t column, size_t i, size_t k)
{
    return column / 8 * 8 * k + i * 8 + column % 8 * 4;
}
static inline void dot_put_row16(void *data, size_t row, size_t i, size_t k, const vi *q,
                                 int32_t offset)
{
    int8_t *p = (int8_t *)data + row / 2 * 2 * k + i * 2 + row % 2 * 16;
    vst1q_s8(p, vaddq_s8(vi_bytes(q), vdupq_n_s8((int8_t)offset)));
}
static inline void dot_put_column16(void *data, size_t column, size_t i, size_t k, const int8_t *q)
{
    int32x4_t v = vreinterpretq_s32_s8(vld1q_s8(q));
    int32_t *p = (int32_t *)(void *)((int8_t *)data + dot_at(column, i, k));
    vst1q_lane_s32(p, v, 0);
    vst1q_lane_s32(p + 8, v, 1);
    vst1q_lane_s32(p + 16, v, 2);
    vst1q_lane_s32(p + 24, v, 3);
}
static inline void dot_put_quads16(void *data, size_t column, size_t i, size_t k, const vi *quads)
{
    for (size_t j = 0; j < 4; j++)
        vst1q_s32((int32_t *)(void *)((int8_t *)data + dot_at(column + 4 * j, i, k)), quads[j]);
}

/* rows x 8 columns; rows is a constant wherever this is inlined. */
BL_INLINE void dot_block(const gemm_output *to, const int raw, const factors f, size_t row,
                         const size_t rows, size_t column, const int8_t *a, const int8_t *b,
                         size_t k)
{
    int32x4_t s[8][2];
    begin_tile(to, raw, f, rows, column, 2, &s[0][0], 2);
#pragma GCC unroll 4
    for (size_t t = 0; t < k; t += 16, b += 128) {
        int8x16_t x[8];
#pragma GCC unroll 8
        for (size_t i = 0; i < rows; i++) x[i] = vld1q_s8(a + i / 2 * 2 * k + t * 2 + i % 2 * 16);
#define STEP(lane)                                                                                 \
    {                                                                                              \
        const int8x16_t y0 = vld1q_s8(b + 32 * lane), y1 = vld1q_s8(b + 32 * lane + 16);           \
        _Pragma("GCC unroll 8") for (size_t i = 0; i < rows; i++)                                  \
        {                                                                                          \
            s[i][0] = vdotq_laneq_s32(s[i][0], y0, x[i], lane);                                    \
            s[i][1] = vdotq_laneq_s32(s[i][1], y1, x[i], lane);                                    \
        }                                                                                          \
    }
        STEP(0) STEP(1) STEP(2) STEP(3)
#undef STEP
    }
    end_tile(to, raw, f, row, rows, column, 2, &s[0][0], 2);
}
BL_INLINE void dot_rows(const gemm_output *s, const int raw, size_t row, const size_t rows,
                        size_t columns, const int8_t *a, size_t k, const int8_t *b)
{
    const factors f = begun_factors(s, raw, row, rows);
    for (size_t j = 0; j < columns; j += 8, b += 8 * k)
        dot_block(s, raw, f, row, rows, j, a + row * k, b, k);
}
BL_INLINE void dot_tile(const gemm_output *s, const int raw, size_t columns, const void *a,
                        size_t k, const void *b)
{
    size_t row = 0;
    if (s->rows == 8) { /* the usual size of small models, unrolled */
        if (k == 64) dot_rows(s, raw, 0, 8, columns, a, 64, b);
        else dot_rows(s, raw, 0, 8, columns, a, k, b);
        return;
    }
    if (s->rows & 4) {
        dot_rows(s, raw, 0, 4, columns, a, k, b);
        row = 4;
    }
    if (s->rows & 2) {
        dot_rows(s, raw, row, 2, columns, a, k, b);
        row += 2;
    }
    if (s->rows & 1) {
        if (k == 64) dot_rows(s, raw, row, 1, columns, a, 64, b);
        else dot_rows(s, raw, row, 1, columns, a, k, b);
    }
}
static void dot_in_place16(const void *a, size_t row, const int8_t *b, size_t k, int32_t *c)
{
    const int8_t *x = (const int8_t *)a + row / 2 * 2 * k + row % 2 * 16;
    for (size_t j = 0; j < 16; j += 4, b += 4 * k) {
        int32x4_t s[4];
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++) s[i] = vdupq_n_s32(0);
        for (size_t t = 0; t < k; t += 16)
#pragma GCC unroll 4
            for (size_t i = 0; i < 4; i++)
                s[i] = vdotq_s32(s[i], vld1q_s8(b + i * k + t), vld1q_s8(x + 2 * t));
        vst1q_s32(c + j, vpaddq_s32(vpaddq_s32(s[0], s[1]), vpaddq_s32(s[2], s[3])));
    }
}
