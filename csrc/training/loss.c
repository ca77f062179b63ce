/* loss.c: the loss of each text, and the gradient of its logits. */
#include <math.h>
#include <string.h>

#include "logarithm.h"
#include "state.h"

/* The loss is the sum over labels c of a_c * -log p_c, with a from the label, the smoothing and the
 * weights. Its gradient is p * (the sum of a) - a. */
static double one_label(bl_trainer *t, size_t text, float *p)
{
    const size_t n = t->label_count, label = (size_t)t->batch->labels[text];
    const float each = t->o.smoothing / (float)n, rest = 1.0f - t->o.smoothing;
    const double scale = (double)(t->step ? t->step->scale : 1.0f) / t->target_sum;
    t->k->softmax(p, 1, t->padded_labels, 1.0f, t->label_mask);
    double loss = 0;
    float sum = rest * t->class_weights[label];
    for (size_t c = 0; c < n && each > 0.0f; c++) sum += each * t->class_weights[c];
    for (size_t c = 0; c < n; c++) {
        float a = each * t->class_weights[c];
        if (c == label) a += rest * t->class_weights[c];
        if (a > 0.0f) loss -= (double)a * bl_logarithm((double)p[c]);
        p[c] = (float)((double)(p[c] * sum - a) * scale);
    }
    return loss;
}

static double several_labels(bl_trainer *t, size_t text, float *d, const float *logits)
{
    const float *targets = t->batch->targets + text * t->label_count;
    const double scale = (double)(t->step ? t->step->scale : 1.0f) / t->target_sum;
    double loss = 0;
    for (size_t c = 0; c < t->label_count; c++) {
        /* the sigmoid as a softmax of (x, 0), which the kernels have */
        float pair[16] = { logits[c] }, none[16];
        for (size_t i = 0; i < 16; i++) none[i] = i < 2 ? 0.0f : -1e30f;
        t->k->softmax(pair, 1, 16, 1.0f, none);
        const double weight = (double)t->class_weights[c], y = (double)targets[c];
        loss -= weight *
                (y * bl_logarithm((double)pair[0]) + (1 - y) * bl_logarithm((double)pair[1]));
        d[c] = (float)(weight * ((double)pair[0] - y) * scale);
    }
    return loss;
}

static double regression(bl_trainer *t, size_t text, float *d, const float *logits)
{
    const float *targets = t->batch->targets + text * t->label_count;
    const double scale = (double)(t->step ? t->step->scale : 1.0f) / t->target_sum;
    double loss = 0;
    for (size_t c = 0; c < t->label_count; c++) {
        const double away = (double)logits[c] - (double)targets[c];
        loss += away * away;
        d[c] = (float)(2 * away * scale);
    }
    return loss;
}

/* ---- contrastive ------------------------------------------------------------------------- */

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

/* By one thread, over all texts in their order. */
void bl_train_contrast(bl_trainer *t)
{
    const size_t h = t->hidden, texts = t->batch->texts;
    const double scale = (double)(t->step ? t->step->scale : 1.0f) / (double)texts;
    make_units(t);
    memset(t->d_units, 0, texts * h * sizeof *t->d_units);
    for (size_t i = 0; i < texts; i++)
        t->losses[i] = isfinite(t->lengths[i]) ? contrast_one(t, i, scale) : NAN;
    for (size_t i = 0; i < texts; i++) {
        const float *unit = t->units + i * h, *d = t->d_units + i * h;
        const float along = dot(unit, d, h);
        for (size_t c = 0; c < h; c++)
            t->d_pooled_in[i * h + c] = (d[c] - unit[c] * along) / t->lengths[i];
    }
}

/* ---- all ---------------------------------------------------------------------------------- */

/* The kernels' exp takes NaN for a number, so it is looked for here. */
static int are_finite(const float *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(x[i])) return 0;
    return 1;
}

void bl_train_loss(bl_trainer *t, size_t from, size_t to)
{
    const size_t n = t->padded_labels;
    for (size_t text = from; text < to; text++) {
        float *d = t->d_logits + text * n;
        const float *logits = t->logits + text * n;
        memset(d, 0, n * sizeof *d);
        t->losses[text] = NAN;
        if (!are_finite(logits, t->label_count)) continue;
        switch (t->o.loss) {
        case BL_ONE_LABEL:
            memcpy(d, logits, n * sizeof *d);
            t->losses[text] = one_label(t, text, d);
            for (size_t c = t->label_count; c < n; c++) d[c] = 0.0f;
            break;
        case BL_SEVERAL_LABELS: t->losses[text] = several_labels(t, text, d, logits); break;
        case BL_CONTRASTIVE: break;
        case BL_REGRESSION: t->losses[text] = regression(t, text, d, logits); break;
        }
    }
}
