/* vec_neon.h: float primitives for NEON, 32 and 64 bits. vec_generic.h says what each must do.
 *
 * ARMv7 NEON differs from IEEE 754 in two ways that matter here: it has no exact division or
 * square root (done on the VFP, lane by lane, below) and it flushes denormals to zero (the loader
 * refuses or zeroes the parameters that could produce one). */
#include <arm_neon.h>
#include <math.h>

#include "rounding.h"

#define VL 4
#ifdef __aarch64__
#define VF_ROW 64
#endif
typedef float32x4_t vf;
typedef int32x4_t vi;

static inline vf vf_load(const float *p) { return vld1q_f32(p); }
static inline void vf_store(float *p, vf a) { vst1q_f32(p, a); }
static inline vf vf_set(float a) { return vdupq_n_f32(a); }
static inline vf vf_add(vf a, vf b) { return vaddq_f32(a, b); }
static inline vf vf_sub(vf a, vf b) { return vsubq_f32(a, b); }
static inline vf vf_mul(vf a, vf b) { return vmulq_f32(a, b); }
static inline vf vf_min(vf a, vf b) { return vminq_f32(a, b); }
static inline vf vf_max(vf a, vf b) { return vmaxq_f32(a, b); }
static inline vf vf_abs(vf a) { return vabsq_f32(a); }
static inline vf vf_min_abs(vf a, vf b) { return vf_min(vf_abs(a), b); }
static inline vi vf_bits(vf a) { return vreinterpretq_s32_f32(a); }
static inline vf vi_as_float(vi a) { return vreinterpretq_f32_s32(a); }
static inline vf vf_from_int(vi a) { return vcvtq_f32_s32(a); }
static inline vi vi_load(const int32_t *p) { return vld1q_s32(p); }
static inline void vi_store(int32_t *p, vi a) { vst1q_s32(p, a); }
static inline vi vi_set(int32_t a) { return vdupq_n_s32(a); }
static inline vi vi_add(vi a, vi b) { return vaddq_s32(a, b); }
static inline vi vi_and(vi a, vi b) { return vandq_s32(a, b); }
static inline vi vi_or(vi a, vi b) { return vorrq_s32(a, b); }
#define vi_shift_left(a, n) vshlq_n_s32(a, n)

/* Sixteen int8 from any address. */
static inline void vf_load16_s8(const int8_t *p, vf *v)
{
    const int8x16_t b = vld1q_s8(p);
    const int16x8_t low = vmovl_s8(vget_low_s8(b)), high = vmovl_s8(vget_high_s8(b));
    v[0] = vcvtq_f32_s32(vmovl_s16(vget_low_s16(low)));
    v[1] = vcvtq_f32_s32(vmovl_s16(vget_high_s16(low)));
    v[2] = vcvtq_f32_s32(vmovl_s16(vget_low_s16(high)));
    v[3] = vcvtq_f32_s32(vmovl_s16(vget_high_s16(high)));
}

#ifndef __aarch64__
/* Two registers from any address, which is moved past them. */
static inline int8x16x2_t load_two(const void **at)
{
#ifdef __clang__
    const int8x16x2_t two = vld1q_s8_x2(*at);
    *at = (const int8_t *)*at + 32;
#else /* gcc has no such function */
    int8x16x2_t two;
    __asm__("vld1.8 %h0, [%1]!" : "=w"(two), "+r"(*at) : "m"(*(const int8_t (*)[32]) * at));
#endif
    return two;
}
#endif

/* Sixteen floats: one instruction, or two. */
static inline void vf_load16(const float *p, vf *v)
{
#ifdef __aarch64__
    const float32x4x4_t x = vld1q_f32_x4(p);
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) v[j] = x.val[j];
#else
    const void *at = p;
#pragma GCC unroll 2
    for (int j = 0; j < 4; j += 2) {
        const int8x16x2_t x = load_two(&at);
        v[j] = vreinterpretq_f32_s8(x.val[0]);
        v[j + 1] = vreinterpretq_f32_s8(x.val[1]);
    }
#endif
}
static inline void vf_store16(float *p, const vf *v)
{
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) vst1q_f32(p + 4 * j, v[j]);
}

#ifdef __aarch64__
static inline vf vf_div(vf a, vf b) { return vdivq_f32(a, b); }
static inline vf vf_sqrt(vf a) { return vsqrtq_f32(a); }
static inline vi vi_round(vf a) { return vcvtnq_s32_f32(a); }
static inline float vf_max1(vf a) { return vmaxvq_f32(a); }
static inline float vf_min1(vf a) { return vminvq_f32(a); }
static inline int vf_any_above(vf a, vf b) { return vmaxvq_u32(vcgtq_f32(a, b)) != 0; }
#else
static inline vf vf_div(vf a, vf b)
{
    float x[4], y[4];
    vst1q_f32(x, a);
    vst1q_f32(y, b);
    for (int i = 0; i < 4; i++) x[i] = x[i] / y[i];
    return vld1q_f32(x);
}
static inline vf vf_sqrt(vf a)
{
    float x[4];
    vst1q_f32(x, a);
    for (int i = 0; i < 4; i++) x[i] = sqrtf(x[i]);
    return vld1q_f32(x);
}
static inline vi vi_round(vf a)
{
    return vsubq_s32(vf_bits(vaddq_f32(a, vdupq_n_f32(BL_ROUNDING))),
                     vdupq_n_s32(BL_ROUNDING_BITS));
}
static inline float vf_max1(vf a)
{
    float32x2_t m = vmax_f32(vget_low_f32(a), vget_high_f32(a));
    return vget_lane_f32(vpmax_f32(m, m), 0);
}
static inline float vf_min1(vf a)
{
    float32x2_t m = vmin_f32(vget_low_f32(a), vget_high_f32(a));
    return vget_lane_f32(vpmin_f32(m, m), 0);
}
static inline int vf_any_above(vf a, vf b)
{
    uint32x4_t c = vcgtq_f32(a, b);
    uint32x2_t d = vorr_u32(vget_low_u32(c), vget_high_u32(c));
    return (vget_lane_u32(d, 0) | vget_lane_u32(d, 1)) != 0;
}
#endif

