#define BL_ISA     avx512vnni
#define BL_VECTORS "vec_avx512.h"
#define BL_DOTS    "dot_avx512vnni.h"
#define BL_FUSED   fused_avx512
#include "kernels.inc"
