/* Float primitives in plain C, one lane at a time. */
#include <math.h>
#include <string.h>

#define VL 1
typedef float vf;
typedef int32_t vi;

static inline vf vf_load(const float *p) { return *p; }
static inline void vf_store(float *p, vf a) { *p = a; }
static inline vf vf_set(float a) { return a; }
static inline vf vf_add(vf a, vf b) { return a + b; }
static inline vf vf_sub(vf a, vf b) { return a - b; }
static inline vf vf_mul(vf a, vf b) { return a * b; }
static inline vf vf_div(vf a, vf b) { return a / b; }
static inline vf vf_min(vf a, vf b) { return a < b ? a : b; }
static inline vf vf_max(vf a, vf b) { return a > b ? a : b; }
static inline vf vf_sqrt(vf a) { return sqrtf(a); }
static inline vf vf_abs(vf a) { return fabsf(a); }
static inline int vf_any_above(vf a, vf b) { return a > b; }
static inline vi vf_bits(vf a)
{
    vi b;
    memcpy(&b, &a, 4);
    return b;
}
static inline vf vi_as_float(vi a)
{
    vf b;
    memcpy(&b, &a, 4);
    return b;
}
static inline vi vi_round(vf a) { return (vi)((uint32_t)vf_bits(a + 12582912.0f) - 0x4B400000u); }
static inline vf vf_from_int(vi a) { return (float)a; }
static inline vf vf_load_s8(const int8_t *p) { return (float)*p; }
static inline vi vi_load(const int32_t *p) { return *p; }
static inline void vi_store(int32_t *p, vi a) { *p = a; }
static inline vi vi_set(int32_t a) { return a; }
static inline vi vi_add(vi a, vi b) { return (vi)((uint32_t)a + (uint32_t)b); }
static inline vi vi_mul(vi a, vi b) { return (vi)((uint32_t)a * (uint32_t)b); }
static inline vi vi_sub_mul(vi a, vi b, vi c) { return (vi)((uint32_t)a - (uint32_t)vi_mul(b, c)); }
static inline vi vi_and(vi a, vi b) { return a & b; }
static inline vi vi_or(vi a, vi b) { return a | b; }
#define vi_shift_left(a, n) ((vi)((uint32_t)(a) << (n)))

static inline float vf_sum16(const vf v[16])
{
    float s[8];
    for (int i = 0; i < 8; i++) s[i] = v[i] + v[i + 8];
    for (int i = 0; i < 4; i++) s[i] = s[i] + s[i + 4];
    return (s[0] + s[2]) + (s[1] + s[3]);
}
static inline float vf_max1(vf a) { return a; }
static inline float vf_min1(vf a) { return a; }
/* 16 values that fit the narrow type. */
static inline void vi_narrow8(void *out, const vi v[16])
{
    for (int i = 0; i < 16; i++) ((int8_t *)out)[i] = (int8_t)v[i];
}

#include "vec_rows.h"
