#include <string.h>

#include "kernels.h"
#include "vec_neon.h"
#include "dot_dotprod.h"

#define BL_ISA dotprod
#include "text.inc"
