/* shared_words.h: which of a question's words a part of a text has.
 *
 * An answer stands near words of its question. Words that are rare tell more than frequent ones:
 * BERT's vocabularies are ordered by frequency, so an id tells how rare its piece is. */
#ifndef BL_SHARED_WORDS_H
#define BL_SHARED_WORDS_H

#include "text_input.h"

enum {
    BL_QUESTION_WORDS = 32, /* the first that tell something; those that follow do not count */
    BL_WHOLE_WEIGHT = 5,    /* of a word for each of its weight, */
    BL_NAMED_WEIGHT = 4 /* or if it is a name that stood in an earlier part: "she" is the same */
};

/* A text whose tokens' offsets are known. */
typedef struct {
    const char *text;
    const int32_t *ids;
    const bl_offset *offsets;
    size_t count;
} bl_read_text;

typedef struct {
    struct {
        const char *text;
        uint32_t size, weight;
        int is_name; /* it has a capital, or begins with a digit */
    } words[BL_QUESTION_WORDS];
    size_t count;
    uint32_t weight; /* of all words */
} bl_question_words;

void bl_question_words_start(bl_question_words *q, const bl_read_text *question);
/* The weight of those words that stand among the text's tokens [from, to), in any form: "built"
 * is not "build", but "builds" and "building" are. *named: a bit for each name that has been seen;
 * 0 before the first part of a text, whose parts come in their order. */
uint32_t bl_shared_weight(const bl_question_words *q, const bl_read_text *text, size_t from,
                          size_t to, uint32_t *named);
#endif
