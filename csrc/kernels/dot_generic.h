/* 8-bit dot products in plain C.  Rows and columns lie as they are. */
#define DOT_MR          4
#define DOT_NR          16
#define DOT_ZERO        0
#define DOT_ROW_UNIT    1
#define DOT_COLUMN_UNIT 1

static inline void dot_put_row16(void *data, size_t row, size_t i, size_t k, const vi *q,
                                 int32_t offset)
{
    for (size_t j = 0; j < 16; j++) ((int8_t *)data)[row * k + i + j] = (int8_t)(q[j] + offset);
}
static inline void dot_put_column16(void *data, size_t column, size_t i, size_t k, const int8_t *q)
{
    memcpy((int8_t *)data + column * k + i, q, 16);
}
static inline void dot_put_quads16(void *data, size_t column, size_t i, size_t k, const vi *quads)
{
    for (size_t j = 0; j < 16; j++) memcpy((int8_t *)data + (column + j) * k + i, &quads[j], 4);
}
static int32_t dot_one(const int8_t *a, const int8_t *b, size_t k)
{
    int32_t s = 0;
    for (size_t i = 0; i < k; i++) s += a[i] * b[i];
    return s;
}
BL_INLINE void dot_tile(const sink *s, const int raw, size_t columns, const void *a, size_t k,
                        const void *b)
{
    for (size_t j = 0; j < columns; j++)
        for (size_t i = 0; i < s->rows; i++) {
            const vi c = dot_one((const int8_t *)a + i * k, (const int8_t *)b + j * k, k);
            emit(s, raw, row_factors(s, raw, i, 1), i, 1, j, 1, &c, 1);
        }
}
static void dot_in_place16(const void *a, size_t row, const int8_t *b, size_t k, int32_t *c)
{
    for (size_t j = 0; j < 16; j++) c[j] = dot_one((const int8_t *)a + row * k, b + j * k, k);
}
