/* What store.inc multiplies rows with, where a lane of a register is no operand: every
 * row's scalar is read from memory. NEON has its own. */
typedef struct {
    const float *p;
} vf_rows;
typedef struct {
    const int32_t *p;
} vi_rows;
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
static inline vf vf_mul_row(vf a, vf_rows b, size_t r) { return vf_mul(a, vf_set(b.p[r])); }
static inline vi vi_sub_mul_row(vi a, vi b, vi_rows c, size_t r)
{
    return vi_sub_mul(a, b, vi_set(c.p[r]));
}
