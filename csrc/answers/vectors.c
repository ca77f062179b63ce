/* vectors.c: vectors for a text or for its tokens, and what is done with vectors. Sums are in
 * double precision and in one order, so that every board gives the same. */
#include <math.h>

#include "text_input.h"

bl_status bl_embed(const bl_session *s, const bl_text *text, const bl_embed_options *options,
                   bl_vectors *out, bl_error *error)
{
    static const bl_embed_options defaults = { BL_MEAN_POOLING, 1 };
    static const int32_t first = 0;
    if (!options) options = &defaults;
    bl_status status = bl_begin(s, BL_NO_HEAD, "embedding a text", error);
    bl_text_row row;
    if (status == BL_OK) status = bl_read_row(s, text, &row, &out->extent, error);
    if (status != BL_OK) return status;
    const size_t width = (size_t)bl_describe(s->model)->hidden,
                 count = options->pooling == BL_NO_POOLING ? row.count : 1;
    const int cls = options->pooling == BL_CLS_POOLING;
    float *rows = bl_arena_take(s->arena, count * width, sizeof *rows);
    if (!rows) return bl_no_memory(error, "the vectors of the text");
    status = bl_run_row(s, &row, options->pooling == BL_MEAN_POOLING ? BL_MEAN : BL_HIDDEN,
                        cls ? &first : NULL, cls ? 1 : 0, rows, error);
    if (status != BL_OK) return status;
    if (options->normalize) bl_normalize_rows(rows, count, width);
    out->rows = rows;
    out->count = count;
    out->width = width;
    return BL_OK;
}

void bl_mean_row(const float *rows, size_t count, size_t width, float *out)
{
    for (size_t c = 0; c < width; c++) {
        double sum = 0.0;
        for (size_t r = 0; r < count; r++) sum += (double)rows[r * width + c];
        out[c] = (float)(count ? sum / (double)count : 0.0);
    }
}

void bl_normalize_rows(float *rows, size_t count, size_t width)
{
    for (size_t r = 0; r < count; r++) {
        float *row = rows + r * width;
        double sum = 0.0;
        for (size_t c = 0; c < width; c++) sum += (double)row[c] * (double)row[c];
        const double length = sqrt(sum);
        for (size_t c = 0; c < width && length > 0.0; c++)
            row[c] = (float)((double)row[c] / length);
    }
}

void bl_dot_products(const float *a, size_t a_count, const float *b, size_t b_count, size_t width,
                     float *out)
{
    for (size_t i = 0; i < a_count; i++)
        for (size_t j = 0; j < b_count; j++) {
            double sum[4] = { 0.0, 0.0, 0.0, 0.0 }; /* four chains, to be added while others wait */
            size_t c = 0;
            for (; c + 4 <= width; c += 4)
                for (int k = 0; k < 4; k++)
                    sum[k] += (double)a[i * width + c + (size_t)k] *
                              (double)b[j * width + c + (size_t)k];
            for (; c < width; c++) sum[0] += (double)a[i * width + c] * (double)b[j * width + c];
            out[i * b_count + j] = (float)((sum[0] + sum[1]) + (sum[2] + sum[3]));
        }
}
