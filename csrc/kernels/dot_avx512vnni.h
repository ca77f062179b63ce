/* dot_avx512vnni.h: 8-bit dot products with 512-bit VPDPBUSD; dot_generic.h says what each
 * function must do. */
#define DOT_MR 8
#define DOT_NR 64
#include "dot_panel4.h"

/* dot_put_row16 for 64 values, packed together. */
#define DOT_PUT_ROW64
static inline void dot_put_row64(void *data, size_t row, size_t i, size_t k, const vi *q,
                                 int32_t offset)
{
    const __m512i o = _mm512_set1_epi16((short)offset),
                  a = _mm512_add_epi16(_mm512_packs_epi32(q[0], q[1]), o),
                  b = _mm512_add_epi16(_mm512_packs_epi32(q[2], q[3]), o);
    _mm512_storeu_si512((uint8_t *)data + row * k + i,
                        _mm512_permutexvar_epi32(vi_turn(), _mm512_packus_epi16(a, b)));
}

/* dot_put_column16 for the sixteen columns [column, column + 16). */
#define DOT_PUT_COLUMNS
static inline void dot_put_columns16(void *data, size_t column, size_t i, size_t k, const vi *q)
{
    __m512i four[4]; /* columns, whose values lie in quarters of four */
#pragma GCC unroll 4
    for (size_t j = 0; j < 4; j++, q += 4)
        four[j] =
            _mm512_packs_epi16(_mm512_packs_epi32(q[0], q[1]), _mm512_packs_epi32(q[2], q[3]));
    const __m512i a = _mm512_shuffle_i32x4(four[0], four[1], 0x44),
                  b = _mm512_shuffle_i32x4(four[2], four[3], 0x44),
                  c = _mm512_shuffle_i32x4(four[0], four[1], 0xEE),
                  d = _mm512_shuffle_i32x4(four[2], four[3], 0xEE);
    int8_t *p = (int8_t *)data + dot_at(column, i, k);
    _mm512_storeu_si512(p, _mm512_shuffle_i32x4(a, b, 0x88));
    _mm512_storeu_si512(p + 64, _mm512_shuffle_i32x4(a, b, 0xDD));
    _mm512_storeu_si512(p + 128, _mm512_shuffle_i32x4(c, d, 0x88));
    _mm512_storeu_si512(p + 192, _mm512_shuffle_i32x4(c, d, 0xDD));
}

/* From this k on, weights are assumed not to stay in the second-level cache, and the next panels
 * are fetched; below, the fetch is of the panels in use, which costs nothing. */
#define FAR 192

/* gcc (12) moves the accumulators of the intrinsic around; it leaves these alone. */
static inline __m512i dot_step(__m512i s, __m512i x, __m512i y)
{
#if defined __GNUC__ && !defined __clang__
    __asm__("vpdpbusd %2, %1, %0" : "+v"(s) : "v"(x), "v"(y));
    return s;
#else
    return _mm512_dpbusd_epi32(s, x, y);
#endif
}
/* s + the products of pairs of 16 bits. */
static inline __m512i dot_pairs(__m512i s, __m512i x, __m512i y)
{
#if defined __GNUC__ && !defined __clang__
    __asm__("vpdpwssd %2, %1, %0" : "+v"(s) : "v"(x), "v"(y));
    return s;
#else
    return _mm512_dpwssd_epi32(s, x, y);
#endif
}
/* What zero * column_sum is subtracted by: products of pairs of 16 bits. One of 32 bits takes as
 * long as two of these, and a subtraction is needed, too. */
typedef struct {
    const int32_t *sums;          /* of the tile's columns, as pairs */
    _Alignas(32) int32_t zero[8]; /* of its rows, negative */
    _Alignas(64) int32_t large[DOT_NR];
} dot_zeros;

/* A sum fits 16 bits, up to this k; a larger one is its low seven bits, and 128 times the rest. */
#define NARROW 256

