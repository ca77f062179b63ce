/* written.h: what the way that a text is written says about the labels of its words, which a model
 * whose tokenizer lowercases does not see: capitals, addresses, line ends, clitics and marks. */
#ifndef BL_WRITTEN_H
#define BL_WRITTEN_H

#include "list.h"

/* A word of several tokens, or one of its tokens. */
typedef struct {
    size_t first, count; /* tokens of the window's list */
    int32_t label;
    float score;
    size_t start, end; /* in the text, in bytes */
    float *scores;     /* the labels' probabilities */
    unsigned char letter;
} bl_labeled_word;

/* What the labels of a model are. */
typedef struct {
    const bl_model *model;
    size_t count, outside; /* outside: "O" */
    int are_names;         /* of persons and others, and the tokenizer lowercases */
    int is_read;           /* whether the writing is heeded at all */
} bl_label_set;

void bl_describe_labels(const bl_session *s, bl_label_set *out);

/* Labels words again: those of one text, in their order. */
void bl_heed_writing(const bl_label_set *labels, const char *text, size_t size,
                     bl_labeled_word *words, size_t count);

/* Whether a blank line is between the byte `end` and the word at `next`. */
int bl_has_blank_line(const char *text, size_t end, size_t next);
/* Whether an entity ends with the line that the byte `end` is in, before the word at `next`: unless
 * no blank line follows, and the line is so long that it was wrapped. */
int bl_ends_at_line(const char *text, size_t end, size_t next);
#endif
