#include <string.h>

#include "kernels.h"
#include "vec_neon.h"
#include "dot_neon.h"

#define BL_ISA neon
#include "text.inc"
