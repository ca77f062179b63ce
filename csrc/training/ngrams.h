/* ngrams.h: learning the weights of model/ngrams.h: multinomial logistic regression on tf-idf, by
 * plain stochastic descent, one text after the other. The same texts, options and seed give the
 * same bytes on every board; there are no threads in it. */
#ifndef BL_TRAINING_NGRAMS_H
#define BL_TRAINING_NGRAMS_H

#include "bertlite.h"
#include "../model/ngrams.h"

/* Texts laid end to end, as in a batch, and the label of each. */
typedef struct {
    size_t texts;
    const size_t *start;
    const int32_t *ids, *labels;
} bl_ngram_texts;

typedef struct {
    size_t labels, epochs;
    size_t most, fewest; /* n-grams to keep, the most frequent; texts that one has to be in */
    float rate;          /* at first; it falls to 0 */
    const float *class_weights; /* one for each label; or NULL */
    uint64_t seed;
} bl_ngram_options;

typedef struct {
    bl_ngrams of;   /* keys and rarity; its weights are these: */
    float *weights; /* of.count rows of `stride` */
    size_t stride;  /* labels, padded */
    uint32_t *keys;
    float *rarity;
} bl_ngram_model;

/* From the listed rows of the texts. On failure *out is empty. */
bl_status bl_ngram_learn(const bl_ngram_texts *texts, const size_t *rows, size_t count,
                         const bl_ngram_options *options, bl_ngram_model *out, bl_error *error);
/* The logits of the listed rows, each of `labels`. */
bl_status bl_ngram_score(const bl_ngram_model *m, const bl_ngram_texts *texts, const size_t *rows,
                         size_t count, float *logits, bl_error *error);
void bl_ngram_free(bl_ngram_model *m);

#endif
