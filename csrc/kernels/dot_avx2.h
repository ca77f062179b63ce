/* dot_avx2.h: 8-bit dot products with AVX2; dot_generic.h says what each function must do.
 * VPMADDUBSW would saturate, so both sides are widened to int16: rows when they are written,
 * columns when they are loaded. Columns lie in panels: [column/16][k/2][16][2]. */
#define DOT_MR          4
#define DOT_NR          16
#define DOT_ZERO        0
#define DOT_ROW_UNIT    2
#define DOT_COLUMN_UNIT 1

static inline void dot_put_row16(void *data, size_t row, size_t i, size_t k, const vi *q,
                                 int32_t offset)
{
    const __m256i v = _mm256_add_epi16(vi_pair16(q), _mm256_set1_epi16((short)offset));
    _mm256_storeu_si256((__m256i *)(void *)((int16_t *)data + row * k + i), v);
}
static inline size_t dot_at(size_t column, size_t i, size_t k)
{
    return column / 16 * 16 * k + i * 16 + column % 16 * 2;
}
static inline void dot_put_column16(void *data, size_t column, size_t i, size_t k, const int8_t *q)
{
    for (size_t j = 0; j < 16; j += 2) memcpy((int8_t *)data + dot_at(column, i + j, k), q + j, 2);
}
static inline void dot_put_quads16(void *data, size_t column, size_t i, size_t k, const vi *quads)
{
    /* the low and the high halves of the quads are the pairs of i and of i + 2 */
    const __m256i low = _mm256_set1_epi32(0xFFFF);
    __m256i even =
        _mm256_packus_epi32(_mm256_and_si256(quads[0], low), _mm256_and_si256(quads[1], low));
    __m256i odd =
        _mm256_packus_epi32(_mm256_srli_epi32(quads[0], 16), _mm256_srli_epi32(quads[1], 16));
    int8_t *p = (int8_t *)data + dot_at(column, i, k);
    _mm256_storeu_si256((__m256i *)(void *)p, _mm256_permute4x64_epi64(even, 0xD8));
    _mm256_storeu_si256((__m256i *)(void *)(p + 32), _mm256_permute4x64_epi64(odd, 0xD8));
}
static inline __m256i dot_widen(const int8_t *p)
{
    return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)p));
}
/* s + the products of pairs. gcc (12) would keep one sum in memory and move the others around; it
 * leaves these alone. */
static inline __m256i dot_step(__m256i s, __m256i x, __m256i y)
{
    const __m256i p = _mm256_madd_epi16(x, y);
#if defined __GNUC__ && !defined __clang__
    __asm__("vpaddd %1, %0, %0" : "+x"(s) : "x"(p));
    return s;
#else
    return _mm256_add_epi32(s, p);
#endif
}
/* rows x 16 columns; rows is a constant wherever this is inlined. */
BL_INLINE void dot_block(const gemm_output *to, const int raw, const size_t rows, const int16_t *a,
                         const int8_t *b, size_t k)
{
    __m256i s[4][2];
#pragma GCC unroll 4
    for (size_t i = 0; i < rows; i++) s[i][0] = s[i][1] = _mm256_setzero_si256();
    for (size_t t = 0; t < k; t += 2, b += 32) {
        __m256i y0 = dot_widen(b), y1 = dot_widen(b + 16);
#pragma GCC unroll 4
        for (size_t i = 0; i < rows; i++) {
            int32_t pair;
            memcpy(&pair, a + i * k + t, 4);
            __m256i x = _mm256_set1_epi32(pair);
            s[i][0] = dot_step(s[i][0], x, y0);
            s[i][1] = dot_step(s[i][1], x, y1);
        }
    }
    store_tile(to, raw, row_factors(to, raw, 0, rows), 0, rows, 0, 2, &s[0][0], 2);
}
#include "dot_tile4.h"

/* Thirty-two values of a row, as bytes again: they fit, since DOT_ZERO is 0. */
static inline __m256i dot_narrow(const int16_t *x)
{
    const __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)x),
                  high = _mm256_loadu_si256((const __m256i *)(const void *)(x + 16));
    return _mm256_permute4x64_epi64(_mm256_packs_epi16(low, high), 0xD8);
}
#include "dot_sums8.h"

/* Unpacked columns are bound by loads, so they stay bytes: |row| times the column with the row's
 * sign. Two such products fit an int16, since a column never holds -128: 2 * 128 * 127 < 2^15. */
BL_INLINE void dot_in_place16(const void *a, size_t row, const int8_t *b, size_t k, int32_t *c)
{
    const int16_t *x = (const int16_t *)a + row * k;
    const __m256i ones = _mm256_set1_epi16(1);
    for (size_t j = 0; j < 16; j += 8, b += 8 * k) {
        __m256i s[8];
        size_t t = 0;
#pragma GCC unroll 8
        for (int i = 0; i < 8; i++) s[i] = _mm256_setzero_si256();
        for (; t + 32 <= k; t += 32) {
            const __m256i v = dot_narrow(x + t), size = _mm256_abs_epi8(v);
#pragma GCC unroll 8
            for (size_t i = 0; i < 8; i++) {
                const __m256i y =
                    _mm256_loadu_si256((const __m256i *)(const void *)(b + i * k + t));
                const __m256i pairs = _mm256_maddubs_epi16(size, _mm256_sign_epi8(y, v));
                s[i] = _mm256_add_epi32(s[i], _mm256_madd_epi16(pairs, ones));
            }
        }
        if (t < k) {
            const __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(x + t));
#pragma GCC unroll 8
            for (size_t i = 0; i < 8; i++)
                s[i] = _mm256_add_epi32(s[i], _mm256_madd_epi16(v, dot_widen(b + i * k + t)));
        }
        _mm256_storeu_si256((__m256i *)(void *)(c + j), dot_sums8(s));
    }
}
