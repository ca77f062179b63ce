#include <string.h>

#include "kernels.h"
#include "vec_avx512.h"
#include "dot_avx512vnni.h"

#define BL_ISA avx512vnni
#include "text.inc"
