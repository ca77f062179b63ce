#include <string.h>

#include "kernels.h"
#include "vec_avx2.h"
#include "dot_avxvnni.h"

#define BL_ISA avxvnni
#include "text.inc"
