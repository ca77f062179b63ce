#define BL_ISA     neon
#define BL_VECTORS "vec_neon.h"
#define BL_DOTS    "dot_neon.h"
#if defined __aarch64__ || defined _M_ARM64
#define BL_FUSED fused_neon
#endif
#include "kernels.inc"
