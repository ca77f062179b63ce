/* mixture.h: two classifiers' logits as one: how much of each, and how sharp, found on texts that
 * neither has learned from. */
#ifndef BL_TRAINING_MIXTURE_H
#define BL_TRAINING_MIXTURE_H

#include "bertlite.h"

/* Logits of both, texts x labels; second NULL: there is one only. targets: each text's label. */
typedef struct {
    size_t texts, labels;
    const float *first, *second;
    const int32_t *targets;
} bl_mixed;

/* What the logits are multiplied by. */
typedef struct {
    float first, second;
} bl_mixture;

/* The one with the least loss on the texts; *loss: the mean. What a handful of texts say is little,
 * so halves are preferred by 4 / texts times the square of the distance from them. */
bl_status bl_mixture_find(const bl_mixed *of, bl_mixture *out, double *loss, bl_error *error);
/* Each text's best label and its probability. Targets may be NULL. */
bl_status bl_mixture_answers(const bl_mixed *of, bl_mixture m, int32_t *labels, float *scores,
                             bl_error *error);

#endif
