/* vec_rows.h: the scalars that store.inc multiplies a tile's rows with, read from memory where
 * they are used. This is what every vec_*.h includes last, unless its instructions take one lane
 * of a register as an operand (vec_neon.h); then it defines the same six names itself. */

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
