/* vec_generic.h: float primitives in plain C, one lane at a time, and the contract of every
 * vec_*.h. To port to an instruction set, copy this file and replace each body.
 *
 * A vec_*.h defines what is defined here, by the same names:
 *
 *   VL        lanes in a vector: 1, 4, 8 or 16. The kernels use 16 / VL vectors side by side, so
 *             every row of floats is a multiple of 16 lanes.
 *   vf, vi    VL floats; VL int32.
 *   VF_ROW    64, if the registers can hold 64 floats and as much again to work with: rows of 64
 *             are then read once. Else not defined.
 *   VF_TOGETHER  if a register has 16 lanes, of which the sums, minima and maxima of several are
 *             found together; then also vf_sum_together, vf_min_together and vf_max_together,
 *             whose lane i is what vf_sum16, vf_min1 or vf_max1 gives for v[i] of 8 or 16 of them.
 *   VF_SCALES  if there are instructions for vf_fraction, what is left of a less its nearest
 *             integer (ties to even), and vf_scale2, a * 2^n for an integer n. Else not defined.
 *
 * Every float operation must give the bits that IEEE 754 gives for round-to-nearest: no fused
 * multiply-add, no estimates of division or square root. Where a processor has no exact vector
 * instruction, it works lane by lane (vec_neon.h on 32-bit ARM). NaN, infinity and denormals do
 * not occur. Integers wrap at 32 bits.
 *
 * Addresses are aligned for one element (4 bytes, 1 for int8), never known to be more. Loads and
 * stores touch VL elements, no more. */
#include <math.h>
#include <string.h>

#include "rounding.h"

#define VL 1
typedef float vf;
typedef int32_t vi;

/* ---- floats, lane by lane ---- */

static inline vf vf_load(const float *p) { return *p; }
static inline void vf_store(float *p, vf a) { *p = a; }
/* The same value in every lane. */
static inline vf vf_set(float a) { return a; }
static inline vf vf_add(vf a, vf b) { return a + b; }
static inline vf vf_sub(vf a, vf b) { return a - b; }
static inline vf vf_mul(vf a, vf b) { return a * b; }
static inline vf vf_div(vf a, vf b) { return a / b; }
/* Of +0 and -0, either: kernels do not let the difference reach a result. */
static inline vf vf_min(vf a, vf b) { return a < b ? a : b; }
static inline vf vf_max(vf a, vf b) { return a > b ? a : b; }
static inline vf vf_sqrt(vf a) { return sqrtf(a); }
static inline vf vf_abs(vf a) { return fabsf(a); }
/* The smaller of |a| and b; b > 0. */
static inline vf vf_min_abs(vf a, vf b) { return vf_min(vf_abs(a), b); }
/* Not 0 if a > b in any lane. */
static inline int vf_any_above(vf a, vf b) { return a > b; }

/* ---- between floats and integers ---- */

/* The bits of a float as an int32, and the reverse. */
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
/* To the nearest integer, ties to even; |a| < 2^22. */
static inline vi vi_round(vf a)
{
    return (vi)((uint32_t)vf_bits(a + BL_ROUNDING) - (uint32_t)BL_ROUNDING_BITS);
}
/* To the nearest float, ties to even. */
static inline vf vf_from_int(vi a) { return (float)a; }
/* VL int8 from any address, as floats. */
static inline vf vf_load_s8(const int8_t *p) { return (float)*p; }

/* ---- int32, lane by lane ---- */

static inline vi vi_load(const int32_t *p) { return *p; }
static inline void vi_store(int32_t *p, vi a) { *p = a; }
static inline vi vi_set(int32_t a) { return a; }
static inline vi vi_add(vi a, vi b) { return (vi)((uint32_t)a + (uint32_t)b); }
/* a - b * c */
static inline vi vi_sub_mul(vi a, vi b, vi c)
{
    return (vi)((uint32_t)a - (uint32_t)b * (uint32_t)c);
}
static inline vi vi_and(vi a, vi b) { return a & b; }
static inline vi vi_or(vi a, vi b) { return a | b; }
/* n is a constant from 0 to 31: a macro, since many instructions have it in their code. */
#define vi_shift_left(a, n) ((vi)((uint32_t)(a) << (n)))

/* ---- across lanes ---- */

/* The sum of sixteen lanes, 16 / VL vectors, lane 0 first. Float addition is not associative, so
 * the order is part of the contract: lane i and lane i + 8, of those eight i and i + 4, of those
 * four 0 and 2, 1 and 3, and these two. */
static inline float vf_sum16(const vf v[16])
{
    float s[8];
    for (int i = 0; i < 8; i++) s[i] = v[i] + v[i + 8];
    for (int i = 0; i < 4; i++) s[i] = s[i] + s[i + 4];
    return (s[0] + s[2]) + (s[1] + s[3]);
}
/* The greatest and the smallest lane of one vector. */
static inline float vf_max1(vf a) { return a; }
static inline float vf_min1(vf a) { return a; }
/* Sixteen values from -128 to 127 as 16 int8 at any address. */
static inline void vi_narrow8(void *out, const vi v[16])
{
    for (int i = 0; i < 16; i++) ((int8_t *)out)[i] = (int8_t)v[i];
}

/* ---- a scalar for each row of a tile: vf_rows, vi_rows and their four functions ---- */

#include "vec_rows.h"
