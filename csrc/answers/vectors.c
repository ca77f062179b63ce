/* vectors.c: vectors for a text or for its tokens, and what is done with vectors. Sums are in
 * double precision and in one order, so that every board gives the same. */
#include <math.h>
#include <string.h>

#include "../model/model.h"
#include "../model/sentence.h"
#include "pooling.h"
#include "text_input.h"

/* What one call does, after its options and the model's files. */
typedef struct {
    bl_pooling poolings[BL_MOST_POOLINGS];
    size_t pooling_count;
    const bl_sentence *sentence; /* with the steps behind pooling; or NULL */
    size_t max_tokens, skip, width, dimensions;
    int normalize;
} plan;

static bl_status make_plan(const bl_session *s, const bl_embed_options *options, plan *p,
                           bl_error *error)
{
    bl_sentence_info info = { 0 };
    const size_t hidden = (size_t)bl_describe(s->model)->hidden,
                 positions = (size_t)bl_describe(s->model)->positions;
    *p = (plan){
        { options->pooling }, 1, NULL, 0, options->skip, hidden, hidden, options->normalize
    };
    if (options->pooling == BL_MODEL_POOLING) {
        const bl_status status = bl_describe_sentence(s->model, &info, error);
        if (status != BL_OK) return status;
        p->poolings[0] = BL_MEAN_POOLING;
        p->sentence = info.json ? s->model->sentence : NULL;
        p->dimensions = info.dimensions;
        if (info.json && !info.dimensions)
            return bl_fail(error, BL_CONFIG_ERROR,
                           "modules.json of this model names no Pooling, so it was not made for "
                           "vectors; choose a pooling, or open a model that was.");
    }
    if (p->sentence) {
        p->pooling_count = p->sentence->settings.pooling_count;
        memcpy(p->poolings, p->sentence->settings.poolings, sizeof p->poolings);
        p->width = p->sentence->width;
    }
    if (options->dimensions && options->dimensions < p->dimensions)
        p->dimensions = options->dimensions;
    p->max_tokens = info.max_tokens && !s->max_tokens ? info.max_tokens : bl_session_tokens(s);
    if (p->max_tokens > positions) p->max_tokens = positions;
    return BL_OK;
}

/* The only pooling, if the model can do it while it runs; otherwise BL_NO_POOLING. */
static bl_pooling direct_pooling(const plan *p)
{
    const bl_pooling only = p->poolings[0];
    if (p->pooling_count != 1 || p->skip) return BL_NO_POOLING;
    return only == BL_MEAN_POOLING || only == BL_CLS_POOLING ? only : BL_NO_POOLING;
}

/* The pooled vectors, one behind the other. */
static bl_status pool(const bl_session *s, const bl_text_row *row, const plan *p, float *out,
                      bl_error *error)
{
    static const int32_t first = 0;
    const size_t hidden = (size_t)bl_describe(s->model)->hidden;
    const bl_pooling direct = direct_pooling(p);
    if (direct == BL_MEAN_POOLING) return bl_run_row(s, row, BL_MEAN, NULL, 0, out, error);
    if (direct == BL_CLS_POOLING) return bl_run_row(s, row, BL_HIDDEN, &first, 1, out, error);
    float *rows = bl_arena_take(s->arena, row->count * hidden, sizeof *rows);
    if (!rows) return bl_no_memory(error, "the hidden states of the text");
    const bl_status status = bl_run_row(s, row, BL_HIDDEN, NULL, 0, rows, error);
    for (size_t i = 0; i < p->pooling_count && status == BL_OK; i++)
        bl_pool_rows(p->poolings[i], rows, row->count, p->skip, hidden, out + i * hidden);
    return status;
}

static bl_status embed_text(const bl_session *s, const bl_text_row *row, const plan *p,
                            bl_vectors *out, bl_error *error)
{
    const size_t hidden = (size_t)bl_describe(s->model)->hidden,
                 size = p->sentence ? p->sentence->widest : hidden;
    float *vector = bl_arena_take(s->arena, size, sizeof *vector);
    float *other = bl_arena_take(s->arena, size, sizeof *other);
    if (!vector || !other) return bl_no_memory(error, "the vector of the text");
    memset(vector, 0, size * sizeof *vector);
    const bl_status status = pool(s, row, p, vector, error);
    if (status != BL_OK) return status;
    if (p->sentence) vector = bl_finish_sentence(s->model, vector, other);
    *out = (bl_vectors){ vector, 1, p->dimensions, out->extent };
    if (p->normalize) bl_normalize_rows(vector, 1, p->dimensions);
    return BL_OK;
}

