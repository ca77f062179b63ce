#define BL_ISA     generic
#define BL_VECTORS "vec_generic.h"
#define BL_DOTS    "dot_generic.h"
#include "kernels.inc"
