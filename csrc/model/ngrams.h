/* ngrams.h: a linear classifier of a text's tokens and pairs of neighboring tokens, which stands
 * beside the encoder's: its logits are added to theirs. What a text has of each is weighed by how
 * rare it is (tf-idf) and brought to length 1. Knows nothing of models: training uses it, too. */
#ifndef BL_NGRAMS_H
#define BL_NGRAMS_H

#include <stddef.h>
#include <stdint.h>

/* keys: of the tokens and pairs that have weights, in rising order. */
typedef struct {
    size_t count, labels;
    const uint32_t *keys;
    const float *rarity;
    const int8_t *weights;   /* count rows of labels, in steps: */
    const float *steps;      /* one for each row */
    const uint16_t *numbers; /* for each id, the one that its keys are of; NULL: the id itself */
} bl_ngrams;

/* Of a token (second: -1), or of one and the next. Two that share a key, which is rare, share their
 * weights. */
uint32_t bl_ngram_key(int32_t first, int32_t second);

/* Rows that a text has, each once, in rising order, and how much of each; their number. rows and
 * values: twice as many as there are ids. */
size_t bl_ngrams_of(const bl_ngrams *g, const int32_t *ids, size_t count, int32_t *rows,
                    float *values);

/* Adds a text's logits. rows and values: as above, to work with. */
void bl_ngrams_add(const bl_ngrams *g, const int32_t *ids, size_t count, int32_t *rows,
                   float *values, float *logits);
#endif
