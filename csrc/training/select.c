/* select.c: the training kernels for the engine's instruction set. */
#include <string.h>

#include "kernels.h"

extern const bl_training_kernels bl_training_kernels_generic, bl_training_kernels_avx2,
    bl_training_kernels_avx512, bl_training_kernels_neon;

const bl_training_kernels *bl_training_kernels_for(const char *isa)
{
    static const struct {
        const char *isa;
        const bl_training_kernels *kernels;
    } known[] = {
        { "generic", &bl_training_kernels_generic },
#if defined __x86_64__ || defined _M_X64
        { "avx2", &bl_training_kernels_avx2 },
        { "avxvnni", &bl_training_kernels_avx2 },
        { "avx512vnni", &bl_training_kernels_avx512 },
#elif defined __aarch64__ || defined _M_ARM64
        { "neon", &bl_training_kernels_neon },
        { "dotprod", &bl_training_kernels_neon },
        { "i8mm", &bl_training_kernels_neon },
#elif defined __arm__
        { "armv6", &bl_training_kernels_generic },
        { "neon", &bl_training_kernels_neon },
#endif
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(known[i].isa, isa)) return known[i].kernels;
    return NULL;
}
