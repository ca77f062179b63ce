#include "one_isa.h"

#if BL_ONLY_ISA == BL_MVE
#define BL_ISA     mve
#define BL_VECTORS "vec_generic.h"
#define BL_DOTS    "dot_mve.h"
#include "kernels.inc"
#endif
