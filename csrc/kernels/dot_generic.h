/* dot_generic.h: 8-bit dot products in plain C, and the contract of every dot_*.h. To port to an
 * instruction set, copy this file, replace each body and choose the layouts that its
 * instructions like.
 *
 * It is included after a vec_*.h (VL, vf, vi) and store.inc (gemm_output, row_factors,
 * store_tile), and defines what is defined here, by the same names. Names beyond these (dot_at,
 * dot_block, dot_gather, ...) are a header's own.
 *
 * The words: a row is one token's activations, a column is one output's weights, both of k
 * values; k is a multiple of 16. A tile is the products of up to DOT_MR rows with up to DOT_NR
 * columns.
 *
 * What a value may be:
 *   weights      -127 to 127, never -128 (so two products fit an int16: 2 * 127 * 128 < 2^15)
 *   activations  stored as DOT_ZERO - 128 to DOT_ZERO + 127; the value is stored - zero, and the
 *                row's zero, which knows of DOT_ZERO, is subtracted in store.inc by way of the
 *                column's sum
 *   sums         of k products fit an int32
 *
 * What is free: how values lie in rows and in packed columns. Nobody but these functions looks
 * inside. What is fixed:
 *   - A row takes k * DOT_ROW_UNIT bytes, a column k * DOT_COLUMN_UNIT, and no more.
 *   - Rows may be interleaved in pairs (2r, 2r + 1) at most: a range of rows starts at any even
 *     row, and buffers have an even number of rows. The second row of the last pair may hold
 *     anything; its products are not stored.
 *   - Columns may be interleaved in groups of 16 at most (16c to 16c + 15), or of a divisor of
 *     16: a range of columns starts at any multiple of 16.
 *   - A row whose elements (int8 where DOT_ROW_UNIT is 1, int16 where it is 2) all are 1 is a row
 *     of the stored value 1 (column_sums in attend8.inc).
 *   - Packed rows and columns are aligned to 4 bytes, never known to be more. Columns that are
 *     used in place may have any address. */

/* The rows of a full tile: even, at most 8. The more rows and columns a tile has, the fewer loads
 * per product; as many as the sums that fit the registers. */
#define DOT_MR 4
/* The columns of a full tile: a multiple of 16, at most 64. */
#define DOT_NR 16
/* How much higher activations are stored: 0 for int8, 128 for uint8 (0 to 255), as instructions
 * that multiply unsigned by signed bytes need. */
#define DOT_ZERO 0
/* Bytes that one value takes in rows (1 or 2) and in packed columns (1 or 2). Where it is 2 in rows
 * and they lie in pairs, DOT_ROWS_BESIDE is defined as 2. */
#define DOT_ROW_UNIT    1
#define DOT_COLUMN_UNIT 1

/* Values [i, i + 16) of a row: stored = q + offset, for 16 int32 (16 / VL vectors, lane 0 first).
 * The sums are in the range of stored values, so their low bytes are enough. i is a multiple
 * of 16; data is where row 0 begins. */
static inline void dot_put_row16(void *data, size_t row, size_t i, size_t k, const vi *q,
                                 int32_t offset)
{
    for (size_t j = 0; j < 16; j++) ((int8_t *)data)[row * k + i + j] = (int8_t)(q[j] + offset);
}

/* Values [i, i + 16) of a column. i is a multiple of 16; data is where column 0 begins. */
static inline void dot_put_column16(void *data, size_t column, size_t i, size_t k, const int8_t *q)
{
    memcpy((int8_t *)data + column * k + i, q, 16);
}

/* Where more values are packed together faster, DOT_PUT_ROW64 is defined and dot_put_row64, which
 * takes 64 values of a row; or DOT_PUT_COLUMNS and dot_put_columns16, which takes q[c], values
 * [i, i + 16) of column + c, for sixteen columns. */

/* Values [i, i + 4) of the sixteen columns [column, column + 16): each int32 of `quads` holds one
 * column's four bytes, the value of i lowest. i is a multiple of 4, column one of 16. */
static inline void dot_put_quads16(void *data, size_t column, size_t i, size_t k, const vi *quads)
{
    for (size_t j = 0; j < 16; j++) memcpy((int8_t *)data + (column + j) * k + i, &quads[j], 4);
}

BL_PRODUCT static int32_t dot_one(const int8_t *a, const int8_t *b, size_t k)
{
    int32_t s = 0;
    for (size_t i = 0; i < k; i++) s += a[i] * b[i];
    return s;
}

/* A tile: s->rows (1 to DOT_MR) rows at a, an even row of its buffer, times `columns` packed
 * columns at b: a multiple of 16, at most DOT_NR. Every sum of stored * weight over k, exact, goes
 * through store_tile once. raw, a constant, is for store_tile alone. */
BL_INLINE void dot_tile(const gemm_output *s, const int raw, size_t columns, const void *a,
                        size_t k, const void *b)
{
    for (size_t j = 0; j < columns; j++)
        for (size_t i = 0; i < s->rows; i++) {
            const vi c = dot_one((const int8_t *)a + i * k, (const int8_t *)b + j * k, k);
            store_tile(s, raw, row_factors(s, raw, i, 1), i, 1, j, 1, &c, 1);
        }
}

/* Sixteen columns that are not packed: int8, k apart. c[j] = the exact sum of row `row` of a (the
 * buffer's row 0, so that an interleaved row can be found) and column j. */
static void dot_in_place16(const void *a, size_t row, const int8_t *b, size_t k, int32_t *c)
{
    for (size_t j = 0; j < 16; j++) c[j] = dot_one((const int8_t *)a + row * k, b + j * k, k);
}
