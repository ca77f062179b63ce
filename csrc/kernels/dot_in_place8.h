/* dot_in_place8.h: columns in place with 256-bit VPDPBUSD, for dot_avxvnni.h and dot_avx512vnni.h,
 * which define dot_step8 and dot_store16. A register holds half of a column of 64 values, so that
 * fewer lanes are left to add up than with 512 bits. Nothing is fetched in advance: columns follow
 * each other, and the processor's own fetching is faster than one with instructions. */

#include "dot_sums8.h"

static inline __m256i dot_load8(const void *p) { return _mm256_loadu_si256((const __m256i *)p); }
static inline __m256i dot_load4(const void *p)
{
    return _mm256_zextsi128_si256(_mm_loadu_si128((const __m128i *)p));
}

/* The sums of eight columns, in order. */
BL_INLINE __m256i dot_eight(const uint8_t *x, const int8_t *b, size_t k)
{
    __m256i s[8];
    size_t t = 0;
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) s[i] = _mm256_setzero_si256();
    for (; t + 32 <= k; t += 32) {
        const __m256i v = dot_load8(x + t);
#pragma GCC unroll 8
        for (size_t i = 0; i < 8; i++) s[i] = dot_step8(s[i], v, dot_load8(b + i * k + t));
    }
    if (t < k) { /* k is a multiple of 16 */
        const __m256i v = dot_load4(x + t);
#pragma GCC unroll 8
        for (size_t i = 0; i < 8; i++) s[i] = dot_step8(s[i], v, dot_load4(b + i * k + t));
    }
    return dot_sums8(s);
}
BL_INLINE void dot_in_place16(const void *a, size_t row, const int8_t *b, size_t k, int32_t *c)
{
    const uint8_t *x = (const uint8_t *)a + row * k;
    dot_store16(c, dot_eight(x, b, k), dot_eight(x, b + 8 * k, k));
}
