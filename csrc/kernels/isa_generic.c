#include <string.h>

#include "kernels.h"
#include "vec_generic.h"
#include "dot_generic.h"

#define BL_ISA generic
#include "text.inc"