/* A vector for each token. */
static bl_status embed_tokens(const bl_session *s, const bl_text_row *row, int normalize,
                              bl_vectors *out, bl_error *error)
{
    const size_t width = (size_t)bl_describe(s->model)->hidden;
    float *rows = bl_arena_take(s->arena, row->count * width, sizeof *rows);
    if (!rows) return bl_no_memory(error, "the vectors of the text");
    const bl_status status = bl_run_row(s, row, BL_HIDDEN, NULL, 0, rows, error);
    if (status != BL_OK) return status;
    if (normalize) bl_normalize_rows(rows, row->count, width);
    *out = (bl_vectors){ rows, row->count, width, out->extent };
    return BL_OK;
}

bl_status bl_embed(const bl_session *s, const bl_text *text, const bl_embed_options *options,
                   bl_vectors *out, bl_error *error)
{
    static const bl_embed_options defaults = { BL_MODEL_POOLING, 1, 0, 0 };
    if (!options) options = &defaults;
    bl_status status = bl_begin(s, BL_NO_HEAD, "embedding a text", error);
    bl_text_row row;
    plan p;
    if (status == BL_OK) status = make_plan(s, options, &p, error);
    if (status == BL_OK)
        status = bl_read_short_row(s, text, p.max_tokens, &row, &out->extent, error);
    if (status != BL_OK) return status;
    if (options->pooling == BL_NO_POOLING)
        return embed_tokens(s, &row, options->normalize, out, error);
    return embed_text(s, &row, &p, out, error);
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

/* ---- similarities -------------------------------------------------------------------------- */

static float similarity_of(bl_similarity similarity, const float *a, const float *b, size_t width)
{
    double dot = 0.0, aa = 0.0, bb = 0.0, squares = 0.0, sizes = 0.0;
    for (size_t c = 0; c < width; c++) {
        const double x = (double)a[c], y = (double)b[c];
        dot += x * y;
        aa += x * x;
        bb += y * y;
        squares += (x - y) * (x - y);
        sizes += fabs(x - y);
    }
    switch (similarity) {
    case BL_COSINE: return (float)(aa > 0.0 && bb > 0.0 ? dot / (sqrt(aa) * sqrt(bb)) : 0.0);
    case BL_DOT_PRODUCT: return (float)dot;
    case BL_EUCLIDEAN: return (float)-sqrt(squares);
    case BL_MANHATTAN: return (float)-sizes;
    }
    return 0.0f;
}

void bl_similarities(bl_similarity similarity, const float *a, size_t a_count, const float *b,
                     size_t b_count, size_t width, int pairs, float *out)
{
    for (size_t i = 0; i < a_count; i++) {
        if (pairs) {
            out[i] = similarity_of(similarity, a + i * width, b + i * width, width);
            continue;
        }
        for (size_t j = 0; j < b_count; j++)
            out[i * b_count + j] = similarity_of(similarity, a + i * width, b + j * width, width);
    }
}

/* ---- fewer bits ---------------------------------------------------------------------------- */

static unsigned char level_of(float value, float least, float step)
{
    const double level = floor((double)((value - least) / step));
    return (unsigned char)(level > 255.0 ? 255.0 : level > 0.0 ? level : 0.0);
}

static void range_of_column(const float *rows, size_t count, size_t width, size_t c, float *least,
                            float *most)
{
    *least = *most = count ? rows[c] : 0.0f;
    for (size_t r = 1; r < count; r++) {
        const float value = rows[r * width + c];
        *least = value < *least ? value : *least;
        *most = value > *most ? value : *most;
    }
}

void bl_ranges_of_rows(const float *rows, size_t count, size_t width, float *out)
{
    for (size_t c = 0; c < width; c++)
        range_of_column(rows, count, width, c, out + c, out + width + c);
}

void bl_rows_to_bytes(const float *rows, size_t count, size_t width, const float *ranges, int zero,
                      void *out)
{
    unsigned char *bytes = out;
    for (size_t c = 0; c < width; c++) {
        float least, most;
        if (ranges) {
            least = ranges[c];
            most = ranges[width + c];
        } else {
            range_of_column(rows, count, width, c, &least, &most);
        }
        const float step = most > least ? (most - least) / 255.0f : 1.0f;
        for (size_t r = 0; r < count; r++)
            bytes[r * width + c] =
                (unsigned char)(level_of(rows[r * width + c], least, step) - zero);
    }
}

void bl_rows_to_bits(const float *rows, size_t count, size_t width, int zero, void *out)
{
    const size_t size = (width + 7) / 8;
    unsigned char *bytes = out;
    for (size_t r = 0; r < count; r++)
        for (size_t i = 0; i < size; i++) {
            unsigned bits = 0;
            for (size_t c = 8 * i; c < 8 * i + 8; c++)
                bits = bits << 1 | (c < width && rows[r * width + c] > 0.0f);
            bytes[r * size + i] = (unsigned char)(bits - (unsigned)zero);
        }
}
