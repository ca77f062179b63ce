/* dot_panel4.h: the layout that dot_avxvnni.h and dot_avx512vnni.h share. VPDPBUSD multiplies
 * unsigned by signed bytes, so rows are stored 128 higher (DOT_ZERO); columns lie in panels:
 * [column/16][k/4][16][4]. */
#define DOT_ZERO        128
#define DOT_ROW_UNIT    1
#define DOT_COLUMN_UNIT 1

static inline void dot_put_row16(void *data, size_t row, size_t i, size_t k, const vi *q,
                                 int32_t offset)
{
    const __m128i v = _mm_add_epi8(vi_bytes(q), _mm_set1_epi8((char)offset));
    _mm_storeu_si128((__m128i *)(void *)((uint8_t *)data + row * k + i), v);
}
static inline size_t dot_at(size_t column, size_t i, size_t k)
{
    return column / 16 * 16 * k + i * 16 + column % 16 * 4;
}
static inline void dot_put_column16(void *data, size_t column, size_t i, size_t k, const int8_t *q)
{
    for (size_t j = 0; j < 16; j += 4) memcpy((int8_t *)data + dot_at(column, i + j, k), q + j, 4);
}
static inline void dot_put_quads16(void *data, size_t column, size_t i, size_t k, const vi *quads)
{
    for (size_t j = 0; j < 16 / VL; j++)
        vi_store((int32_t *)(void *)((int8_t *)data + dot_at(column + VL * j, i, k)), quads[j]);
}
static inline int32_t dot_four(const uint8_t *p)
{
    int32_t w;
    memcpy(&w, p, 4);
    return w;
}
