#define BL_ISA     fused_avx512
#define BL_VECTORS "vec_avx512.h"
#include "fused.inc"
