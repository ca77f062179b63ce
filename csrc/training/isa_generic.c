#define BL_ISA     generic
#define BL_VECTORS "../kernels/vec_generic.h"
#include "kernels.inc"
