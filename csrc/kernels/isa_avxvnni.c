#define BL_ISA     avxvnni
#define BL_VECTORS "vec_avx2.h"
#define BL_DOTS    "dot_avxvnni.h"
#define BL_FLOATS  avx2
#include "kernels.inc"
