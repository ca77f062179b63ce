#include "logarithm.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

double bl_logarithm(double x)
{
    uint64_t bits;
    if (!(x > 0 && x <= 2)) return NAN;
    memcpy(&bits, &x, 8);
    int exponent = (int)(bits >> 52) - 1023;
    bits = (bits & 0xFFFFFFFFFFFFFu) | (uint64_t)1023 << 52;
    double m;
    memcpy(&m, &bits, 8);
    if (m > 1.4142135623730951) {
        m *= 0.5;
        exponent++;
    }
    const double s = (m - 1.0) / (m + 1.0), square = s * s;
    double sum = 0, power = s;
    for (int i = 1; i < 24; i += 2, power *= square) sum += power / i;
    return 2.0 * sum + exponent * 0.6931471805599453;
}