BL_INLINE void dot_prepare(const gemm_output *to, size_t columns, size_t k, dot_zeros *out)
{
    const __m256i loaded = _mm256_maskz_loadu_epi32((__mmask8)((1u << to->rows) - 1), to->row_zero),
                  zero = _mm256_sub_epi32(_mm256_setzero_si256(), loaded);
    __m256i high = _mm256_setzero_si256();
    out->sums = to->column_sum;
    if (k > NARROW) {
        high = _mm256_slli_epi32(zero, 16 + 7);
        for (size_t j = 0; j < columns; j += 16) {
            const __m512i sum = _mm512_loadu_si512(to->column_sum + j),
                          low = _mm512_and_si512(sum, _mm512_set1_epi32(127)),
                          rest = _mm512_slli_epi32(sum, 16 - 7);
            _mm512_store_si512(out->large + j, _mm512_mask_mov_epi16(rest, 0x55555555, low));
        }
        out->sums = out->large;
    }
    _mm256_store_si256((__m256i *)out->zero, _mm256_mask_mov_epi16(high, 0x5555, zero));
#ifdef __GNUC__ /* read from memory: moving lanes would take the place of products */
    __asm__("" : "+m"(out->zero));
#endif
}
/* rows x panels of 16 columns, both constant wherever this is inlined. */
BL_INLINE void dot_block(const gemm_output *to, const int raw, const dot_zeros *zeros,
                         const size_t rows, size_t column, const size_t panels, const uint8_t *a,
                         const int8_t *b, size_t k)
{
    const size_t ahead = k >= FAR ? panels * 16 * k : 0;
    /* a row alone has two chains for each panel */
    const size_t chains = rows == 1 && !raw ? 2 : rows;
    __m512i s[8][4], sum[4];
#pragma GCC unroll 8
    for (size_t i = 0; i < chains; i++)
#pragma GCC unroll 4
        for (size_t j = 0; j < panels; j++) s[i][j] = _mm512_setzero_si512();
    const uint8_t *low = a, *high = a + 4 * k;
    for (size_t t = 0; chains > rows && t < k; t += 8)
#pragma GCC unroll 4
        for (size_t j = 0; j < panels; j++)
#pragma GCC unroll 2
            for (size_t i = 0; i < 2; i++)
                s[i][j] = dot_step(s[i][j], _mm512_set1_epi32(dot_four(a + t + 4 * i)),
                                   _mm512_loadu_si512(b + j * 16 * k + (t + 4 * i) * 16));
#pragma GCC unroll 4
    for (size_t j = 0; chains > rows && j < panels; j++)
        s[0][j] = _mm512_add_epi32(s[0][j], s[1][j]);
    for (size_t t = 0; chains == rows && t < k; t += 4, low += 4, high += 4) {
        __m512i y[4];
#pragma GCC unroll 4
        for (size_t j = 0; j < panels; j++) {
            y[j] = _mm512_loadu_si512(b + j * 16 * k + t * 16);
            if (!raw) _mm_prefetch((const char *)b + ahead + j * 16 * k + t * 16, _MM_HINT_T1);
        }
#pragma GCC unroll 8
        for (size_t i = 0; i < rows; i++) {
            /* two pointers and k, 2k, 3k: eight would not fit the registers */
            __m512i x = _mm512_set1_epi32(dot_four((i < 4 ? low : high) + (i & 3) * k));
#pragma GCC unroll 4
            for (size_t j = 0; j < panels; j++) s[i][j] = dot_step(s[i][j], x, y[j]);
        }
    }
    if (raw) {
        store_sums(to, 0, rows, column, panels, &s[0][0], 4);
        return;
    }
#pragma GCC unroll 4
    for (size_t j = 0; j < panels; j++) sum[j] = _mm512_loadu_si512(zeros->sums + column + 16 * j);
#pragma GCC unroll 8
    for (size_t i = 0; i < rows; i++) {
        const __m512i zero = _mm512_set1_epi32(zeros->zero[i]);
#pragma GCC unroll 4
        for (size_t j = 0; j < panels; j++) s[i][j] = dot_pairs(s[i][j], sum[j], zero);
    }
    store_floats(to, 1, row_factors(to, raw, 0, rows), 0, rows, column, panels, &s[0][0], 4);
}
/* Any number of rows is one block: what is left of a text after its full tiles costs what its rows
 * cost, and several short chains of sums never wait one after the other. */
