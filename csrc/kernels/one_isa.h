/* one_isa.h: the instruction set of a program that is compiled for one processor. */
#ifndef BL_ONE_ISA_H
#define BL_ONE_ISA_H

#define BL_GENERIC 0
#define BL_DSP     1
#define BL_MVE     2

#if !defined BL_ONLY_ISA
#if defined __ARM_FEATURE_MVE
#define BL_ONLY_ISA BL_MVE
#elif defined __ARM_FEATURE_SIMD32 && defined __ARM_ARCH_PROFILE && __ARM_ARCH_PROFILE == 'M'
#define BL_ONLY_ISA BL_DSP
#else
#define BL_ONLY_ISA BL_GENERIC
#endif
#endif

#endif
