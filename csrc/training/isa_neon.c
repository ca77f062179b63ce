#define BL_ISA     neon
#define BL_VECTORS "../kernels/vec_neon.h"
#include "kernels.inc"