static inline float vf_sum16(const vf v[4])
{
    vf s = vaddq_f32(vaddq_f32(v[0], v[2]), vaddq_f32(v[1], v[3]));
    float32x2_t t = vadd_f32(vget_low_f32(s), vget_high_f32(s));
    return vget_lane_f32(vpadd_f32(t, t), 0);
}
/* The low bytes of 16 values. */
static inline int8x16_t vi_bytes(const vi v[4])
{
#ifdef __aarch64__
    int16x8_t a = vuzp1q_s16(vreinterpretq_s16_s32(v[0]), vreinterpretq_s16_s32(v[1]));
    int16x8_t b = vuzp1q_s16(vreinterpretq_s16_s32(v[2]), vreinterpretq_s16_s32(v[3]));
    return vuzp1q_s8(vreinterpretq_s8_s16(a), vreinterpretq_s8_s16(b));
#else
    int16x8_t a = vcombine_s16(vmovn_s32(v[0]), vmovn_s32(v[1]));
    int16x8_t b = vcombine_s16(vmovn_s32(v[2]), vmovn_s32(v[3]));
    return vcombine_s8(vmovn_s16(a), vmovn_s16(b));
#endif
}
static inline void vi_narrow8(void *out, const vi v[4]) { vst1q_s8((int8_t *)out, vi_bytes(v)); }

/* The contract of vec_rows.h: up to eight rows' scalars, four to a register. */
typedef struct {
    float32x4_t v[2];
} vf_rows;
typedef struct {
    int32x4_t v[2];
} vi_rows;
static inline __attribute__((always_inline)) vf_rows vf_rows_load(const float *p, const size_t rows)
{
    vf_rows s = { { vdupq_n_f32(0), vdupq_n_f32(0) } };
#pragma GCC unroll 8
    for (size_t r = 0; r < rows; r++)
        if (r % 4 == 0 && r + 4 <= rows) s.v[r / 4] = vld1q_f32(p + r);
        else if (rows == 2) s.v[0] = vcombine_f32(vld1_f32(p), vdup_n_f32(0));
        else if (r / 4 * 4 + 4 > rows) s.v[r / 4][r % 4] = p[r];
    return s;
}
static inline __attribute__((always_inline)) vi_rows vi_rows_load(const int32_t *p,
                                                                  const size_t rows)
{
    vi_rows s = { { vdupq_n_s32(0), vdupq_n_s32(0) } };
#pragma GCC unroll 8
    for (size_t r = 0; r < rows; r++)
        if (r % 4 == 0 && r + 4 <= rows) s.v[r / 4] = vld1q_s32(p + r);
        else if (rows == 2) s.v[0] = vcombine_s32(vld1_s32(p), vdup_n_s32(0));
        else if (r / 4 * 4 + 4 > rows) s.v[r / 4][r % 4] = p[r];
    return s;
}
static inline __attribute__((always_inline)) vf vf_mul_row(vf a, vf_rows b, const size_t r)
{
#ifdef __aarch64__
    return vmulq_n_f32(a, b.v[r / 4][r % 4]);
#else
    const float32x2_t h = r % 4 < 2 ? vget_low_f32(b.v[r / 4]) : vget_high_f32(b.v[r / 4]);
    return r % 2 ? vmulq_lane_f32(a, h, 1) : vmulq_lane_f32(a, h, 0);
#endif
}
static inline __attribute__((always_inline)) vi vi_mul_row(vi a, vi_rows b, const size_t r)
{
#ifdef __aarch64__
    return vmulq_n_s32(a, b.v[r / 4][r % 4]);
#else
    const int32x2_t h = r % 4 < 2 ? vget_low_s32(b.v[r / 4]) : vget_high_s32(b.v[r / 4]);
    return r % 2 ? vmulq_lane_s32(a, h, 1) : vmulq_lane_s32(a, h, 0);
#endif
}
static inline vi vi_sub_mul(vi a, vi b, vi c) { return vmlsq_s32(a, b, c); }
static inline __attribute__((always_inline)) vi vi_sub_mul_row(vi a, vi b, vi_rows c,
                                                               const size_t r)
{
    return vmlsq_n_s32(a, b, c.v[r / 4][r % 4]);
}
