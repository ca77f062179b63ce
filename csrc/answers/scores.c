/* scores.c: from logits to what people read. Little of it is ever hot, so it is plain C in
 * double precision, whose order of operations makes the results the same on every board. */
#include "scores.h"

#include <string.h>

#include "bertlite.h"

double bl_exponential(double x)
{
    if (!(x > -700.0)) return 0.0;
    const double k = (double)(int64_t)(x * 1.4426950408889634 - 0.5);
    const double r = x - k * 0.6931471803691238 - k * 1.9082149292705877e-10;
    double sum = 1.0;
#if defined __GNUC__
#pragma GCC unroll 13
#endif
    for (int i = 13; i > 0; i--) sum = 1.0 + r / i * sum;
    uint64_t bits = (uint64_t)((int64_t)k + 1023) << 52;
    double power;
    memcpy(&power, &bits, sizeof power);
    return sum * power;
}

double bl_sigmoid(double x)
{
    const double e = bl_exponential(x < 0 ? x : -x);
    return x < 0 ? e / (1.0 + e) : 1.0 / (1.0 + e);
}

void bl_scores(bl_function function, const float *logits, size_t n, float *out)
{
    if (function == BL_RAW) {
        memmove(out, logits, n * sizeof *out);
    } else if (function == BL_SIGMOID) {
        for (size_t i = 0; i < n; i++) out[i] = (float)bl_sigmoid((double)logits[i]);
    } else {
        double most = n ? (double)logits[0] : 0.0, sum = 0.0;
        for (size_t i = 1; i < n; i++) most = (double)logits[i] > most ? (double)logits[i] : most;
        for (size_t i = 0; i < n; i++) {
            const double e = bl_exponential((double)logits[i] - most);
            sum += e;
            out[i] = (float)e;
        }
        for (size_t i = 0; i < n; i++) out[i] = (float)((double)out[i] / sum);
    }
}
