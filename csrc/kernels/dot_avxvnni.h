/* dot_avxvnni.h: 8-bit dot products with 256-bit VPDPBUSD (AVX-VNNI: recent cores without
 * AVX-512); dot_generic.h says what each function must do. */
#define DOT_MR 4
#define DOT_NR 16
#include "dot_panel4.h"

static inline __m256i dot_step(__m256i s, __m256i x, __m256i y)
{
#if defined __GNUC__ && !defined __clang__
    __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(s) : "x"(x), "x"(y));
    return s;
#else
    return _mm256_dpbusd_avx_epi32(s, x, y);
#endif
}
static inline __m256i dot_load(const void *p) { return _mm256_loadu_si256((const __m256i *)p); }

/* rows x 16 columns; rows is a constant wherever this is inlined. */
BL_INLINE void dot_block(const gemm_output *to, const int raw, const size_t rows, const uint8_t *a,
                         const int8_t *b, size_t k)
{
    __m256i s[4][2];
#pragma GCC unroll 4
    for (size_t i = 0; i < rows; i++) s[i][0] = s[i][1] = _mm256_setzero_si256();
    for (size_t t = 0; t < k; t += 4, b += 64) {
        __m256i y0 = dot_load(b), y1 = dot_load(b + 32);
#pragma GCC unroll 4
        for (size_t i = 0; i < rows; i++) {
            __m256i x = _mm256_set1_epi32(dot_four(a + i * k + t));
            s[i][0] = dot_step(s[i][0], x, y0);
            s[i][1] = dot_step(s[i][1], x, y1);
        }
    }
    store_tile(to, raw, row_factors(to, raw, 0, rows), 0, rows, 0, 2, &s[0][0], 2);
}
#include "dot_tile4.h"

static void dot_in_place16(const void *a, size_t row, const int8_t *b, size_t k, int32_t *c)
{
    const uint8_t *x = (const uint8_t *)a + row * k;
    for (size_t j = 0; j < 16; j += 4, b += 4 * k) {
        __m128i s[4]; /* k is a multiple of 16 */
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++) s[i] = _mm_setzero_si128();
        for (size_t t = 0; t < k; t += 16) {
            __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(x + t));
#pragma GCC unroll 4
            for (size_t i = 0; i < 4; i++) {
                __m128i w = _mm_loadu_si128((const __m128i *)(const void *)(b + i * k + t));
#if defined __GNUC__ && !defined __clang__
                __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(s[i]) : "x"(v), "x"(w));
#else
                s[i] = _mm_dpbusd_avx_epi32(s[i], v, w);
#endif
            }
        }
        _mm_storeu_si128((__m128i *)(void *)(c + j),
                         _mm_hadd_epi32(_mm_hadd_epi32(s[0], s[1]), _mm_hadd_epi32(s[2], s[3])));
    }
}
