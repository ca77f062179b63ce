/* logarithm.h: the natural logarithm of a probability, from operations that are the same
 * everywhere. */
#ifndef BL_TRAINING_LOGARITHM_H
#define BL_TRAINING_LOGARITHM_H

/* NaN unless x is above 0 and at most 2. */
double bl_logarithm(double x);

#endif
