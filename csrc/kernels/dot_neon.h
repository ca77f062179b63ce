/* dot_neon.h: 8-bit dot products with plain NEON (no dot product instruction); dot_generic.h says
 * what each function must do.
 *
 * Weights are never -128, so two products fit an int16: 2 * 127 * 128 < 2^15. That halves the
 * widening additions. Rows and columns are int8 in their own order. */
#define DOT_NR          64
#define DOT_ZERO        0
#define DOT_ROW_UNIT    1
#define DOT_COLUMN_UNIT 1

static inline void dot_put_row16(void *data, size_t row, size_t i, size_t k, const vi *q,
                                 int32_t offset)
{
    vst1q_s8((int8_t *)data + row * k + i, vaddq_s8(vi_bytes(q), vdupq_n_s8((int8_t)offset)));
}
static inline void dot_put_column16(void *data, size_t column, size_t i, size_t k, const int8_t *q)
{
    vst1q_s8((int8_t *)data + column * k + i, vld1q_s8(q));
}
static inline void dot_put_quads16(void *data, size_t column, size_t i, size_t k, const vi *quads)
{
    int8_t *p = (int8_t *)data + column * k + i;
#define PUT_QUAD(j, lane)                                                                          \
    vst1q_lane_s32((int32_t *)(void *)(p + (4 * (j) + lane) * k), quads[j], lane)
    for (size_t j = 0; j < 4; j++) {
        PUT_QUAD(j, 0);
        PUT_QUAD(j, 1);
        PUT_QUAD(j, 2);
        PUT_QUAD(j, 3);
    }
#undef PUT_QUAD
}

/* s[j] += the dot products of x and y[j], 16 values each, several chains side by side; for the
 * first 16 values, s[j] = them. */
BL_INLINE void dot_steps(const int first, int32x4_t *s, int8x16_t x, const int8x16_t *y)
{
#ifdef __aarch64__
    enum { CHAINS = 4 };
#define HIGH(p, x, y) vmlal_high_s8(p, x, y)
#else
    enum { CHAINS = 2 }; /* 16 registers */
#define HIGH(p, x, y) vmlal_s8(p, vget_high_s8(x), vget_high_s8(y))
#endif
    int16x8_t p[CHAINS];
#pragma GCC unroll 4
    for (int from = 0; from < 4; from += CHAINS) {
#pragma GCC unroll 4
        for (int j = 0; j < CHAINS; j++) p[j] = vmull_s8(vget_low_s8(x), vget_low_s8(y[from + j]));
#pragma GCC unroll 4
        for (int j = 0; j < CHAINS; j++) p[j] = HIGH(p[j], x, y[from + j]);
#pragma GCC unroll 4
        for (int j = 0; j < CHAINS; j++)
            s[from + j] = first ? vpaddlq_s16(p[j]) : vpadalq_s16(s[from + j], p[j]);
    }
#undef HIGH
}
/* The sums of the lanes of four vectors. */
static inline int32x4_t dot_gather(int32x4_t a, int32x4_t b, int32x4_t c, int32x4_t d)
{
#ifdef __aarch64__
    return vpaddq_s32(vpaddq_s32(a, b), vpaddq_s32(c, d));
#else
    int32x2_t x = vpadd_s32(vadd_s32(vget_low_s32(a), vget_high_s32(a)),
                            vadd_s32(vget_low_s32(b), vget_high_s32(b)));
    int32x2_t y = vpadd_s32(vadd_s32(vget_low_s32(c), vget_high_s32(c)),
                            vadd_s32(vget_low_s32(d), vget_high_s32(d)));
    return vcombine_s32(x, y);
#endif
}

/* rows x 4 columns; rows is a constant wherever this is inlined, and k may be. */
BL_INLINE void dot_block(const gemm_output *to, const int raw, const factors f, const size_t rows,
                         size_t column, const int8_t *a, const int8_t *b, size_t k)
{
    int32x4_t s[4][4];
    int8x16_t y[4];
#pragma GCC unroll 4
    for (size_t j = 0; j < 4; j++) y[j] = vld1q_s8(b + j * k);
#pragma GCC unroll 4
    for (size_t i = 0; i < rows; i++) dot_steps(1, s[i], vld1q_s8(a + i * k), y);
#pragma GCC unroll 4
    for (size_t t = 16; t < k; t += 16) {
#pragma GCC unroll 4
        for (size_t j = 0; j < 4; j++) y[j] = vld1q_s8(b + j * k + t);
#pragma GCC unroll 4
        for (size_t i = 0; i < rows; i++) dot_steps(0, s[i], vld1q_s8(a + i * k + t), y);
    }
    int32x4_t c[4];
#pragma GCC unroll 4
    for (size_t i = 0; i < rows; i++) c[i] = dot_gather(s[i][0], s[i][1], s[i][2], s[i][3]);
    store_tile(to, raw, f, 0, rows, column, 1, c, 1);
}

#ifdef __aarch64__
#define DOT_MR 4
#else
#define DOT_MR 2 /* 16 registers */
#endif

BL_INLINE void dot_rows(const gemm_output *s, const int raw, const size_t rows, size_t columns,
                        const int8_t *a, size_t k, const int8_t *b)
{
    const factors f = row_factors(s, raw, 0, rows);
    for (size_t j = 0; j < columns; j += 4, b += 4 * k) dot_block(s, raw, f, rows, j, a, b, k);
}
BL_INLINE void dot_tile(const gemm_output *s, const int raw, size_t columns, const void *a,
                        size_t k, const void *b)
{
    switch (s->rows) {
#if DOT_MR == 4
    case 4: /* the usual sizes of heads and of small models, unrolled */
        if (k == 64) dot_rows(s, raw, 4, columns, a, 64, b);
        else if (k == 32) dot_rows(s, raw, 4, columns, a, 32, b);
        else dot_rows(s, raw, 4, columns, a, k, b);
        break;
    case 3: dot_rows(s, raw, 3, columns, a, k, b); break;
#endif
    case 2:
#if DOT_MR == 2
        if (k == 64) dot_rows(s, raw, 2, columns, a, 64, b);
        else if (k == 32) dot_rows(s, raw, 2, columns, a, 32, b);
        else
#endif
            dot_rows(s, raw, 2, columns, a, k, b);
        break;
    default: dot_rows(s, raw, 1, columns, a, k, b); break;
    }
}
static void dot_in_place16(const void *a, size_t row, const int8_t *b, size_t k, int32_t *c)
{
    const gemm_output s = { .rows = 1, .sums = c };
    dot_rows(&s, 1, 1, 16, (const int8_t *)a + row * k, k, b);
}
