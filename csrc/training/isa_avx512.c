#define BL_ISA     avx512
#define BL_VECTORS "../kernels/vec_avx512.h"
#include "kernels.inc"
