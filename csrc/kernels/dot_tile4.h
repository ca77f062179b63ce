/* dot_tile4.h: the tile that dot_avx2.h and dot_avxvnni.h share: up to four rows x 16 columns. */
BL_INLINE void dot_tile(const gemm_output *s, const int raw, size_t columns, const void *a,
                        size_t k, const void *b)
{
    (void)columns;
    switch (s->rows) {
    case 4: dot_block(s, raw, 4, a, b, k); break;
    case 3: dot_block(s, raw, 3, a, b, k); break;
    case 2: dot_block(s, raw, 2, a, b, k); break;
    default: dot_block(s, raw, 1, a, b, k); break;
    }
}
