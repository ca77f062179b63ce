/* ngrams_build.h: a model's n-grams, read from named tensors. */
#ifndef BL_NGRAMS_BUILD_H
#define BL_NGRAMS_BUILD_H

#include "builder.h"

/* Leaves the model without any if there are no such tensors. */
bl_status bl_build_ngrams(bl_builder *b);
#endif
