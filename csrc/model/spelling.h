/* spelling.h: words that a model for short typed texts knows, and what misspelled ones are likely
 * to mean. The list is a part of the model's file; answers/spelling.c reads texts by it. */
#ifndef BL_SPELLING_H
#define BL_SPELLING_H

#include <stddef.h>
#include <stdint.h>

enum {
    BL_SPELLED_LONGEST = 20,  /* bytes of a word */
    BL_SPELLED_LENGTH = 0x1f, /* in an entry's first byte: the word's length, and */
    BL_SPELLED_JOINS = 0x80,  /* whether it is looked for in words that were run together */
    BL_FILTER_BITS = 5        /* of each word in the Bloom filter */
};

/* words: entries, the likeliest first: a byte for length and flags, the word; a byte for length,
 * what is meant instead (nothing: the word itself). ids: a bit for each token that is a known word.
 * known: a Bloom filter of known words of several tokens. */
typedef struct {
    const uint8_t *words;
    size_t words_size;
    const uint8_t *ids;
    size_t id_count;
    const uint8_t *known;
    size_t known_bits; /* 0: the model has no list */
} bl_spelling;

/* Whether all entries are whole, short, and of letters and digits: what a reader must check. */
int bl_is_spelling_list(const uint8_t *words, size_t size);

int bl_is_known_id(const bl_spelling *s, int32_t id);
int bl_is_known_word(const bl_spelling *s, const char *word, size_t size);
/* Which bits of s->known a word has. */
void bl_filter_bits(const bl_spelling *s, const char *word, size_t size,
                    uint32_t bits[BL_FILTER_BITS]);
#endif
