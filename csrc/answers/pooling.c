/* pooling.c: sums are in double precision and in one order, so that every board gives the same. */
#include "pooling.h"

#include <math.h>
#include <string.h>

static void pool_greatest(const float *rows, size_t count, size_t width, float *out)
{
    memcpy(out, rows, width * sizeof *out);
    for (size_t r = 1; r < count; r++)
        for (size_t c = 0; c < width; c++)
            if (rows[r * width + c] > out[c]) out[c] = rows[r * width + c];
}

/* The sum of the rows by `divisor`; weighted: row r counts before + r + 1 times. */
static void pool_sum(const float *rows, size_t count, size_t width, int weighted, size_t before,
                     double divisor, float *out)
{
    for (size_t c = 0; c < width; c++) {
        double sum = 0.0;
        for (size_t r = 0; r < count; r++)
            sum += (double)rows[r * width + c] * (weighted ? (double)(before + r + 1) : 1.0);
        out[c] = (float)(sum / divisor);
    }
}

void bl_pool_rows(bl_pooling pooling, const float *rows, size_t count, size_t skip, size_t width,
                  float *out)
{
    if (skip >= count) skip = count - 1;
    const float *from = rows + skip * width;
    const size_t n = count - skip;
    const double number = (double)n;
    switch (pooling) {
    case BL_CLS_POOLING: memcpy(out, from, width * sizeof *out); break;
    case BL_LAST_POOLING: memcpy(out, from + (n - 1) * width, width * sizeof *out); break;
    case BL_MAX_POOLING: pool_greatest(from, n, width, out); break;
    case BL_MEAN_SQRT_POOLING: pool_sum(from, n, width, 0, 0, sqrt(number), out); break;
    case BL_WEIGHTED_MEAN_POOLING:
        pool_sum(from, n, width, 1, skip, (double)n * ((double)skip + (number + 1.0) / 2.0), out);
        break;
    case BL_MEAN_POOLING:
    case BL_NO_POOLING:
    case BL_MODEL_POOLING: pool_sum(from, n, width, 0, 0, number, out); break;
    }
}
