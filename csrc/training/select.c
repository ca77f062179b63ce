/* select.c: the training kernels for the engine's instruction set. */
#include <string.h>

#include "kernels.h"

#if defined _M_X64
#include <intrin.h>
#elif defined __x86_64__
#include <cpuid.h>
#endif

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

#if defined __x86_64__ || defined _M_X64
/* Of a processor with AVX2, which the system supports: whether it has FMA, too. */
static int has_fma(void)
{
#ifdef _MSC_VER
    int r[4];
    __cpuid(r, 1);
    return r[2] >> 12 & 1;
#else
    unsigned a, b, c = 0, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c >> 12 & 1);
#endif
}

const bl_products *bl_fused_products(const bl_training_kernels *k)
{
    if (k == &bl_training_kernels_avx512) return &bl_products_fused_avx512;
    if (k == &bl_training_kernels_avx2 && has_fma()) return &bl_products_fused_avx2;
    return NULL;
}
#elif defined __aarch64__ || defined _M_ARM64
const bl_products *bl_fused_products(const bl_training_kernels *k)
{
    return k == &bl_training_kernels_neon ? &bl_products_fused_neon : NULL;
}
#else
const bl_products *bl_fused_products(const bl_training_kernels *k)
{
    (void)k;
    return NULL;
}
#endif
