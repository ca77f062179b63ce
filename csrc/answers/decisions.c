/* decisions.c: which of some options a text means, and how probable that is. */
#include "bertlite.h"
#include "scores.h"

/* ln x for x >= 1, from operations that are exact everywhere; libm's differ between systems. */
static double logarithm(double x)
{
    double twos = 0.0;
    while (x > 1.5) {
        x /= 2.0;
        twos += 0.6931471805599453;
    }
    const double r = (x - 1.0) / (x + 1.0); /* at most 1/5 */
    double sum = 0.0;
    for (int i = 13; i > 0; i -= 2) sum = sum * r * r + 1.0 / i;
    return twos + 2.0 * r * sum;
}

void bl_find_centers(const bl_choices *choices, float *centers)
{
    size_t row = 0;
    for (size_t i = 0; i < choices->options; i++) {
        float *center = centers + i * choices->width;
        bl_mean_row(choices->rows + row * choices->width, choices->ends[i] - row, choices->width,
                    center);
        bl_normalize_rows(center, 1, choices->width);
        row = choices->ends[i];
    }
}

/* ---- how well options fit -------------------------------------------------------------------- */

static float dot(const float *a, const float *b, size_t width)
{
    float product;
    bl_dot_products(a, 1, b, 1, width, &product);
    return product;
}

/* The row of an option that is nearest to the vector. */
static uint32_t nearest_row(const bl_choices *c, const float *vector, size_t option, float *cosine)
{
    uint32_t row = option ? c->ends[option - 1] : 0, best = row;
    for (*cosine = -2.0f; row < c->ends[option]; row++) {
        const float product = dot(c->rows + row * c->width, vector, c->width);
        if (product > *cosine) {
            *cosine = product;
            best = row;
        }
    }
    return best;
}

static float fit_of(const bl_choices *c, const float *vector, size_t option)
{
    float cosine;
    nearest_row(c, vector, option, &cosine);
    return 0.5f * cosine + 0.5f * dot(c->centers + option * c->width, vector, c->width);
}

/* ---- from fits to probabilities -------------------------------------------------------------- */

static double constant(const float *parts, double few, double log_options)
{
    return (double)parts[0] + (double)parts[1] * few + (double)parts[2] * log_options;
}

/* So that nothing is divided by zero, whatever constants are given. */
static double positive(double value) { return value > 1e-6 ? value : 1e-6; }

/* Whether an option has a row that says that something is not to be done. */
static int is_denied(const bl_choices *c, size_t option)
{
    for (uint32_t row = option ? c->ends[option - 1] : 0; c->denied && row < c->ends[option]; row++)
        if (c->denied[row]) return 1;
    return 0;
}

enum { LEFT_OUT = -4 }; /* instead of a fit, which is -1 to 1 */

/* Leaves out what a denial does not mean: all options without a denial of their own; or, if one is
 * forced and none is left, the one that fits best. Returns how many are left. */
static size_t leave_out(const bl_choices *c, int forced, float *fits)
{
    size_t left = 0;
    for (size_t i = 0; i < c->options; i++) left += (size_t)is_denied(c, i);
    if (!left && forced && c->options > 1) {
        int32_t best;
        bl_top_k(fits, c->options, 1, &best);
        fits[best] = LEFT_OUT;
        return c->options - 1;
    }
    for (size_t i = 0; i < c->options && (left || !forced); i++)
        if (!is_denied(c, i)) fits[i] = LEFT_OUT;
    return forced && !left ? c->options : left;
}

/* How far from a perfect fit. */
static double lack(double softness, double fit) { return softness + (fit < 1.0 ? 1.0 - fit : 0.0); }

/* Fits become probabilities, which are `meant` in all. */
static void share(float *fits, size_t count, double best, double factor, double softness,
                  double meant)
{
    const double least = lack(softness, best);
    double sum = 0.0;
    for (size_t i = 0; i < count; i++) {
        if (fits[i] > LEFT_OUT) {
            const double more = logarithm(lack(softness, (double)fits[i]) / least);
            fits[i] = (float)bl_exponential(-factor * more);
        } else fits[i] = 0.0f;
        sum += (double)fits[i];
    }
    for (size_t i = 0; i < count && sum > 0.0; i++)
        fits[i] = (float)(meant * (double)fits[i] / sum);
}

void bl_decide(const bl_choices *choices, const float *vector, const bl_decision_options *options,
               float *scores, bl_decision *out)
{
    const size_t n = choices->options;
    int32_t best[2] = { 0, 0 };
    for (size_t i = 0; i < n; i++) scores[i] = fit_of(choices, vector, i);
    bl_top_k(scores, n, 1, best);
    const uint32_t fitting = (uint32_t)best[0];
    const size_t left = options->denied ? leave_out(choices, options->forced, scores) : n;
    const double few = 1.0 - (double)n / (double)choices->ends[n - 1],
                 logarithm_of_n = logarithm((double)n);
    const bl_decision_scale *scale = &options->scale;
    bl_top_k(scores, n, 1, best);
    const double most = (double)scores[best[0]],
                 beyond = most - constant(scale->threshold, few, logarithm_of_n),
                 meant = options->forced ? 1.0
                         : left
                             ? bl_sigmoid(constant(scale->steepness, few, logarithm_of_n) * beyond)
                             : 0.0;
    share(scores, n, most, constant(scale->factor, few, logarithm_of_n),
          positive(constant(scale->softness, few, logarithm_of_n)), meant);
    best[1] = best[0] = (int32_t)fitting;
    if (left) {
        bl_top_k(scores, n, 2, best);
        if (n == 1) best[1] = best[0];
    }
    out->best = (uint32_t)best[0];
    out->second = (uint32_t)best[1];
    out->row = nearest_row(choices, vector, out->best, &out->similarity);
    out->score = scores[best[0]];
    out->second_score = n > 1 ? scores[best[1]] : 0.0f;
    out->none = (float)(1.0 - meant);
}
