/* ascii_blocks.h: classifies 64 bytes of text at a time: which belong to ASCII words, which are
 * spaces, and which need the normalizer (control characters, and all bytes that are not ASCII).
 * The rest is punctuation. Only instructions of the platform's baseline are used: SSE2 on x86-64,
 * NEON on 64-bit ARM, plain C elsewhere. */
#ifndef BL_ASCII_BLOCKS_H
#define BL_ASCII_BLOCKS_H

#include <stdint.h>

enum { BL_BLOCK = 64 };

typedef struct {
    uint64_t word, space, odd;
} bl_masks; /* bit i: byte i */

#if defined __SSE2__ || (defined _M_X64 && !defined _M_ARM64EC)
#include <emmintrin.h>

/* Copies the block to `low`. case_bit: 0x20 to lowercase it there, 0 to leave it as it is. All 64
 * bytes of `in` can be read; those from n on are spaces. */
static inline bl_masks bl_classify_block(const uint8_t *in, unsigned n, uint8_t case_bit,
                                         uint8_t *low)
{
    (void)n;
    bl_masks m = { 0, 0, 0 };
    for (int k = 0; k < 4; k++) {
        const __m128i v = _mm_loadu_si128((const __m128i *)(in + 16 * k));
        const __m128i folded = _mm_or_si128(v, _mm_set1_epi8(0x20));
        const __m128i upper = _mm_and_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8('A' - 1)),
                                            _mm_cmplt_epi8(v, _mm_set1_epi8('Z' + 1)));
        const __m128i letter = _mm_and_si128(_mm_cmpgt_epi8(folded, _mm_set1_epi8('a' - 1)),
                                             _mm_cmplt_epi8(folded, _mm_set1_epi8('z' + 1)));
        const __m128i digit = _mm_and_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8('0' - 1)),
                                            _mm_cmplt_epi8(v, _mm_set1_epi8('9' + 1)));
        const __m128i space = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(' ')),
                                                        _mm_cmpeq_epi8(v, _mm_set1_epi8('\t'))),
                                           _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('\n')),
                                                        _mm_cmpeq_epi8(v, _mm_set1_epi8('\r'))));
        /* Signed, what is not ASCII lies below the space too. */
        const __m128i odd =
            _mm_andnot_si128(space, _mm_or_si128(_mm_cmplt_epi8(v, _mm_set1_epi8(' ')),
                                                 _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7F))));
        _mm_storeu_si128((__m128i *)(low + 16 * k),
                         _mm_or_si128(v, _mm_and_si128(upper, _mm_set1_epi8((char)case_bit))));
        m.word |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_or_si128(letter, digit)) << (16 * k);
        m.space |= (uint64_t)(uint32_t)_mm_movemask_epi8(space) << (16 * k);
        m.odd |= (uint64_t)(uint32_t)_mm_movemask_epi8(odd) << (16 * k);
    }
    return m;
}

#elif defined __aarch64__ && defined __ARM_NEON
#include <arm_neon.h>

/* One bit of each byte of four vectors of 0 or 255. */
static inline uint64_t bl_gather(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d)
{
    static const uint8_t weights[16] = { 1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128 };
    const uint8x16_t w = vld1q_u8(weights);
    const uint8x16_t ab = vpaddq_u8(vandq_u8(a, w), vandq_u8(b, w));
    const uint8x16_t cd = vpaddq_u8(vandq_u8(c, w), vandq_u8(d, w));
    const uint8x16_t all = vpaddq_u8(ab, cd);
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(all, all)), 0);
}

static inline bl_masks bl_classify_block(const uint8_t *in, unsigned n, uint8_t case_bit,
                                         uint8_t *low)
{
    (void)n;
    uint8x16_t word[4], space[4], odd[4];
    for (int k = 0; k < 4; k++) {
        const uint8x16_t v = vld1q_u8(in + 16 * k);
        const uint8x16_t upper = vcltq_u8(vsubq_u8(v, vdupq_n_u8('A')), vdupq_n_u8(26));
        const uint8x16_t letter =
            vcltq_u8(vsubq_u8(vorrq_u8(v, vdupq_n_u8(0x20)), vdupq_n_u8('a')), vdupq_n_u8(26));
        word[k] = vorrq_u8(letter, vcltq_u8(vsubq_u8(v, vdupq_n_u8('0')), vdupq_n_u8(10)));
        space[k] = vorrq_u8(vorrq_u8(vceqq_u8(v, vdupq_n_u8(' ')), vceqq_u8(v, vdupq_n_u8('\r'))),
                            vcltq_u8(vsubq_u8(v, vdupq_n_u8('\t')), vdupq_n_u8(2)));
        odd[k] = vbicq_u8(vcgeq_u8(vsubq_u8(v, vdupq_n_u8(' ')), vdupq_n_u8(0x7F - ' ')), space[k]);
        vst1q_u8(low + 16 * k, vorrq_u8(v, vandq_u8(upper, vdupq_n_u8(case_bit))));
    }
    const bl_masks m = { bl_gather(word[0], word[1], word[2], word[3]),
                         bl_gather(space[0], space[1], space[2], space[3]),
                         bl_gather(odd[0], odd[1], odd[2], odd[3]) };
    return m;
}

#else

static inline bl_masks bl_classify_block(const uint8_t *in, unsigned n, uint8_t case_bit,
                                         uint8_t *low)
{
    uint32_t word[2] = { 0, 0 }; /* halves, because these are machines of 32 bits */
    uint32_t space[2] = { 0, 0 };
    uint32_t odd[2] = { 0, 0 };
    for (unsigned k = 0; k < 2; k++)
        for (unsigned i = 0; i < 32; i++) {
            if (32 * k + i >= n) {
                space[k] |= ~UINT32_C(0) << i;
                break;
            }
            const unsigned c = in[32 * k + i];
            const uint32_t letter = (c | 0x20) - 'a' < 26;
            const uint32_t blank = c == ' ' || c - '\t' < 2 || c == '\r';
            low[32 * k + i] = (uint8_t)(c - 'A' < 26 ? c | case_bit : c);
            word[k] |= (letter | (c - '0' < 10)) << i;
            space[k] |= blank << i;
            odd[k] |= (c - ' ' >= 0x7F - ' ' && !blank ? UINT32_C(1) : 0) << i;
        }
    const bl_masks m = { (uint64_t)word[1] << 32 | word[0], (uint64_t)space[1] << 32 | space[0],
                         (uint64_t)odd[1] << 32 | odd[0] };
    return m;
}
#endif

/* The number of zeros below the lowest one of a mask that is not 0. */
static inline unsigned bl_lowest(uint64_t mask)
{
#if defined __GNUC__
    return (unsigned)__builtin_ctzll(mask);
#else
    unsigned n = 0;
    for (unsigned step = 32; step; step /= 2)
        if (!(mask & ((UINT64_C(1) << step) - 1))) {
            mask >>= step;
            n += step;
        }
    return n;
#endif
}

#endif
