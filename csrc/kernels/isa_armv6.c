#include <string.h>

#include "kernels.h"
#include "vec_generic.h"
#include "dot_armv6.h"

#define BL_ISA armv6
#include "text.inc"
