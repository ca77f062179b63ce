/* dot_avxvnni.h: 8-bit dot products with 256-bit VPDPBUSD (AVX-VNNI: recent cores without
 * AVX-512); dot_generic.h says what each function must do. */
#define DOT_MR 4
#define DOT_NR 16
#include "dot_panel4.h"

static inline __m256i dot_step(__m256i s, __m256i x, __m256i y)
{
#if defined __GNUC__ && !defined __clang__
    __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(s) : "x"(x), "xm"(y));
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

#define dot_step8 dot_step
static inline void dot_store16(int32_t *c, __m256i low, __m256i high)
{
    vi_store(c, low);
    vi_store(c + 8, high);
}
#include "dot_in_place8.h"
