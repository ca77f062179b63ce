/* spelling.h: words that a model for short typed texts knows, and what misspelled ones are likely
 * to mean. The list is a part of the model's file; answers/spelling.c reads texts by it. */
#ifndef BL_SPELLING_H
#define BL_SPELLING_H

#include <stddef.h>
#include <stdint.h>

enum {
    BL_SPELLED_LETTERS = 36,    /* and digits */
    BL_SPELLED_LONGEST = 20,    /* bytes of a word */
    BL_SPELLED_WORDS = 1 << 20, /* fewer bytes than this are in a list */
    BL_SPELLED_LENGTH = 0x1f,   /* in an entry's first byte: the word's length, and */
    BL_SPELLED_JOINS = 0x80,    /* whether it is looked for in words that were run together */
    BL_FILTER_BITS = 5          /* of each word in the Bloom filter */
};

/* words: entries, the likeliest first: a byte for length and flags, the word; a byte for length,
 * what is meant instead (nothing: the word itself). order: places[length] is where the entries of
 * a length begin in keys, which are in the order of `words`; a key is an entry's first and last
 * letter above its offset, so that most words need not be read to see that they do not fit.
 * by_first, by_last: the same keys, those of a length apart by their first or last letter:
 * places[BL_SPELLED_LETTERS * length + letter].
 * ids: a bit for each token that is a known word. known: a Bloom filter of known words of several
 * tokens. */
typedef struct {
    uint32_t places[BL_SPELLED_LONGEST + 2];
    uint32_t keys[];
} bl_spelling_order;

/* The list in flash, where it takes two thirds: `words` are the entries with another meaning, and
 * have no order; of the rest, `letters` are the words, the shortest first and those of a length as
 * in `words`, and `lengths` the first bytes of their entries, the likeliest first. Words of a
 * length begin at letters[places[length]]. */
typedef struct {
    const uint8_t *lengths, *letters;
    const uint32_t *places; /* BL_SPELLED_LONGEST + 2 */
    size_t count, size;     /* of lengths, and of letters */
} bl_spelling_groups;

typedef struct {
    uint32_t places[(BL_SPELLED_LONGEST + 1) * BL_SPELLED_LETTERS + 1];
    uint32_t keys[];
} bl_spelling_index;

typedef struct {
    const uint8_t *words;
    size_t words_size;
    const bl_spelling_order *order; /* as the indexes, NULL if the list is in groups */
    const bl_spelling_index *by_first, *by_last;
    bl_spelling_groups groups;
    const uint8_t *ids;
    size_t id_count;
    const uint8_t *known;
    size_t known_bits; /* 0: the model has no list */
} bl_spelling;

/* Whether all entries are whole, short, and of letters and digits: what a reader must check. */
int bl_is_spelling_list(const uint8_t *words, size_t size);

/* Bytes that the order of a list takes; it has to be one by bl_is_spelling_list. */
size_t bl_spelling_order_size(const uint8_t *words, size_t size);
void bl_order_spelling(const uint8_t *words, size_t size, bl_spelling_order *order);
/* Whether `order`, of `order_size` bytes, is what bl_order_spelling would write. */
int bl_is_spelling_order(const uint8_t *words, size_t size, const bl_spelling_order *order,
                         size_t order_size);

/* The places of groups with these lengths; the bytes of all letters. SIZE_MAX where one
 * is no length. */
size_t bl_spelling_places(const uint8_t *lengths, size_t count,
                          uint32_t places[BL_SPELLED_LONGEST + 2]);
/* Whether groups are whole: what a reader must check. */
int bl_are_spelling_groups(const bl_spelling_groups *g);

/* A key's part for the first or last letter of a word. */
static inline uint32_t bl_spelling_letter(char c)
{
    return (uint32_t)(c >= 'a' ? c - 'a' : 26 + c - '0');
}

/* Two words have the same first letter if BL_SPELLED_FIRST is 0 in both keys' exclusive or. */
#define BL_SPELLED_FIRST (63u << 26)
#define BL_SPELLED_LAST  (63u << 20)

static inline uint32_t bl_spelling_ends(const char *word, size_t size)
{
    return bl_spelling_letter(word[0]) << 26 | bl_spelling_letter(word[size - 1]) << 20;
}

int bl_is_known_id(const bl_spelling *s, int32_t id);
int bl_is_known_word(const bl_spelling *s, const char *word, size_t size);
/* Which bits of s->known a word has. */
void bl_filter_bits(const bl_spelling *s, const char *word, size_t size,
                    uint32_t bits[BL_FILTER_BITS]);
#endif
