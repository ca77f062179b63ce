/* one_isa.c: dispatch.c where the instruction set is known when the program is compiled. */
#include "one_isa.h"

#include "bertlite.h"
#include "kernels.h"

#if BL_ONLY_ISA == BL_MVE
#define ONLY bl_kernels_mve
#elif BL_ONLY_ISA == BL_DSP
#define ONLY bl_kernels_dsp
#else
#define ONLY bl_kernels_generic
#endif

extern const bl_kernels ONLY;
static const bl_kernels *const only = &ONLY;

const bl_kernels *const *bl_isas(size_t *count)
{
    *count = 1;
    return &only;
}

const bl_kernels *bl_active_isa(void) { return only; }

const bl_kernels *bl_plain_isa(void) { return only; }

const char *bl_isa_name(void) { return only->name; }
