#define BL_ISA     fused_neon
#define BL_VECTORS "vec_neon.h"
#include "fused.inc"
