#define BL_ISA     neon
#define BL_VECTORS "vec_neon.h"
#define BL_DOTS    "dot_neon.h"
#include "kernels.inc"
