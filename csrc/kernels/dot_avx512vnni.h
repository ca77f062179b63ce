/* dot_avx512vnni.h: 8-bit dot products with 512-bit VPDPBUSD; dot_generic.h says what each
 * function must do. */
#define DOT_MR 8
#define DOT_NR 64
#include "dot_panel4.h"

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
/* rows x panels of 16 columns, both constant wherever this is inlined. */
BL_INLINE void dot_block(const gemm_output *to, const int raw, const size_t rows, size_t column,
                         const size_t panels, const uint8_t *a, const int8_t *b, size_t k)
{
    const size_t ahead = k >= FAR ? panels * 16 * k : 0;
    __m512i s[8][4];
#pragma GCC unroll 8
    for (size_t i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (size_t j = 0; j < panels; j++) s[i][j] = _mm512_setzero_si512();
    const uint8_t *low = a, *high = a + 4 * k;
    for (size_t t = 0; t < k; t += 4, low += 4, high += 4) {
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
    store_tile(to, raw, row_factors(to, raw, 0, rows), 0, rows, column, panels, &s[0][0], 4);
}
/* Any number of rows is one block: what is left of a text after its full tiles costs what its rows
 * cost, and several short chains of sums never wait one after the other. */
BL_INLINE void dot_rows(const gemm_output *s, const int raw, size_t column, const size_t panels,
                        const uint8_t *a, const int8_t *b, size_t k)
{
    switch (s->rows) {
    case 8: dot_block(s, raw, 8, column, panels, a, b, k); break;
    case 7: dot_block(s, raw, 7, column, panels, a, b, k); break;
    case 6: dot_block(s, raw, 6, column, panels, a, b, k); break;
    case 5: dot_block(s, raw, 5, column, panels, a, b, k); break;
    case 4: dot_block(s, raw, 4, column, panels, a, b, k); break;
    case 3: dot_block(s, raw, 3, column, panels, a, b, k); break;
    case 2: dot_block(s, raw, 2, column, panels, a, b, k); break;
    default: dot_block(s, raw, 1, column, panels, a, b, k); break;
    }
}
BL_INLINE void dot_tile(const gemm_output *s, const int raw, size_t columns, const void *a,
                        size_t k, const void *b)
{
    const int8_t *y = b;
    size_t j = 0;
    if (columns == 64 && s->rows == 1) {
        /* two panels alone would be two chains of sums, each waiting for the last */
        dot_block(s, raw, 1, 0, 4, a, y, k);
        return;
    }
    for (; j + 32 <= columns; j += 32) dot_rows(s, raw, j, 2, a, y + j * k, k);
    if (j < columns) dot_rows(s, raw, j, 1, a, y + j * k, k);
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
#include "dot_in_place8.h"
