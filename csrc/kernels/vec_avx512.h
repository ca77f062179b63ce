/* vec_avx512.h: float primitives for AVX-512. vec_generic.h says what each must do. FMA is not
 * used: other boards do not have it, and its results differ. */
#include <immintrin.h>
#include <math.h>

#define VL 16
#define VF_TOGETHER
#define VF_SCALES
typedef __m512 vf;
typedef __m512i vi;

static inline vf vf_load(const float *p) { return _mm512_loadu_ps(p); }
static inline void vf_store(float *p, vf a) { _mm512_storeu_ps(p, a); }
static inline vf vf_set(float a) { return _mm512_set1_ps(a); }
static inline vf vf_add(vf a, vf b) { return _mm512_add_ps(a, b); }
static inline vf vf_sub(vf a, vf b) { return _mm512_sub_ps(a, b); }
static inline vf vf_mul(vf a, vf b) { return _mm512_mul_ps(a, b); }
static inline vf vf_div(vf a, vf b) { return _mm512_div_ps(a, b); }
static inline vf vf_min(vf a, vf b) { return _mm512_min_ps(a, b); }
static inline vf vf_max(vf a, vf b) { return _mm512_max_ps(a, b); }
static inline vf vf_sqrt(vf a) { return _mm512_sqrt_ps(a); }
static inline vf vf_abs(vf a) { return _mm512_abs_ps(a); }
static inline vf vf_min_abs(vf a, vf b) { return _mm512_range_ps(a, b, 2 | 2 << 2); }
static inline int vf_any_above(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ) != 0; }
static inline vi vf_bits(vf a) { return _mm512_castps_si512(a); }
static inline vf vi_as_float(vi a) { return _mm512_castsi512_ps(a); }
static inline vi vi_round(vf a) { return _mm512_cvtps_epi32(a); }
static inline vf vf_from_int(vi a) { return _mm512_cvtepi32_ps(a); }
static inline vf vf_load_s8(const int8_t *p)
{
    return _mm512_cvtepi32_ps(
        _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(const void *)p)));
}
static inline vi vi_load(const int32_t *p) { return _mm512_loadu_si512(p); }
static inline void vi_store(int32_t *p, vi a) { _mm512_storeu_si512(p, a); }
static inline vi vi_set(int32_t a) { return _mm512_set1_epi32(a); }
static inline vi vi_add(vi a, vi b) { return _mm512_add_epi32(a, b); }
static inline vi vi_sub_mul(vi a, vi b, vi c)
{
    return _mm512_sub_epi32(a, _mm512_mullo_epi32(b, c));
}
static inline vi vi_and(vi a, vi b) { return _mm512_and_si512(a, b); }
static inline vi vi_or(vi a, vi b) { return _mm512_or_si512(a, b); }
#define vi_shift_left(a, n) _mm512_slli_epi32(a, n)

static inline __m256 vf_upper(vf a)
{
    return _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(a), 1));
}
static inline float vf_sum16(const vf v[1])
{
    __m256 s = _mm256_add_ps(_mm512_castps512_ps256(v[0]), vf_upper(v[0]));
    __m128 t = _mm_add_ps(_mm256_castps256_ps128(s), _mm256_extractf128_ps(s, 1));
    t = _mm_add_ps(t, _mm_movehl_ps(t, t));
    return _mm_cvtss_f32(_mm_add_ss(t, _mm_movehdup_ps(t)));
}
static inline float vf_max1(vf a)
{
    __m256 s = _mm256_max_ps(_mm512_castps512_ps256(a), vf_upper(a));
    __m128 t = _mm_max_ps(_mm256_castps256_ps128(s), _mm256_extractf128_ps(s, 1));
    t = _mm_max_ps(t, _mm_movehl_ps(t, t));
    return _mm_cvtss_f32(_mm_max_ss(t, _mm_movehdup_ps(t)));
}
static inline float vf_min1(vf a)
{
    __m256 s = _mm256_min_ps(_mm512_castps512_ps256(a), vf_upper(a));
    __m128 t = _mm_min_ps(_mm256_castps256_ps128(s), _mm256_extractf128_ps(s, 1));
    t = _mm_min_ps(t, _mm_movehl_ps(t, t));
    return _mm_cvtss_f32(_mm_min_ss(t, _mm_movehdup_ps(t)));
}
static inline vf vf_fraction(vf a) { return _mm512_reduce_ps(a, 0); }
static inline vf vf_scale2(vf a, vf n) { return _mm512_scalef_ps(a, n); }
/* Where a value goes in a register of four parts whose lanes lie [lane][part]. */
static inline __m512i vi_turn(void)
{
    return _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
}
/* Two registers' halves, quarters, ... next to each other, level by level: what is left of each of
 * 16 (or of 8) registers is one lane. */
#define TOGETHER(name, op)                                                                         \
    static inline vf name(const vf *v, const size_t rows)                                          \
    {                                                                                              \
        vf h[8], q[4], p[2];                                                                       \
        _Pragma("GCC unroll 8") for (size_t i = 0; i < rows / 2; i++)                              \
            h[i] = op(_mm512_shuffle_f32x4(v[2 * i], v[2 * i + 1], 0x44),                          \
                      _mm512_shuffle_f32x4(v[2 * i], v[2 * i + 1], 0xEE));                         \
        _Pragma("GCC unroll 4") for (size_t i = 0; i < rows / 4; i++)                              \
            q[i] = op(_mm512_shuffle_f32x4(h[2 * i], h[2 * i + 1], 0x88),                          \
                      _mm512_shuffle_f32x4(h[2 * i], h[2 * i + 1], 0xDD));                         \
        _Pragma("GCC unroll 2") for (size_t i = 0; i < rows / 8; i++)                              \
        {                                                                                          \
            const __m512d a = _mm512_castps_pd(q[2 * i]), b = _mm512_castps_pd(q[2 * i + 1]);      \
            p[i] = op(_mm512_castpd_ps(_mm512_unpacklo_pd(a, b)),                                  \
                      _mm512_castpd_ps(_mm512_unpackhi_pd(a, b)));                                 \
        }                                                                                          \
        const vf last = rows == 16 ? p[1] : p[0];                                                  \
        return _mm512_permutexvar_ps(vi_turn(), op(_mm512_shuffle_ps(p[0], last, 0x88),            \
                                                   _mm512_shuffle_ps(p[0], last, 0xDD)));          \
    }
TOGETHER(vf_sum_together, vf_add)
TOGETHER(vf_min_together, vf_min)
TOGETHER(vf_max_together, vf_max)
#undef TOGETHER
/* The low bytes of 16 values. */
static inline __m128i vi_bytes(const vi v[1]) { return _mm512_cvtepi32_epi8(v[0]); }
static inline void vi_narrow8(void *out, const vi v[1])
{
    _mm_storeu_si128((__m128i *)out, vi_bytes(v));
}

#include "vec_rows.h"