BL_INLINE void dot_rows(const gemm_output *s, const int raw, const dot_zeros *z, size_t column,
                        const size_t panels, const uint8_t *a, const int8_t *b, size_t k)
{
    switch (s->rows) {
    case 8: dot_block(s, raw, z, 8, column, panels, a, b, k); break;
    case 7: dot_block(s, raw, z, 7, column, panels, a, b, k); break;
    case 6: dot_block(s, raw, z, 6, column, panels, a, b, k); break;
    case 5: dot_block(s, raw, z, 5, column, panels, a, b, k); break;
    case 4: dot_block(s, raw, z, 4, column, panels, a, b, k); break;
    case 3: dot_block(s, raw, z, 3, column, panels, a, b, k); break;
    case 2: dot_block(s, raw, z, 2, column, panels, a, b, k); break;
    default: dot_block(s, raw, z, 1, column, panels, a, b, k); break;
    }
}
BL_INLINE void dot_tile(const gemm_output *s, const int raw, size_t columns, const void *a,
                        size_t k, const void *b)
{
    const int8_t *y = b;
    dot_zeros zeros;
    size_t j = 0;
    if (!raw) dot_prepare(s, columns, k, &zeros);
    if (columns == 64 && s->rows <= 4) { /* with two panels, chains of sums would be too few */
        switch (s->rows) {
        case 4: dot_block(s, raw, &zeros, 4, 0, 4, a, y, k); break;
        case 3: dot_block(s, raw, &zeros, 3, 0, 4, a, y, k); break;
        case 2: dot_block(s, raw, &zeros, 2, 0, 4, a, y, k); break;
        default: dot_block(s, raw, &zeros, 1, 0, 4, a, y, k); break;
        }
        return;
    }
    for (; j + 32 <= columns; j += 32) dot_rows(s, raw, &zeros, j, 2, a, y + j * k, k);
    if (j < columns) dot_rows(s, raw, &zeros, j, 1, a, y + j * k, k);
}

static inline __m256i dot_half(const void *p) { return _mm256_loadu_si256((const __m256i *)p); }
static inline __m512i dot_halves(const void *low, const void *high)
{
    return _mm512_inserti64x4(_mm512_castsi256_si512(dot_half(low)), dot_half(high), 1);
}
/* The sums of sixteen columns in place; k is a multiple of 64. Two columns share a register from
 * loading on, which takes none of the shuffles that are the most of what is left. */
BL_INLINE __m512i dot_sixteen(const uint8_t *x, const int8_t *b, size_t k)
{
    __m512i s[8], q[4], p[2];
#pragma GCC unroll 8
    for (size_t i = 0; i < 8; i++) s[i] = _mm512_setzero_si512();
    for (size_t t = 0; t < k; t += 64) {
        const __m512i low = _mm512_broadcast_i64x4(dot_half(x + t)),
                      high = _mm512_broadcast_i64x4(dot_half(x + t + 32));
#pragma GCC unroll 8
        for (size_t i = 0; i < 8; i++) {
            const int8_t *y = b + 2 * i * k + t;
            s[i] = dot_step(s[i], low, dot_halves(y, y + k));
            s[i] = dot_step(s[i], high, dot_halves(y + 32, y + k + 32));
        }
    }
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; i++)
        q[i] = _mm512_add_epi32(_mm512_shuffle_i32x4(s[2 * i], s[2 * i + 1], 0x88),
                                _mm512_shuffle_i32x4(s[2 * i], s[2 * i + 1], 0xDD));
#pragma GCC unroll 2
    for (size_t i = 0; i < 2; i++)
        p[i] = _mm512_add_epi32(_mm512_unpacklo_epi64(q[2 * i], q[2 * i + 1]),
                                _mm512_unpackhi_epi64(q[2 * i], q[2 * i + 1]));
    const __m512 a = _mm512_castsi512_ps(p[0]), c = _mm512_castsi512_ps(p[1]);
    return _mm512_permutexvar_epi32(
        vi_turn(), _mm512_add_epi32(_mm512_castps_si512(_mm512_shuffle_ps(a, c, 0x88)),
                                    _mm512_castps_si512(_mm512_shuffle_ps(a, c, 0xDD))));
}

static inline __m256i dot_step8(__m256i s, __m256i x, __m256i y)
{
#if defined __GNUC__ && !defined __clang__
    __asm__("vpdpbusd %2, %1, %0" : "+x"(s) : "x"(x), "xm"(y));
    return s;
#else
    return _mm256_dpbusd_epi32(s, x, y);
#endif
}
/* One store, since a load of all 16 would wait long for two. */
static inline void dot_store16(int32_t *c, __m256i low, __m256i high)
{
    vi_store(c, _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1));
}
#define dot_in_place16 dot_in_place16_by_halves
#include "dot_in_place8.h"
#undef dot_in_place16
BL_INLINE void dot_in_place16(const void *a, size_t row, const int8_t *b, size_t k, int32_t *c)
{
    if (k % 64 == 0) vi_store(c, dot_sixteen((const uint8_t *)a + row * k, b, k));
    else dot_in_place16_by_halves(a, row, b, k, c);
}
