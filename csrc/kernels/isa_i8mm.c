#define BL_ISA     i8mm
#define BL_VECTORS "vec_neon.h"
#define BL_DOTS    "dot_i8mm.h"
#define BL_FLOATS  neon
#include "kernels.inc"
