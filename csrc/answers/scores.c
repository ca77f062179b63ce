/* scores.c: from logits to what people read. Little of it is ever hot, so it is plain C in
 * double precision, whose order of operations makes the results the same on every board. */
#include "scores.h"

#include <string.h>

#include "bertlite.h"

#define LEAST (-700.0) /* of a greater one, what e is raised to */

/* Of two x > LEAST at once, where compilers have such vectors and code need not be small. Most of
 * the time is divisions: r / 6 and others that are multiples of 3 and 5 by a power of two are exact
 * without. */
#if defined __GNUC__ && !defined BL_FREESTANDING
#define AT_ONCE 2
typedef double some __attribute__((vector_size(16)));
typedef float some_floats __attribute__((vector_size(8)));
typedef int32_t some_ints __attribute__((vector_size(8)));
typedef int64_t some_longs __attribute__((vector_size(16)));
#define CONVERT(x, type) __builtin_convertvector(x, type)
#else
#define AT_ONCE          1
typedef double some;
typedef float some_floats;
typedef int32_t some_ints;
typedef int64_t some_longs;
#define CONVERT(x, type) ((type)(x))
#endif

static inline some powers_of_e(some x)
{
    const some_ints k = CONVERT(x * 1.4426950408889634 - 0.5, some_ints);
    const some whole = CONVERT(k, some),
               r = x - whole * 0.6931471803691238 - whole * 1.9082149292705877e-10, third = r / 3.0,
               fifth = r / 5.0;
    some sum = 1.0 + r / 13.0;
    sum = 1.0 + third * 0.25 * sum;
    sum = 1.0 + r / 11.0 * sum;
    sum = 1.0 + fifth * 0.5 * sum;
    sum = 1.0 + r / 9.0 * sum;
    sum = 1.0 + r * 0.125 * sum;
    sum = 1.0 + r / 7.0 * sum;
    sum = 1.0 + third * 0.5 * sum;
    sum = 1.0 + fifth * sum;
    sum = 1.0 + r * 0.25 * sum;
    sum = 1.0 + third * sum;
    sum = 1.0 + r * 0.5 * sum;
    sum = 1.0 + r * sum;
    const some_longs bits = (CONVERT(k, some_longs) + 1023) << 52;
    some power;
    memcpy(&power, &bits, sizeof power);
    return sum * power;
}

double bl_exponential(double x)
{
    some e = { x > LEAST ? x : 0.0 };
    double first;
    e = powers_of_e(e);
    memcpy(&first, &e, sizeof first);
    return x > LEAST ? first : 0.0;
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
        double most = n ? (double)logits[0] : 0.0, least = most, sum = 0.0;
        for (size_t i = 1; i < n; i++) {
            const double x = (double)logits[i];
            most = x > most ? x : most;
            least = x < least ? x : least;
        }
        size_t i = 0;
        for (; i + AT_ONCE <= n && least - most > LEAST; i += AT_ONCE) {
            double e[AT_ONCE];
            some_floats x;
            memcpy(&x, logits + i, sizeof x);
            const some power = powers_of_e(CONVERT(x, some) - most);
            x = CONVERT(power, some_floats);
            memcpy(e, &power, sizeof e);
            memcpy(out + i, &x, sizeof x);
            for (size_t o = 0; o < AT_ONCE; o++) sum += e[o];
        }
        for (; i < n; i++) {
            const double e = bl_exponential((double)logits[i] - most);
            sum += e;
            out[i] = (float)e;
        }
        for (i = 0; i < n; i++) out[i] = (float)((double)out[i] / sum);
    }
}
