#define BL_ISA     dotprod
#define BL_VECTORS "vec_neon.h"
#define BL_DOTS    "dot_dotprod.h"
#define BL_FLOATS  neon
#include "kernels.inc"
