/* vec_rows.h: what every vec_*.h includes last, unless its instructions take one lane of a register
 * as an operand, or load several registers (vec_neon.h); then it defines the same names itself.
 *
 * The scalars that store.inc multiplies a tile's rows with, read from memory where they are used;
 * and sixteen floats at once. */

/* Up to eight rows' scalars. */
typedef struct {
    const float *p;
} vf_rows;
typedef struct {
    const int32_t *p;
} vi_rows;

/* Those of `rows` rows, p[0] to p[rows - 1]; rows is a constant where this is inlined, and what
 * is read here must not go beyond p[rows - 1]. */
static inline vf_rows vf_rows_load(const float *p, size_t rows)
{
    (void)rows;
    vf_rows v = { p };
    return v;
}
static inline vi_rows vi_rows_load(const int32_t *p, size_t rows)
{
    (void)rows;
    vi_rows v = { p };
    return v;
}
/* a * row r's scalar, and a - b * row r's scalar, in every lane; r is less than `rows`. */
static inline vf vf_mul_row(vf a, vf_rows b, size_t r) { return vf_mul(a, vf_set(b.p[r])); }
static inline vi vi_sub_mul_row(vi a, vi b, vi_rows c, size_t r)
{
    return vi_sub_mul(a, b, vi_set(c.p[r]));
}
/* Sixteen floats, and sixteen int8 as floats, 16 / VL vectors. */
static inline void vf_load16(const float *p, vf *v)
{
#pragma GCC unroll 16
    for (size_t j = 0; j < 16 / VL; j++) v[j] = vf_load(p + j * VL);
}
static inline void vf_store16(float *p, const vf *v)
{
#pragma GCC unroll 16
    for (size_t j = 0; j < 16 / VL; j++) vf_store(p + j * VL, v[j]);
}
static inline void vf_load16_s8(const int8_t *p, vf *v)
{
#pragma GCC unroll 16
    for (size_t j = 0; j < 16 / VL; j++) v[j] = vf_load_s8(p + j * VL);
}
