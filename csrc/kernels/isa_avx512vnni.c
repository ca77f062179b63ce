#define BL_ISA     avx512vnni
#define BL_VECTORS "vec_avx512.h"
#define BL_DOTS    "dot_avx512vnni.h"
#include "kernels.inc"
