#define BL_ISA     avxvnni
#define BL_VECTORS "vec_avx2.h"
#define BL_DOTS    "dot_avxvnni.h"
#include "kernels.inc"
