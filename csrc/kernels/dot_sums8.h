/* dot_sums8.h: the sums of the lanes of eight registers, for columns in place. */

/* In each half, the sums of pairs of a's lanes, and of b's, by turns. */
static inline __m256i dot_add_pairs(__m256i a, __m256i b)
{
    return _mm256_add_epi32(_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
}
/* In each half, the sums of a's two pairs, and of b's. */
static inline __m256i dot_add_fours(__m256i a, __m256i b)
{
    return _mm256_add_epi32(_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b));
}
/* Lane i of the result is the sum of s[i]. */
static inline __m256i dot_sums8(const __m256i s[8])
{
    const __m256i low = dot_add_fours(dot_add_pairs(s[0], s[1]), dot_add_pairs(s[2], s[3])),
                  high = dot_add_fours(dot_add_pairs(s[4], s[5]), dot_add_pairs(s[6], s[7]));
    return _mm256_add_epi32(_mm256_blend_epi32(low, high, 0xF0),
                            _mm256_permute2x128_si256(low, high, 0x21));
}
