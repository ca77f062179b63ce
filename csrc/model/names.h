/* names.h: what each model family calls its tensors. A new family is a row of names.c's table
 * and a value of bl_family. */
#ifndef BL_NAMES_H
#define BL_NAMES_H

#include "config.h"

enum { BL_NAME_SIZE = 160 }; /* bytes for any tensor's name, far more than one takes */

/* Linear layers and norms are named without ".weight" and ".bias". */
typedef struct {
    const char *layer; /* of an encoder layer; its index and a dot follow, then one of these: */
    const char *query, *key, *value, *output, *attention_norm, *up, *down, *output_norm;

    const char *pooler;       /* the first layer of a classifier */
    int pooler_has_prefix;    /* it starts with "bert.", as do the encoder's names */
    int pooler_is_output;     /* what it gives is the model's pooled output */
    bl_activation activation; /* of the pooler */

    const char *transform, *transform_norm, *decoder; /* masked language model */
    const char *word_bias[2];                         /* its bias has one of these names */
} bl_names;

const bl_names *bl_names_of(bl_family family);

/* full = a + b. */
const char *bl_join(char full[BL_NAME_SIZE], const char *a, const char *b);
#endif
