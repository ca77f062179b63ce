#include <string.h>

#include "kernels.h"
#include "vec_neon.h"
#include "dot_i8mm.h"

#define BL_ISA i8mm
#include "text.inc"
