#define BL_ISA     armv6
#define BL_VECTORS "vec_generic.h"
#define BL_DOTS    "dot_armv6.h"
#include "kernels.inc"
