/* dispatch.c: which instruction sets this binary has, and which of them this processor runs.
 *
 * features() asks the processor or the system, `tables` and `needs` list the instruction sets and
 * the features that each must have. */
#include <stdlib.h>
#include <string.h>

#include "bertlite.h"
#include "../platform.h"
#include "kernels.h"

#if defined __x86_64__ || defined _M_X64
#define BL_X86 1
#elif defined __aarch64__ || defined _M_ARM64
#define BL_ARM64 1
#elif defined __arm__
#define BL_ARM32 1
#endif

#ifdef BL_X86
#ifdef _MSC_VER
#include <intrin.h>
static void cpuid(unsigned leaf, unsigned sub, unsigned r[4])
{
    __cpuidex((int *)r, (int)leaf, (int)sub);
}
static uint64_t saved_state(void) { return _xgetbv(0); }
#else
#include <cpuid.h>
static void cpuid(unsigned leaf, unsigned sub, unsigned r[4])
{
    __cpuid_count(leaf, sub, r[0], r[1], r[2], r[3]);
}
static uint64_t saved_state(void)
{
    unsigned a, d;
    __asm__("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
    return (uint64_t)d << 32 | a;
}
#endif
enum { HAS_AVX2 = 1, HAS_AVXVNNI = 2, HAS_AVX512VNNI = 4, HAS_FMA = 8 };
/* Bits of XCR0: what the system saves when it switches threads. */
enum { SAVES_YMM = 0x06, SAVES_ZMM = 0xE6 };

static unsigned features(void)
{
    unsigned r[4]; /* eax, ebx, ecx, edx */
    cpuid(0, 0, r);
    if (r[0] < 7) return 0;
    cpuid(1, 0, r);
    if (!(r[2] >> 27 & 1)) return 0; /* no OSXSAVE: the system does not save vector registers */
    const uint64_t state = saved_state();
    const unsigned fma = r[2] >> 12 & 1;
    cpuid(7, 0, r);
    const unsigned subleaves = r[0], ebx = r[1], ecx = r[2];
    if ((state & SAVES_YMM) != SAVES_YMM || !(ebx >> 5 & 1)) return 0;
    unsigned found = HAS_AVX2 | (fma ? HAS_FMA : 0u);
    if (subleaves >= 1) {
        cpuid(7, 1, r);
        if (r[0] >> 4 & 1) found |= HAS_AVXVNNI;
    }
    const unsigned f_dq_bw_vl = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;
    const int has_vnni = (ecx >> 11 & 1) != 0;
    if ((state & SAVES_ZMM) == SAVES_ZMM && (ebx & f_dq_bw_vl) == f_dq_bw_vl && has_vnni)
        found |= HAS_AVX512VNNI;
    return found;
}
#elif defined BL_ARM64
enum { HAS_DOTPROD = 1, HAS_I8MM = 2 };
#if defined __linux__ || defined __ANDROID__
#include <sys/auxv.h>
static unsigned features(void)
{
    unsigned f = 0;
    if (getauxval(16 /* AT_HWCAP */) >> 20 & 1) f |= HAS_DOTPROD;
    if (getauxval(26 /* AT_HWCAP2 */) >> 13 & 1) f |= HAS_I8MM;
    return f;
}
#elif defined __APPLE__
#include <sys/sysctl.h>
static int has_feature(const char *name)
{
    int value = 0;
    size_t size = sizeof value;
    return sysctlbyname(name, &value, &size, NULL, 0) == 0 && value;
}
static unsigned features(void)
{
    return (has_feature("hw.optional.arm.FEAT_DotProd") ? HAS_DOTPROD : 0u) |
           (has_feature("hw.optional.arm.FEAT_I8MM") ? HAS_I8MM : 0u);
}
#elif defined _WIN32
#include <windows.h>
enum { ARM_V82_DOT_PRODUCT = 43 }; /* PF_ARM_V82_DP_INSTRUCTIONS_AVAILABLE of newer headers */
static unsigned features(void)
{
    return IsProcessorFeaturePresent(ARM_V82_DOT_PRODUCT) ? HAS_DOTPROD : 0u;
}
#else
static unsigned features(void) { return 0; }
#endif
#elif defined BL_ARM32
enum { HAS_ARMV6 = 1, HAS_NEON = 2 };
#ifdef __linux__
#include <sys/auxv.h>
static unsigned features(void)
{
    const char *platform = (const char *)getauxval(15 /* AT_PLATFORM: "v6l", "v7l", ... */);
    unsigned f = 0;
    if (platform && platform[0] == 'v' && platform[1] >= '6') f |= HAS_ARMV6;
    if (getauxval(16) >> 12 & 1) f |= HAS_NEON;
    return f;
}
#else
static unsigned features(void) { return 0; }
#endif
#else
static unsigned features(void) { return 0; }
#endif

extern const bl_kernels bl_kernels_generic, bl_kernels_armv6, bl_kernels_neon, bl_kernels_dotprod,
    bl_kernels_i8mm, bl_kernels_avx2, bl_kernels_avxvnni, bl_kernels_avx512vnni,
    bl_kernels_fused_avx2, bl_kernels_fused_avx512, bl_kernels_fused_neon;

/* The slowest first: the last one that this machine has is used. */
static const bl_kernels *const tables[] = {
    &bl_kernels_generic,
#if defined BL_X86
    &bl_kernels_avx2,
    &bl_kernels_avxvnni,
    &bl_kernels_avx512vnni,
#elif defined BL_ARM64
    &bl_kernels_neon,
    &bl_kernels_dotprod,
    &bl_kernels_i8mm,
#elif defined BL_ARM32
    &bl_kernels_armv6,
    &bl_kernels_neon,
#endif
};
/* What each table needs of features(), in the same order. */
static const unsigned needs[] = {
    0,
#if defined BL_X86
    HAS_AVX2,
    HAS_AVX2 | HAS_AVXVNNI,
    HAS_AVX512VNNI,
#elif defined BL_ARM64
    0,
    HAS_DOTPROD,
    HAS_DOTPROD | HAS_I8MM,
#elif defined BL_ARM32
    HAS_ARMV6,
    HAS_ARMV6 | HAS_NEON,
#endif
};
enum { TABLES = sizeof tables / sizeof *tables };

/* The tables of floats with fused multiply-add, and what each needs, in the same order. */
static const struct {
    const bl_kernels *kernels;
    unsigned needs;
} fused[] = {
    { NULL, 0 },
#if defined BL_X86
    { &bl_kernels_fused_avx2, HAS_FMA },
    { &bl_kernels_fused_avx2, HAS_FMA },
    { &bl_kernels_fused_avx512, 0 },
#elif defined BL_ARM64
    { &bl_kernels_fused_neon, 0 },
    { &bl_kernels_fused_neon, 0 },
    { &bl_kernels_fused_neon, 0 },
#elif defined BL_ARM32
    { NULL, 0 },
    { NULL, 0 },
#endif
};

const bl_kernels *bl_fused_kernels(const bl_kernels *isa)
{
    const unsigned have = features();
    for (size_t i = 0; i < TABLES; i++)
        if (tables[i] == isa && (fused[i].needs & have) == fused[i].needs) return fused[i].kernels;
    return NULL;
}

const bl_kernels *const *bl_isas(size_t *count)
{
    *count = TABLES;
    return tables;
}

const bl_kernels *bl_plain_isa(void) { return &bl_kernels_generic; }

int bl_isa_available(const bl_kernels *isa)
{
    const unsigned have = features();
    for (size_t i = 0; i < TABLES; i++)
        if (tables[i] == isa) return (needs[i] & have) == needs[i];
    return 0;
}

const bl_kernels *bl_find_isa(const char *name)
{
    for (size_t i = 0; name && i < TABLES; i++)
        if (!strcmp(tables[i]->name, name) && bl_isa_available(tables[i])) return tables[i];
    return NULL;
}

static const bl_kernels *choose(void)
{
    const char *wanted = getenv("BERTLITE_ISA");
    const int any = !wanted || !*wanted;
    for (size_t i = TABLES; i-- > 0;)
        if (bl_isa_available(tables[i]) && (any || !strcmp(wanted, tables[i]->name)))
            return tables[i];
    return NULL;
}

const bl_kernels *bl_active_isa(void)
{
    /* Threads that call this at the same time for the first time all store the same pointer. */
    static bl_atomic_pointer chosen;
    const bl_kernels *isa = bl_load_pointer(&chosen);
    if (isa) return isa;
    isa = choose();
    bl_store_pointer(&chosen, isa);
    return isa;
}

size_t bl_isa_list(const char **names, size_t capacity)
{
    size_t n = 0;
    for (size_t i = 0; i < TABLES; i++)
        if (bl_isa_available(tables[i])) {
            if (n < capacity) names[n] = tables[i]->name;
            n++;
        }
    return n;
}

const char *bl_isa_name(void)
{
    const bl_kernels *isa = bl_active_isa();
    return isa ? isa->name : NULL;
}
