/* dot_begun.h: tiles of NEON whose sums begin at -zero * column_sum, which others subtract at the
 * end (store.inc): one instruction instead of two, as sums have to begin with something. */

/* Multiplications take one lane of a register, but compilers move a lane that is used twice into a
 * register of its own, before the loop that they then have too few registers for. HERE keeps what
 * is made of x behind this point; KEEP, x in its register up to it. */
#ifndef __GNUC__
#define HERE(x) (void)(x)
#elif defined __aarch64__
#define HERE(x) __asm__ volatile("" : "+w"(x))
#else
#define HERE(x) __asm__ volatile("" : "+t"(x)) /* those that have lanes */
#endif
#ifdef __GNUC__
#define KEEP(x) __asm__ volatile("" : : "w"(x))
#else
#define KEEP(x) (void)(x)
#endif

/* Vectors, one after another. */
BL_INLINE void store_row(float *out, const vf *x, const size_t vectors)
{
#ifdef __aarch64__
    if (vectors == 2) {
        const float32x4x2_t two = { { x[0], x[1] } };
        vst1q_f32_x2(out, two);
        return;
    }
#endif
    BL_UNROLL for (size_t t = 0; t < vectors; t++) vf_store(out + t * VL, x[t]);
}

/* row_factors, with the negative zeros. */
BL_INLINE factors begun_factors(const gemm_output *s, const int raw, size_t row, const size_t rows)
{
    factors f = row_factors(s, raw, row, rows);
    for (int i = 0; i < 2; i++) f.zero.v[i] = vnegq_s32(f.zero.v[i]);
    return f;
}

/* What the sums of a tile of `rows` rows begin with; v is laid out as store_tile's. */
BL_INLINE void begin_tile(const gemm_output *s, const int raw, const factors f, const size_t rows,
                          size_t column, const size_t vectors, vi *v, const size_t apart)
{
    vi_rows zero = f.zero;
    HERE(zero.v[0]);
    if (rows > 4) HERE(zero.v[1]);
    BL_UNROLL for (size_t t = 0; t < vectors; t++)
    {
        const vi sum = raw ? vi_set(0) : vi_load(s->column_sum + column + t * VL);
        BL_UNROLL for (size_t r = 0; r < rows; r++)
            v[r * apart + t] = raw ? sum : vi_mul_row(sum, zero, r);
    }
}

/* store_tile, for sums that began there. */
BL_INLINE void end_tile(const gemm_output *s, const int raw, const factors f, size_t row,
                        const size_t rows, size_t column, const size_t vectors, const vi *v,
                        const size_t apart)
{
    if (raw) {
        store_sums(s, row, rows, column, vectors, v, apart);
        return;
    }
    float *out = s->out + row * s->stride + column;
    vf scale[4], bias[4];
    vf_rows row_scale = f.scale;
    HERE(row_scale.v[0]);
    if (rows > 4) HERE(row_scale.v[1]);
    BL_UNROLL for (size_t t = 0; t < vectors; t++)
    {
        scale[t] = vf_load(s->column_scale + column + t * VL);
        bias[t] = vf_load(s->bias + column + t * VL);
    }
    BL_UNROLL for (size_t r = 0; r < rows; r++, out += s->stride)
    {
        vf x[4];
        BL_UNROLL for (size_t t = 0; t < vectors; t++)
        {
            x[t] = vf_mul_row(vf_from_int(v[r * apart + t]), row_scale, r);
            x[t] = vf_add(vf_mul(x[t], scale[t]), bias[t]);
        }
        store_row(out, x, vectors);
    }
}
