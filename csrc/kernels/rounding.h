/* rounding.h: rounding a float to the nearest integer, ties to even, without a conversion.
 *
 * Between 2^23 and 2^24 a float's last bit is worth 1. Adding 1.5 * 2^23 to an x with
 * |x| < 2^22 lifts the sum into that range, so the addition itself rounds x to an integer, in
 * the way that IEEE 754 defines for every processor. Subtracting the constant again gives the
 * integer as a float; subtracting its bits from the sum's bits gives it as an int32. */
#ifndef BL_ROUNDING_H
#define BL_ROUNDING_H

#define BL_ROUNDING      12582912.0f
#define BL_ROUNDING_BITS 0x4B400000 /* the same constant's bits */
#endif
