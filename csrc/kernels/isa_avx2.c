#include <string.h>

#include "kernels.h"
#include "vec_avx2.h"
#include "dot_avx2.h"

#define BL_ISA avx2
#include "text.inc"
