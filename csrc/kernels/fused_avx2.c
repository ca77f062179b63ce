#define BL_ISA     fused_avx2
#define BL_VECTORS "vec_avx2.h"
#include "fused.inc"
