#include "mixture.h"

#include <math.h>
#include <string.h>

#include "../error.h"
#include "../memory.h"
#include "kernels.h"
#include "logarithm.h"

/* Working memory for one text. */
typedef struct {
    size_t padded;
    float *scores, *mask;
} row_memory;

static bl_status take(const bl_mixed *of, row_memory *r, bl_error *error)
{
    if (!of->labels)
        return bl_fail(error, BL_INPUT_ERROR, "there are 0 labels to choose from; give some.");
    r->padded = (of->labels + 15) / 16 * 16;
    r->scores = bl_malloc(2 * r->padded * sizeof *r->scores);
    if (!r->scores) return bl_no_memory(error, "the scores");
    r->mask = r->scores + r->padded;
    for (size_t c = 0; c < r->padded; c++) r->mask[c] = c < of->labels ? 0.0f : -1e30f;
    return BL_OK;
}

static void mix_row(const bl_mixed *of, bl_mixture m, size_t text, const row_memory *r)
{
    const size_t n = of->labels, at = text * n;
    memset(r->scores, 0, r->padded * sizeof *r->scores);
    for (size_t c = 0; c < n; c++) r->scores[c] = m.first * of->first[at + c];
    for (size_t c = 0; of->second && c < n; c++) r->scores[c] += m.second * of->second[at + c];
    bl_training_kernels_for("generic")->softmax(r->scores, 1, r->padded, 1.0f, r->mask);
}

/* -log of each text's right label; but a share of the texts, as if two more had been seen of which
 * one was wrong, counts as wrong: without it, all answers right would make them endlessly sure. */
static double mean_loss(const bl_mixed *of, bl_mixture m, const row_memory *r)
{
    const double least = 1e-9; /* one text alone must not decide */
    const double wrong = 1.0 / ((double)of->texts + 2.0);
    double sum = 0;
    for (size_t t = 0; t < of->texts; t++) {
        mix_row(of, m, t, r);
        const double p = (double)r->scores[of->targets[t]], q = 1.0 - p;
        sum -= (1.0 - wrong) * bl_logarithm(p > least ? p : least);
        sum -= wrong * bl_logarithm(q > least ? q : least);
    }
    return sum / (double)of->texts;
}

static bl_status check(const bl_mixed *of, bl_error *error)
{
    for (size_t t = 0; t < of->texts; t++)
        if (of->targets[t] < 0 || (size_t)of->targets[t] >= of->labels)
            return bl_fail(error, BL_INPUT_ERROR, "row %zu has the label %d, but there are %zu.", t,
                           (int)of->targets[t], of->labels);
    for (size_t i = 0; i < of->texts * of->labels; i++)
        if (!isfinite(of->first[i]) || (of->second && !isfinite(of->second[i])))
            return bl_fail(error, BL_INPUT_ERROR,
                           "the scores hold NaN or infinity; train with a lower learning rate.");
    return of->texts ? BL_OK : bl_fail(error, BL_INPUT_ERROR, "there are 0 texts; give some.");
}

bl_status bl_mixture_find(const bl_mixed *of, bl_mixture *out, double *loss, bl_error *error)
{
    enum { SHARES = 10, LEVELS = 15 };
    const double prior = 4.0 / (double)(of->texts ? of->texts : 1);
    row_memory r = { 0 };
    bl_status status = check(of, error);
    if (status == BL_OK) status = take(of, &r, error);
    if (status != BL_OK || !r.scores) return status;
    *loss = INFINITY;
    for (int share = 0; share <= (of->second ? SHARES : 0); share++) {
        float sharpness = 0.125f;
        for (int level = 0; level < LEVELS; level++, sharpness *= 1.4142135f) {
            const float second = sharpness * (float)share / SHARES;
            const bl_mixture tried = { sharpness - second, second };
            const double away = of->second ? (double)share / SHARES - 0.5 : 0.0;
            const double found = mean_loss(of, tried, &r) + prior * away * away;
            if (found < *loss) *loss = found, *out = tried;
        }
    }
    bl_free(r.scores);
    return BL_OK;
}

bl_status bl_mixture_answers(const bl_mixed *of, bl_mixture m, int32_t *labels, float *scores,
                             bl_error *error)
{
    row_memory r = { 0 };
    const bl_status status = take(of, &r, error);
    if (status != BL_OK || !r.scores) return status;
    for (size_t t = 0; t < of->texts; t++) {
        size_t best = 0;
        mix_row(of, m, t, &r);
        for (size_t c = 1; c < of->labels; c++)
            if (r.scores[c] > r.scores[best]) best = c;
        labels[t] = (int32_t)best;
        scores[t] = r.scores[best];
    }
    bl_free(r.scores);
    return BL_OK;
}
