#include "one_isa.h"

#if BL_ONLY_ISA == BL_DSP
#define BL_ISA     dsp
#define BL_VECTORS "vec_generic.h"
#define BL_DOTS    "dot_dsp.h"
#include "kernels.inc"
#endif
