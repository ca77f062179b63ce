#define BL_ISA     fused_avx512
#define BL_VECTORS "../kernels/vec_avx512.h"
#include "fused.inc"
