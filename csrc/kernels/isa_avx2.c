#define BL_ISA     avx2
#define BL_VECTORS "vec_avx2.h"
#define BL_DOTS    "dot_avx2.h"
#define BL_FUSED   fused_avx2
#include "kernels.inc"
