/* between.c: losses between the vectors of texts, and the gradient of each vector. */
#include <math.h>
#include <string.h>

#include "logarithm.h"
#include "state.h"

static float dot(const float *a, const float *b, size_t n)
{
    float sum = 0;
    for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

static void add_times(float factor, const float *x, size_t n, float *out)
{
    for (size_t i = 0; i < n; i++) out[i] += factor * x[i];
}

/* Each text's vector at length 1. */
static void make_units(bl_trainer *t)
{
    const size_t h = t->hidden, texts = t->batch->texts;
    for (size_t i = 0; i < texts; i++) {
        const float *x = t->pooled_in + i * h;
        const float length = sqrtf(dot(x, x, h)) + 1e-12f;
        t->lengths[i] = length;
        for (size_t c = 0; c < h; c++) t->units[i * h + c] = x[c] / length;
    }
}

/* The others' probabilities by similarity; the loss is the mean -log of those of the same label.
 * Its gradient by a similarity is p - 1/positives for these, p for others. */
static double contrast_one(bl_trainer *t, size_t text, double scale)
{
    const size_t h = t->hidden, texts = t->batch->texts, padded = bl_pad(texts);
    const int32_t *labels = t->batch->labels;
    const float *unit = t->units + text * h;
    float *p = t->pair_scores;
    size_t positives = 0;
    double loss = 0;
    for (size_t j = 0; j < padded; j++) {
        p[j] = j < texts ? dot(unit, t->units + j * h, h) : 0.0f;
        t->pair_mask[j] = j < texts && j != text ? 0.0f : -1e30f;
        positives += j < texts && j != text && labels[j] == labels[text];
    }
    if (!positives) return 0;
    t->k->softmax(p, 1, padded, 1.0f / t->o.temperature, t->pair_mask);
    for (size_t j = 0; j < texts; j++) {
        if (j == text) continue;
        const int same = labels[j] == labels[text];
        const float wanted = same ? 1.0f / (float)positives : 0.0f;
        if (same) loss -= bl_logarithm((double)p[j]) / (double)positives;
        const float g = (float)((double)(p[j] - wanted) * scale / (double)t->o.temperature);
        add_times(g, t->units + j * h, h, t->d_units + text * h);
        add_times(g, unit, h, t->d_units + j * h);
    }
    return loss;
}

/* ---- pairs and triplets ---------------------------------------------------------------------- */

/* The square of what a pair's cosine is away from its target. */
static double cosine_one(bl_trainer *t, size_t text, double scale)
{
    const size_t h = t->hidden;
    const float *a = t->units + text * h, *b = a + h;
    const double away = (double)dot(a, b, h) - (double)t->batch->targets[text];
    const float g = (float)(2 * away * scale);
    add_times(g, b, h, t->d_units + text * h);
    add_times(g, a, h, t->d_units + (text + 1) * h);
    return away * away;
}

/* How much less than the margin a text is more alike to the second than to the third. */
static double triplet_one(bl_trainer *t, size_t text, double scale)
{
    const size_t h = t->hidden;
    const float *a = t->units + text * h, *alike = a + h, *other = alike + h, g = (float)scale;
    const double loss = (double)dot(a, other, h) - (double)dot(a, alike, h) + (double)t->o.margin;
    if (!(loss > 0)) return 0;
    float *d = t->d_units + text * h;
    add_times(g, other, h, d);
    add_times(-g, alike, h, d);
    add_times(-g, a, h, d + h);
    add_times(g, a, h, d + 2 * h);
    return loss;
}

/* ---- all ------------------------------------------------------------------------------------ */

static int is_finite_group(const bl_trainer *t, size_t text, size_t count)
{
    for (size_t i = text; i < text + count; i++)
        if (!isfinite(t->lengths[i])) return 0;
    return 1;
}

/* By one thread, over all texts in their order. */
void bl_train_between(bl_trainer *t)
{
    const size_t h = t->hidden, texts = t->batch->texts;
    const double scale = (double)(t->step ? t->step->scale : 1.0f) / t->target_sum;
    const size_t group = t->o.loss == BL_ALIKE ? 2 : t->o.loss == BL_TRIPLET ? 3 : 1;
    make_units(t);
    memset(t->d_units, 0, texts * h * sizeof *t->d_units);
    for (size_t i = 0; i < texts; i++) t->losses[i] = 0;
    for (size_t i = 0; i < texts; i += group) {
        if (!is_finite_group(t, i, group)) t->losses[i] = NAN;
        else if (group == 1) t->losses[i] = contrast_one(t, i, scale);
        else if (group == 2) t->losses[i] = cosine_one(t, i, scale);
        else t->losses[i] = triplet_one(t, i, scale);
    }
    for (size_t i = 0; i < texts; i++) {
        const float *unit = t->units + i * h, *d = t->d_units + i * h;
        const float along = dot(unit, d, h);
        for (size_t c = 0; c < h; c++)
            t->d_pooled_in[i * h + c] = (d[c] - unit[c] * along) / t->lengths[i];
    }
}
