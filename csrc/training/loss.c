/* loss.c: the loss of each text, and the gradient of its logits. Those between texts: between.c. */
#include <math.h>
#include <string.h>

#include "logarithm.h"
#include "state.h"

/* The loss is the sum over labels c of a_c * -log p_c, with a from the label, the smoothing and the
 * weights. Its gradient is p * (the sum of a) - a. */
double bl_train_one_label(bl_trainer *t, size_t label, float *p)
{
    const size_t n = t->label_count;
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

/* ---- all ---------------------------------------------------------------------------------- */

/* The kernels' exp takes NaN for a number, so it is looked for here. */
int bl_train_are_finite(const float *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(x[i])) return 0;
    return 1;
}

/* Where the answer begins, and where it ends, as labels among the text's tokens: the mean of both
 * losses. */
static double span(bl_trainer *t, unsigned thread, size_t text)
{
    const size_t first = t->batch->start[text], length = t->batch->start[text + 1] - first;
    const size_t padded = bl_pad(length), n = t->padded_labels;
    const double scale = 0.5 * (double)(t->step ? t->step->scale : 1.0f) / t->target_sum;
    float *p = t->scratch[thread].scores, *mask = t->scratch[thread].mask;
    double loss = 0;
    for (size_t i = 0; i < padded; i++) mask[i] = i < length ? 0.0f : -1e30f;
    for (size_t end = 0; end < 2; end++) {
        const size_t wanted = (size_t)t->batch->labels[2 * text + end];
        for (size_t i = 0; i < padded; i++)
            p[i] = i < length ? t->logits[(first + i) * n + end] : 0.0f;
        t->k->softmax(p, 1, padded, 1.0f, mask);
        loss -= 0.5 * bl_logarithm((double)p[wanted]);
        for (size_t i = 0; i < length; i++)
            t->d_logits[(first + i) * n + end] =
                (float)(((double)p[i] - (i == wanted ? 1.0 : 0.0)) * scale);
    }
    return loss;
}

/* The loss of one of the head's rows. */
static double row_loss(bl_trainer *t, size_t row)
{
    const size_t n = t->padded_labels;
    const float *logits = t->logits + row * n;
    float *d = t->d_logits + row * n;
    double loss = 0;
    switch (t->o.loss) {
    case BL_ONE_LABEL:
        if (t->batch->labels[row] < 0) return 0; /* of a token */
        memcpy(d, logits, n * sizeof *d);
        loss = bl_train_one_label(t, (size_t)t->batch->labels[row], d);
        for (size_t c = t->label_count; c < n; c++) d[c] = 0.0f;
        return loss;
    case BL_SEVERAL_LABELS: return several_labels(t, row, d, logits);
    case BL_REGRESSION: return regression(t, row, d, logits);
    case BL_SPAN:
    case BL_CONTRASTIVE:
    case BL_ALIKE:
    case BL_TRIPLET: break; /* are not of one row */
    }
    return 0;
}

void bl_train_loss(bl_trainer *t, unsigned thread, size_t from, size_t to)
{
    const size_t n = t->padded_labels;
    if (t->of_words) {
        bl_train_words_loss(t, thread, from, to);
        return;
    }
    for (size_t text = from; text < to; text++) {
        const size_t row = bl_train_head_row(t, text), end = bl_train_head_row(t, text + 1);
        memset(t->d_logits + row * n, 0, (end - row) * n * sizeof *t->d_logits);
        int finite = 1;
        for (size_t r = row; r < end; r++)
            finite &= bl_train_are_finite(t->logits + r * n, t->label_count);
        t->losses[text] = NAN;
        if (!finite) continue;
        t->losses[text] = t->o.loss == BL_SPAN ? span(t, thread, text) : 0;
        for (size_t r = row; r < end && t->o.loss != BL_SPAN; r++)
            t->losses[text] += row_loss(t, r);
    }
}
