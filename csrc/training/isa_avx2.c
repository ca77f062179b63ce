#define BL_ISA     avx2
#define BL_VECTORS "../kernels/vec_avx2.h"
#include "kernels.inc"
