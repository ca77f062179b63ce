/* scores.h: e^x from operations that are exact everywhere; libm's differ between systems. */
#ifndef BL_SCORES_H
#define BL_SCORES_H

/* x <= 0. */
double bl_exponential(double x);
double bl_sigmoid(double x);
#endif
