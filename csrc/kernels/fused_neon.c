#define BL_ISA     fused_neon
#define BL_VECTORS "../kernels/vec_neon.h"
#include "fused.inc"
